/**
 * Runs inside of the virtual machine (test/kernel/vm/boot): the original Rover and an agent of Tapline's, each with a receiver of its own, watch
 * the same two pods. Prints a JSON document a line: what each told, a row for each log.
 */
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { makeContainerCgroup } from "../../support/container-cgroup.ts";
import { startKubernetes } from "../../support/kubernetes.ts";
import { type OapReceiver, startOapReceiver } from "../../support/oap-receiver.ts";
import { startProgram } from "../../support/processes.ts";
import { listRows } from "./rows.ts";
import { CLIENT, GRPC_SERVER, NGINX, SERVER } from "./traffic.ts";

const ROVER = join(homedir(), ".cache/tapline/peers/skywalking-rover");
const PYTHON = join(homedir(), ".cache/tapline/speakers-py/bin/python");
const SECRETS = "/var/run/secrets/kubernetes.io/serviceaccount";
const context = { after() {} } as never;
const begun = Date.now();
const say = (text: string) => process.stdout.write(`guest ${((Date.now() - begun) / 1000).toFixed(1)}: ${text}\n`);

const run = (line: string) => void execFileSync("/bin/sh", ["-c", line], { stdio: "inherit" });
run("mount -t tracefs tracefs /sys/kernel/tracing; mount -t debugfs debugfs /sys/kernel/debug; true");
// The API server wants a machine with a way out.
run(
  "ip link add way type veth peer name out; ip link set way up; ip link set out up; ip addr add 10.99.0.1/24 dev way",
);
run("ip route add default via 10.99.0.2 dev way");
for (const name of ["server", "client"]) run(`ip netns add ${name}; ip -n ${name} link set lo up`);
run("ip link add ends netns server type veth peer name ends netns client");
for (const [name, last] of Object.entries({ client: 2, server: 3 }))
  run(`ip -n ${name} addr add 10.200.0.${last}/24 dev ends; ip -n ${name} link set ends up`);
const folder = "/tmp/beside";
mkdirSync(folder, { recursive: true });

const cluster = await startKubernetes(folder, { istio: false, seconds: 300 });
say("the cluster is there");
const { clusters } = JSON.parse(readFileSync(cluster.kubeconfig, "utf8")) as {
  clusters: { cluster: { server: string } }[];
};
mkdirSync(SECRETS, { recursive: true });
writeFileSync(`${SECRETS}/token`, "tok");
writeFileSync(`${SECRETS}/ca.crt`, readFileSync(`${folder}/certs/apiserver.crt`));
const [host, port] = clusters[0]!.cluster.server.replace("https://", "").split(":") as [string, string];

await cluster.create({ apiVersion: "v1", kind: "Node", metadata: { name: "n1" } });
execFileSync("openssl", [
  ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=cart"],
  ...["-keyout", `${folder}/key.pem`, "-out", `${folder}/cert.pem`],
]);
writeFileSync(`${folder}/nginx.conf`, NGINX);
writeFileSync(`${folder}/server.mjs`, SERVER);
for (const name of ["cart", "web"])
  await cluster.create({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace: "default" },
    spec: { selector: { app: name }, ports: [{ port: 80 }] },
  });
const cart = await makePod("cart", "10.200.0.3");
const web = await makePod("web", "10.200.0.2");
const spawnIn = (enter: string, netns: string, command: string[]) =>
  spawn("sh", ["-c", `${enter}; exec ip netns exec ${netns} "$@"`, "sh", ...command], {
    stdio: ["pipe", "pipe", "inherit"],
  });
spawnIn(cart, "server", [process.execPath, `${folder}/server.mjs`]);
spawnIn(cart, "server", [PYTHON, "-c", GRPC_SERVER]);
spawnIn(cart, "server", ["/usr/sbin/nginx", "-c", `${folder}/nginx.conf`, "-e", "stderr"]);
const client = spawnIn(web, "client", [PYTHON, "-c", CLIENT]);
let answers = "";
client.stdout!.setEncoding("utf8").on("data", (text: string) => {
  answers += text;
});

const theirs = await startOapReceiver(context);
const ours = await startOapReceiver(context);
const environment = { ...process.env, KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port };
const shared = {
  ROVER_ACCESS_LOG_ACTIVE: "true",
  ROVER_ACCESS_LOG_FLUSH_PERIOD: "1s",
  ROVER_PROCESS_DISCOVERY_HEARTBEAT_PERIOD: "2s",
  ROVER_PROCESS_DISCOVERY_KUBERNETES_NODE_NAME: "n1",
  ROVER_PROCESS_DISCOVERY_KUBERNETES_ACTIVE: "true",
  ROVER_PROFILING_ACTIVE: "false",
};
const rover = startProgram(`${ROVER}/rover`, ["start", "-c", `${ROVER}/rover_configs.yaml`], {
  env: { ...environment, ...shared, ROVER_BACKEND_ADDR: `127.0.0.1:${theirs.port}` },
});
await until(
  () => hasBoth(theirs),
  () => rover.output(),
  300,
);
say("Rover has found the pods");
const agent = startProgram(
  join(import.meta.dirname, "../../../bin/tapline"),
  ["agent", "-c", `${ROVER}/rover_configs.yaml`],
  {
    env: {
      ...environment,
      ...shared,
      KUBECONFIG: cluster.kubeconfig,
      ROVER_BACKEND_ADDR: `127.0.0.1:${ours.port}`,
    },
  },
);
await until(
  () => hasBoth(ours),
  () => agent.output(),
  300,
);
say("the agent has found the pods");
for (const name of ["keep", "short", "pipe", "grpc", "tls"]) {
  answers = "";
  client.stdin!.write(`${name}\n`);
  await until(
    () => answers.includes(`done ${name}`),
    () => answers,
    60,
  );
  say(`${name} is done`);
  await delay(2000);
}
await delay(12_000);
await agent.stop();
await rover.stop();
say(`Rover: ${rover.output().slice(-3000)}`);
say(`agent: ${agent.output().slice(-3000)}`);
const rows = { rover: theirs.streams.map(listRows), agent: ours.streams.map(listRows) };
process.stdout.write(`VM: ${gzipSync(JSON.stringify(rows)).toString("base64")}\n`);
process.exit(0);

function hasBoth({ reports }: OapReceiver): boolean {
  const text = JSON.stringify(reports, (_, value) => (typeof value === "bigint" ? String(value) : value));
  return text.includes("cart.default") && text.includes("web.default");
}

/** @returns the command that puts a shell into its container */
async function makePod(app: string, address: string): Promise<string> {
  const id = Buffer.from(app).toString("hex").padEnd(64, "0");
  const name = `${app}-1`;
  await cluster.create({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace: "default", labels: { app } },
    spec: { nodeName: "n1", containers: [{ name: "main", image: "x" }] },
  });
  const at = `/api/v1/namespaces/default/pods/${name}`;
  const { body } = await cluster.call("GET", at);
  const state = { name: "main", image: "x", imageID: "x", ready: true, restartCount: 0 };
  const status = {
    phase: "Running",
    podIP: address,
    podIPs: [{ ip: address }],
    containerStatuses: [{ ...state, containerID: `containerd://${id}` }],
  };
  const answer = await cluster.call("PUT", `${at}/status`, { ...(body as object), status });
  if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
  return makeContainerCgroup("v2", `kubepods/${id}`).enter;
}

async function until(isTrue: () => boolean, describe: () => string, seconds: number): Promise<void> {
  for (let waited = 0; !isTrue(); waited += 100) {
    if (waited > seconds * 1000) {
      say(describe().slice(-6000));
      process.exit(1);
    }
    await delay(100);
  }
}
