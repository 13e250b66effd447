import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import type { ClusterObject } from "../../src/sink/kubernetes/cluster-object.ts";
import { findFreePorts, startProgram } from "./processes.ts";
import { until } from "./proxy-harness.ts";

const PEERS = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "tapline/peers");
/** Istio's own, with the schemas that the API server holds objects against. */
const ISTIO_API = "istio.io/api@v1.31.0";

/** A kube-apiserver with its etcd, both real, and nothing else: no controllers run, so nothing changes by itself. */
export interface TestCluster {
  readonly kubeconfig: string;
  /** That of the service account of agents in the namespace `watch`. */
  readonly agentConfig: string;
  /** Creates objects, as they are. */
  create(...objects: ClusterObject[]): Promise<void>;
  /** Every object there is but events and leases, by where it stands, without what the API counts for itself. */
  everything(): Promise<Record<string, unknown>>;
  /** Calls the API. */
  call(method: string, path: string, body?: unknown): Promise<{ readonly status: number; readonly body: never }>;
  stop(): Promise<void>;
}

/** Who bears it is the service account that agents in the namespace `watch` have: nothing else makes tokens of it here. */
const AGENT_TOKEN = "agent";

/** Why no cluster can be started here; false where one can. */
export function whyNoKubernetes(): string | false {
  const missing = ["kube-apiserver", "etcd"].filter((name) => !existsSync(join(PEERS, name)));
  return missing.length > 0 && `${missing.join(" and ")} not in ${PEERS} (test/peers/build-kubernetes builds them)`;
}

