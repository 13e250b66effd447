/**
 * Agents in Kubernetes, with a real kube-apiserver: `tapline deploy agent` puts them there and takes them back, and an agent with the
 * service account that it made finds the processes of its node's pods. Containers are processes in groups such as runtimes make.
 */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { ClusterObject } from "../../src/sink/kubernetes/cluster-object.ts";
import type { EBPFAccessLogMessage } from "../../src/wire/skywalking/gen/skywalking/v3/access_log_pb.js";
import { skipWithoutKernel } from "../kernel/support/kernel.ts";
import { makeContainerCgroup, whyNoCgroups } from "../support/container-cgroup.ts";
import { startKubernetes, type TestCluster, whyNoKubernetes } from "../support/kubernetes.ts";
import { skipUnless } from "../support/needs.ts";
import { createNamespaces } from "../support/network-namespaces.ts";
import { findProblems, startOapReceiver } from "../support/oap-receiver.ts";
import { startProgram } from "../support/processes.ts";
import { until } from "../support/proxy-harness.ts";
import { runProgram } from "../support/run-program.ts";
import { MAIN } from "../support/tapline-main.ts";
import { makeTemporaryFolder } from "../support/temporary-folder.ts";

const skip = whyNoKubernetes() || skipUnless("ip", "python3") || whyNoCgroups() || (await skipWithoutKernel());
const WAIT_MILLIS = 120_000;

