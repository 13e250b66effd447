/** The routes of `/tap` over real connections, with readers of it. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { type ClientRequest, type IncomingMessage, request } from "node:http";
import { Ledger, MemoryBudget } from "../../src/model/index.ts";
import { TapRegistry } from "../../src/sink/admin/tap-registry.ts";
import { createTapRoutes } from "../../src/sink/admin/tap-routes.ts";
import type { TraceSinkHandle } from "../../src/tap/index.ts";
import type { TraceWrapper } from "../../src/wire/envoy/index.ts";
import { type StartedAdmin, startAdminServer } from "./admin-client.ts";
import { until } from "./proxy-harness.ts";

export const CONNECTION = { id: 1n, transport: "tcp", local: undefined, remote: undefined, role: "server" } as const;

/** A trace that carries its number, and as much else as is asked for. */
export function trace(number: number, bytes = 0): TraceWrapper {
  const headers = [{ key: "n", value: String(number) }];
  if (bytes > 0) headers.push({ key: "x", value: "x".repeat(bytes) });
  return { trace: { kind: "http-buffered", request: { headers, trailers: [] } } };
}

export interface Setup {
  readonly admin: StartedAdmin;
  readonly registry: TapRegistry;
  readonly ledger: Ledger;
  readonly budget: MemoryBudget;
}

export async function setUp(
  options: { maxQueuedBytes?: number; memory?: number; socketPath?: string } = {},
): Promise<Setup> {
  const registry = new TapRegistry();
  registry.configure([
    { configId: "one", kind: "http" },
    { configId: "two", kind: "http" },
  ]);
  const ledger = new Ledger();
  const budget = new MemoryBudget(options.memory ?? 64 * 1024 * 1024);
  const routes = createTapRoutes({
    registry,
    leaseSink: () => assert.fail("no sink of its own"),
    clusters: () => [],
    budget,
    book: ledger.book("admin-documents"),
    ...(options.maxQueuedBytes !== undefined && { maxQueuedBytes: options.maxQueuedBytes }),
  });
  const { socketPath } = options;
  const admin = await startAdminServer(
    routes,
    socketPath === undefined ? undefined : { kind: "pipe", path: socketPath },
  );
  return { admin, registry, ledger, budget };
}

export const tapRequest = (sink: string, format = "JSON_BODY_AS_STRING", id = "one") =>
  `config_id: ${id}\ntap_config: { match: { any_match: true }, output_config: { sinks: [ { format: ${format}, ${sink} } ] } }`;
export const STREAMING = "streaming_admin: {}";

/** An attached reader. */
export interface Attached {
  readonly sent: ClientRequest;
  readonly response: IncomingMessage;
  /** Text read so far. */
  readonly text: () => string;
  readonly ended: Promise<unknown>;
  leave(): void;
}

export async function attach(
  { admin, registry }: Setup,
  body: string,
  { accept, reads = true, id = "one" }: { accept?: string; reads?: boolean; id?: string } = {},
): Promise<Attached> {
  const before = registry.active(id).length;
  const headers = accept === undefined ? {} : { accept };
  const sent = request({ host: "127.0.0.1", ...admin.target, method: "POST", path: "/tap", agent: false, headers });
  sent.on("error", () => {}).end(body);
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  assert.equal(response.statusCode, 200);
  let text = "";
  let isOver = false;
  response.on("error", () => {});
  const ended = new Promise((resolve) => response.once("close", resolve));
  void ended.then(() => {
    isOver = true;
  });
  if (reads)
    response.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
    });
  // One with little time may be over before it was looked for.
  await until(() => registry.active(id).length === before + 1 || isOver, "the tap is attached");
  return { sent, response, text: () => text, ended, leave: () => void sent.destroy() };
}

/** Opens a trace with the last tap of an id. */
export function openTrace({ registry }: Setup, id = "one"): TraceSinkHandle {
  return registry.active(id).at(-1)!.sink.open({ id: 1n, connection: CONNECTION });
}

/** The numbers of the traces in a stream of documents. */
export const numbersIn = (text: string) => [...text.matchAll(/"value": ?"(\d+)"/g)].map(([, number]) => Number(number));