/** Starts one in `folder`, with Istio's CRDs unless `istio` is false. It has `seconds` to be ready. */
export async function startKubernetes(
  folder: string,
  { istio = true, seconds = 60 }: { istio?: boolean; seconds?: number } = {},
): Promise<TestCluster> {
  const path = (name: string): string => join(folder, name);
  const [client, peer, secure] = (await findFreePorts(3)) as [number, number, number];
  const openssl = (...args: string[]) => execFileSync("openssl", args, { stdio: "ignore" });
  openssl("genrsa", "-out", path("sa.key"), "2048");
  openssl("rsa", "-in", path("sa.key"), "-pubout", "-out", path("sa.pub"));
  writeFileSync(
    path("tokens.csv"),
    ["tok,admin,1,system:masters", `${AGENT_TOKEN},system:serviceaccount:watch:tapline-agent,2`, ""].join("\n"),
  );
  const etcdUrl = `http://127.0.0.1:${client}`;
  const peerUrl = `http://127.0.0.1:${peer}`;
  const etcd = startProgram(join(PEERS, "etcd"), [
    ...["--data-dir", path("data"), "--listen-client-urls", etcdUrl, "--advertise-client-urls", etcdUrl],
    ...["--listen-peer-urls", peerUrl, "--initial-advertise-peer-urls", peerUrl],
    ...["--initial-cluster", `default=${peerUrl}`, "--unsafe-no-fsync"],
  ]);
  const server = startProgram(join(PEERS, "kube-apiserver"), [
    ...[`--etcd-servers=${etcdUrl}`, `--cert-dir=${path("certs")}`, "--bind-address=127.0.0.1"],
    ...[
      `--secure-port=${secure}`,
      "--service-account-issuer=https://k",
      `--service-account-key-file=${path("sa.pub")}`,
    ],
    ...[`--service-account-signing-key-file=${path("sa.key")}`, "--service-cluster-ip-range=10.96.0.0/24"],
    ...["--authorization-mode=RBAC", `--token-auth-file=${path("tokens.csv")}`],
    "--disable-admission-plugins=ServiceAccount",
  ]);
  const origin = `https://127.0.0.1:${secure}`;
  const call: TestCluster["call"] = async (method, at, body) => {
    const { Agent, fetch } = await import("undici");
    agent ??= new Agent({ connect: { ca: readFileSync(path("certs/apiserver.crt")), rejectUnauthorized: false } });
    const response = await fetch(`${origin}${at}`, {
      method,
      dispatcher: agent,
      headers: { authorization: "Bearer tok", "content-type": "application/json" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: (text.startsWith("{") ? JSON.parse(text) : text) as never };
  };
  let agent: import("undici").Agent | undefined;
  const isReady = async () => {
    try {
      return (await call("GET", "/readyz")).status === 200;
    } catch {
      return false;
    }
  };
  for (let attempt = 0; !(await isReady()); attempt++) {
    if (attempt > 5 * seconds || server.child.exitCode !== null) throw new Error(server.output().slice(-2000));
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  const writeConfig = (file: string, token: string): string => {
    const config = {
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name: "k", cluster: { server: origin, "insecure-skip-tls-verify": true } }],
      users: [{ name: "user", user: { token } }],
      contexts: [{ name: "c", context: { cluster: "k", user: "user" } }],
      "current-context": "c",
    };
    writeFileSync(path(file), JSON.stringify(config));
    return path(file);
  };
  const kubeconfig = writeConfig("kubeconfig.json", "tok");
  const cluster: TestCluster = {
    kubeconfig,
    agentConfig: writeConfig("agent.json", AGENT_TOKEN),
    call,
    async create(...objects) {
      for (const object of objects) {
        const { status, body } = await call("POST", await pathOf(call, object), object);
        if (status !== 201) throw new Error(`${object.kind} ${object.metadata.name}: ${JSON.stringify(body)}`);
      }
    },
    everything: () => readEverything(call),
    async stop() {
      await agent?.destroy();
      await server.stop();
      await etcd.stop();
    },
  };
  if (!istio) return cluster;
  await cluster.create(...readIstioDefinitions());
  const kinds = ["/apis/networking.istio.io/v1alpha3/envoyfilters", "/apis/extensions.istio.io/v1alpha1/wasmplugins"];
  for (const at of kinds) {
    let status = 0;
    await until(() => {
      void call("GET", at).then((answer) => {
        status = answer.status;
      });
      return status === 200;
    }, `${at} is served`);
  }
  return cluster;
}

function readIstioDefinitions(): ClusterObject[] {
  const found = execFileSync("go", ["mod", "download", "-json", ISTIO_API], { encoding: "utf8" });
  const file = join((JSON.parse(found) as { Dir: string }).Dir, "kubernetes/customresourcedefinitions.gen.yaml");
  return parseAllDocuments(readFileSync(file, "utf8"))
    .map((document) => document.toJS() as ClusterObject | null)
    .filter((object) => object !== null)
    .filter(({ metadata }) => /^(?:envoyfilters|wasmplugins)\./.test(metadata.name));
}

async function pathOf(call: TestCluster["call"], { apiVersion, kind, metadata }: ClusterObject): Promise<string> {
  const base = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const { resources } = (await call("GET", base)).body as { resources: Resource[] };
  const resource = resources.find((one) => one.kind === kind && !one.name.includes("/"))!;
  return `${base}${metadata.namespace === undefined ? "" : `/namespaces/${metadata.namespace}`}/${resource.name}`;
}

interface Resource {
  readonly name: string;
  readonly kind: string;
  readonly verbs: readonly string[];
}

async function readEverything(call: TestCluster["call"]): Promise<Record<string, unknown>> {
  const { groups } = (await call("GET", "/apis")).body as { groups: { preferredVersion: { groupVersion: string } }[] };
  const bases = ["/api/v1", ...groups.map(({ preferredVersion }) => `/apis/${preferredVersion.groupVersion}`)];
  const all: Record<string, unknown> = {};
  for (const base of bases) {
    const { resources = [] } = (await call("GET", base)).body as { resources?: Resource[] };
    for (const { name, verbs } of resources) {
      if (name.includes("/") || !verbs.includes("list") || ["events", "leases", "componentstatuses"].includes(name))
        continue;
      const { items = [] } = (await call("GET", `${base}/${name}`)).body as { items?: ClusterObject[] };
      for (const { metadata, ...object } of items) {
        const { resourceVersion: _v, generation: _g, managedFields: _m, annotations = {}, ...rest } = metadata;
        // The server's count of a DaemonSet's templates, which nobody can set.
        const { "deprecated.daemonset.template.generation": _t, ...kept } = annotations as Record<string, string>;
        all[`${base}/${name}/${metadata.namespace ?? ""}/${metadata.name}`] = {
          ...object,
          metadata: { ...rest, annotations: kept },
        };
      }
    }
  }
  return all;
}