describe("agents in Kubernetes", { skip, timeout: 900_000 }, () => {
  let folder: ReturnType<typeof makeTemporaryFolder>;
  let cluster: TestCluster;

  before(async () => {
    folder = makeTemporaryFolder();
    cluster = await startKubernetes(folder.path);
    await cluster.create(
      ...["watch", "shop", "guarded"].map((name) => ({
        ...{ apiVersion: "v1", kind: "Namespace" },
        metadata: { name, labels: name === "guarded" ? { "pod-security.kubernetes.io/enforce": "baseline" } : {} },
      })),
    );
  });
  after(async () => {
    await cluster?.stop();
    folder?.remove();
  });

  const tapline = (...args: string[]) => runProgram(process.execPath, [MAIN, ...args], { timeoutMillis: WAIT_MILLIS });
  const deploy = (namespace: string, ...args: string[]) =>
    tapline("deploy", "agent", namespace, "--kubeconfig", cluster.kubeconfig, ...args);
  const IMAGE = ["--image", "r.example/tapline:1", "--backend", "oap.watch:11800"];
  const ends = (stdout: string, end: string) => stdout.split("\n").filter((line) => line.endsWith(end)).length;

  test("are put there; again, nothing changes; another configuration rolls them; taken back, nothing is left", async () => {
    const before = await cluster.everything();
    const first = await deploy("watch", ...IMAGE);
    assert.deepEqual([first.code, ends(first.stdout, " created")], [0, 5], first.stdout + first.stderr);
    assert.match(first.stdout, /kubectl rollout undo -n watch daemonset\/tapline-agent/);
    const again = await deploy("watch", ...IMAGE);
    assert.deepEqual([again.code, ends(again.stdout, " unchanged")], [0, 5], again.stdout);
    const difference = await deploy("watch", ...IMAGE, "--cluster", "east", "--diff");
    assert.match(difference.stdout, /configmap\/tapline-agent would be changed\n(?: .*\n)*? {2}\+ .*east/);
    assert.match(difference.stdout, /daemonset\/tapline-agent would be changed\n(?: .*\n)*? {2}\+ .*sha256/);
    const gone = await deploy("watch", "--remove");
    assert.deepEqual([gone.code, ends(gone.stdout, " deleted")], [0, 5], gone.stdout + gone.stderr);
    assert.deepEqual(await cluster.everything(), before);
  });

  test("are not put where no such pods are admitted, or where there is no such namespace", async () => {
    const guarded = await deploy("guarded", ...IMAGE);
    assert.deepEqual([guarded.code, /admits baseline pods only.*enforce=privileged/.test(guarded.stdout)], [1, true]);
    const nowhere = await deploy("nowhere", ...IMAGE);
    assert.deepEqual([nowhere.code, nowhere.stdout], [1, "nowhere: there is no such namespace\n"]);
  });

  test("find the processes of their node's pods, by the rights that were deployed", async (context) => {
    const oap = await startOapReceiver(context);
    const net = createNamespaces(context);
    const config = join(folder.path, "rover.yaml");
    writeFileSync(config, makeConfig(oap.port));
    const environment = {
      ...process.env,
      KUBECONFIG: cluster.agentConfig,
      ROVER_PROCESS_DISCOVERY_KUBERNETES_NODE_NAME: "n1",
    };
    const startAgent = () =>
      startProgram(process.execPath, ["--disable-warning=ExperimentalWarning", MAIN, "agent", "-c", config], {
        env: environment,
      });
    const refused = startAgent();
    await until(
      () => refused.child.exitCode !== null,
      () => refused.output(),
      WAIT_MILLIS,
    );
    assert.equal(refused.child.exitCode, 1);
    assert.match(refused.output(), /the pods of n1 cannot be found: the node n1 cannot be read: .*forbidden/);
    assert.equal((await deploy("watch", ...IMAGE)).code, 0);

    await cluster.create({ apiVersion: "v1", kind: "Node", metadata: { name: "n1" } });
    await startContainer("shop", "cart-1", "containerd", net.inside(net.server, SERVER));
    const client = await startContainer("shop", "web-1", "docker", net.inside(net.client, CLIENT));
    const system = await startContainer("kube-system", "probe-1", "cri-o", net.inside(net.client, CLIENT));
    await cluster.create(service("cart", { app: "cart" }), service("web", { app: "web" }));
    const agent = startAgent();
    context.after(() => agent.stop("SIGKILL"));
    await until(
      () => agent.output().includes('"msg":"watching"'),
      () => agent.output(),
      WAIT_MILLIS,
    );
    const url = `http://${net.serverAddress}:8099`;
    const seen = (path: string) => ofPath(oap.streams.flat(), path);
    await ask(client, system, url, "/one");
    assert.deepEqual(seen("/one"), [
      `cart.shop cart-1 app → ${net.clientAddress} | server`,
      "cart.shop cart-1 app → web.shop web-1 app | server",
      "web.shop web-1 app → cart.shop cart-1 app | client",
    ]);
    const reports = oap.reports.flatMap(({ processes }) => processes).map(({ metadata }) => metadata);
    assert.ok(reports.length >= 2 && reports.every((one) => one.case === "k8sProcess"));
    const [found] = reports.flatMap(({ value }) => (value?.entity?.serviceName === "cart.shop" ? [value] : []));
    const properties = Object.fromEntries(found?.properties.map(({ key, value }) => [key, value]) ?? []);
    assert.deepEqual(
      [properties["pod_name"], properties["container_name"], properties["container_ip"], found?.entity?.layer],
      ["cart-1", "app", "10.244.0.9", "K8S_SERVICE"],
    );

    // A service with a shorter name selects the pod, too: the names follow.
    await cluster.create(service("ca", { app: "cart" }));
    for (let turn = 0; ; turn++) {
      await ask(client, system, url, `/two${turn}`);
      if (seen(`/two${turn}`).some((line) => line.startsWith("ca.shop cart-1 app → web.shop"))) break;
      assert.ok(turn < 20, seen(`/two${turn}`).join("\n"));
    }
    // All that was known stays while the cluster is not heard.
    await cluster.stop();
    await ask(client, system, url, "/three");
    assert.ok(seen("/three").includes("web.shop web-1 app → ca.shop cart-1 app | client"), seen("/three").join("\n"));
    assert.equal(await agent.stop("SIGTERM"), 0, agent.output());
    for (const stream of oap.streams) assert.deepEqual(findProblems(stream), []);

    /** A pod with one container, and the process that is it. */
    async function startContainer(
      namespace: string,
      name: string,
      runtime: keyof typeof PATHS,
      command: readonly string[],
    ): Promise<ChildProcess> {
      const id = Buffer.from(`${process.pid}-${name}`).toString("hex").padEnd(64, "0").slice(0, 64);
      const { version, path } = PATHS[runtime];
      const group = makeContainerCgroup(version, path(id));
      const child = spawn("sh", ["-c", `${group.enter}; exec "$@"`, "sh", ...command], {
        stdio: ["pipe", "pipe", "inherit"],
      });
      context.after(async () => {
        const isOver = new Promise((resolve) => child.once("close", resolve));
        child.kill("SIGKILL");
        await isOver;
        group.remove();
      });
      const pod: ClusterObject = {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name, namespace, labels: { app: name.replace(/-\d$/, "") } },
        spec: { nodeName: "n1", containers: [{ name: "app", image: "x" }] },
      };
      await cluster.create(pod);
      const at = `/api/v1/namespaces/${namespace}/pods/${name}`;
      const { body } = await cluster.call("GET", at);
      const state = { name: "app", image: "x", imageID: "x", ready: true, restartCount: 0 };
      const status = {
        podIP: "10.244.0.9",
        podIPs: [{ ip: "10.244.0.9" }],
        containerStatuses: [{ ...state, containerID: `${runtime}://${id}` }],
      };
      assert.equal((await cluster.call("PUT", `${at}/status`, { ...(body as object), status })).status, 200);
      return child;
    }

    /** One request from each of the clients, until both ends of them are reported. */
    async function ask(one: ChildProcess, other: ChildProcess, to: string, path: string): Promise<void> {
      for (const client of [one, other]) client.stdin!.write(`${to}${path}\n`);
      await until(
        () => seen(path).length >= 3,
        () => `${seen(path).join("\n")}\n${agent.output()}`,
        WAIT_MILLIS,
      );
    }
  });
});

