import { request } from "node:http";
import { TaplineError } from "../../model/index.ts";
import type { NameTable } from "./name-table.ts";

/** Where the agent's REST API listens. */
export const DEFAULT_AGENT_SOCKET = "/var/run/cilium/cilium.sock";

/** The longest answer that is read. */
const MAX_ANSWER = 64 * 1024 * 1024;

/**
 * GET of the agent's REST API (v1) on its unix socket.
 * @throws TaplineError `connection` when the agent does not answer, or not with JSON
 */
export async function getFromAgent(socket: string, path: string, timeoutMillis = 5000): Promise<unknown> {
  const text = await new Promise<string>((resolve, reject) => {
    const sent = request({ socketPath: socket, path: `/v1${path}`, timeout: timeoutMillis }, (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on("data", (chunk: Buffer) => {
        size += chunk.length;
        if (size > MAX_ANSWER) sent.destroy(new Error(`its answer is longer than ${MAX_ANSWER} bytes`));
        else chunks.push(chunk);
      });
      response.on("error", reject);
      response.on("end", () => {
        if (response.statusCode === 200) resolve(Buffer.concat(chunks).toString());
        else reject(new Error(`it answered ${response.statusCode}`));
      });
    });
    sent.on("timeout", () => sent.destroy(new Error("it did not answer in time")));
    sent.on("error", reject);
    sent.end();
  }).catch((error: Error) => {
    throw new TaplineError("connection", `the agent's API ${path}: ${error.message}`, { place: { file: socket } });
  });
  try {
    return JSON.parse(text);
  } catch {
    throw new TaplineError("connection", `the agent's API ${path}: it did not answer with JSON`, {
      place: { file: socket },
    });
  }
}

/** The version that the agent says it has (`1.19.4`); undefined where it does not answer within a second, or says none. */
export async function readAgentVersion(socket: string): Promise<string | undefined> {
  return versionOf(await getFromAgent(socket, "/healthz", 1000).catch(() => undefined));
}

function versionOf(health: unknown): string | undefined {
  const status = (health as { readonly cilium?: { readonly msg?: unknown } } | null | undefined)?.cilium?.msg;
  return typeof status === "string" ? /\b1\.\d+\.\d+\b/.exec(status)?.[0] : undefined;
}

/** The names of the agent's endpoints (pods) and identities (labels). */
export async function readAgentNames(socket: string): Promise<NameTable> {
  const [endpoints, identities] = await Promise.all([
    getFromAgent(socket, "/endpoint"),
    getFromAgent(socket, "/identity"),
  ]);
  const table: NameTable = { endpoints: new Map(), identities: new Map(), interfaces: new Map(), ports: new Map() };
  for (const endpoint of asList(endpoints)) {
    const name = endpointName(endpoint);
    const id = Number(endpoint["id"]);
    if (Number.isInteger(id) && name !== undefined) table.endpoints.set(id, name);
  }
  for (const identity of asList(identities)) {
    const labels = identity["labels"];
    const id = Number(identity["id"]);
    if (Number.isInteger(id) && Array.isArray(labels) && labels.length > 0)
      table.identities.set(id, labels.map(String).join(","));
  }
  return table;
}

/** The ids of the endpoints there are. */
export async function readEndpointIds(socket: string): Promise<Set<number>> {
  return new Set(asList(await getFromAgent(socket, "/endpoint")).map((endpoint) => Number(endpoint["id"])));
}

type Json = Readonly<Record<string, unknown>>;

function asList(value: unknown): Json[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "object" && item !== null) : [];
}

/** `namespace/pod`, as the versions have it: `k8s-namespace` and `k8s-pod-name`, or `pod-name` with both. */
function endpointName(endpoint: Json): string | undefined {
  const status = (endpoint["status"] ?? {}) as Json;
  const external = (status["external-identifiers"] ?? {}) as Json;
  const pod = external["k8s-pod-name"] ?? external["pod-name"];
  if (typeof pod !== "string" || pod === "") return undefined;
  const namespace = external["k8s-namespace"];
  return typeof namespace === "string" && !pod.includes("/") ? `${namespace}/${pod}` : pod;
}