const POD = "pod3d2f1c0a_5b6e_4f7a_8c9d_0e1f2a3b4c5d";
/** Where the runtimes put a container's processes. */
const PATHS = {
  containerd: {
    version: "v2",
    path: (id: string) =>
      `kubepods.slice/kubepods-burstable.slice/kubepods-burstable-${POD}.slice/cri-containerd-${id}.scope`,
  },
  "cri-o": { version: "v2", path: (id: string) => `kubepods.slice/kubepods-${POD}.slice/crio-${id}.scope` },
  docker: { version: "v1", path: (id: string) => `kubepods/besteffort/${POD.replaceAll("_", "-")}/${id}` },
} as const;

const SERVER = [
  "python3",
  "-c",
  `
import http.server
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        self.send_response(200)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"ok")
    def log_message(self, *rest): pass
http.server.ThreadingHTTPServer(("0.0.0.0", 8099), Handler).serve_forever()
`,
];

/** Asks for each address that it reads. */
const CLIENT = [
  "python3",
  "-c",
  `
import sys, time, urllib.request
for line in sys.stdin:
    for attempt in range(100):
        try:
            urllib.request.urlopen(line.strip()).read()
            break
        except OSError:
            time.sleep(0.2)
`,
];

function service(name: string, selector: object): ClusterObject {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace: "shop" },
    spec: { selector, ports: [{ port: 80 }] },
  };
}

function makeConfig(port: number): string {
  return `
core:
  backend: { addr: "127.0.0.1:${port}" }
access_log: { active: true, flush: { period: 1s } }
process_discovery: { heartbeat_period: 1s, kubernetes: { active: true } }
`;
}

/** The exchanges of a path, each with the ends that its connection has. */
function ofPath(messages: readonly EBPFAccessLogMessage[], path: string): string[] {
  let connection: EBPFAccessLogMessage["connection"];
  const lines: string[] = [];
  for (const message of messages) {
    connection = message.connection ?? connection;
    const http = message.protocolLog?.protocol.value;
    if (http?.request?.path !== path) continue;
    const [local, remote] = [connection?.local, connection?.remote].map((address) => {
      const value = address?.address.value;
      if (value === undefined || "host" in value) return value?.host;
      return `${value.serviceName} ${value.podName} ${value.containerName}`;
    });
    lines.push(`${local} → ${remote} | ${["client", "server"][connection?.role ?? 0]}`);
  }
  return [...new Set(lines)].sort();
}
