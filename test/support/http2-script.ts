import { Analyzer } from "../../src/analysis/analyzer.ts";
import { DETECTORS } from "../../src/analysis/detectors.ts";
import type { AnalysisLimits } from "../../src/analysis/limits.ts";
import {
  type Connection,
  type Direction,
  findApplication,
  type Header,
  type HttpExchange,
  type LedgerReason,
  MemoryBudget,
  type Role,
} from "../../src/model/index.ts";
import { PREFACE } from "../../src/wire/http2/index.ts";
import { frame } from "./frame-recorder.ts";
import { viewAsHttp } from "./view-as-http.ts";

/** One thing that happens on a connection; `read` is what the client sends. */
export type Step =
  | { readonly direction: Direction; readonly data: Uint8Array }
  | { readonly direction: Direction; readonly gap: number | undefined; readonly reason?: LedgerReason }
  | { readonly direction: Direction; readonly end: true };

export function client(...data: Uint8Array[]): Step {
  return { direction: "read", data: new Uint8Array(Buffer.concat(data)) };
}

export function server(...data: Uint8Array[]): Step {
  return { direction: "write", data: new Uint8Array(Buffer.concat(data)) };
}

export interface PlayOptions {
  readonly midStream?: boolean;
  readonly role?: Role;
  readonly limits?: Partial<AnalysisLimits>;
  readonly memory?: number;
  readonly how?: "fin" | "reset";
  /** The second that a step happens in, by how many there were: a clock that does not go as it should. */
  readonly clock?: (step: number) => number;
  /** Gets what is shown of exchanges while they last. */
  readonly progress?: (exchange: HttpExchange) => void;
}

export interface Played {
  readonly exchanges: HttpExchange[];
  readonly connection: Connection;
  readonly analyzer: Analyzer;
}

/** Plays the steps to an analyzer, one a second; throws if the ledger does not balance or memory stays reserved. */
export function playHttp2(steps: readonly Step[], options: PlayOptions = {}): Played {
  const exchanges: HttpExchange[] = [];
  const connection: Connection = {
    id: 1n,
    transport: "tcp",
    local: undefined,
    remote: undefined,
    role: options.role ?? "unknown",
    ...(!options.midStream && { opened: { seconds: 0, nanos: 0 } }),
  };
  const analyzer = new Analyzer({
    emit: (exchange) => exchanges.push(viewAsHttp(exchange)),
    detectors: DETECTORS,
    ...(options.progress && { progress: (exchange) => options.progress?.(viewAsHttp(exchange)) }),
    ...(options.limits && { limits: options.limits }),
    ...(options.memory !== undefined && { budget: new MemoryBudget(options.memory) }),
  });
  const offsets = { read: options.midStream ? 1000 : 0, write: options.midStream ? 1000 : 0 };
  let seconds = 0;
  for (const step of steps) {
    const { direction } = step;
    seconds++;
    const time = { seconds: options.clock?.(seconds) ?? seconds, nanos: 0 };
    const offset = offsets[direction];
    if ("data" in step) {
      analyzer.observe({ kind: "data", connection, time, direction, offset, data: step.data });
      offsets[direction] += step.data.length;
    } else if ("gap" in step) {
      const size = step.gap;
      const reason = step.reason ?? "lost-segment";
      analyzer.observe({ kind: "gap", connection, time, direction, offset, reason, ...(size && { size }) });
      offsets[direction] += size ?? 0;
    } else
      analyzer.observe({
        kind: "data",
        connection,
        time,
        direction,
        offset,
        data: new Uint8Array(0),
        endStream: true,
      });
  }
  analyzer.observe({ kind: "close", connection, time: { seconds: ++seconds, nanos: 0 }, how: options.how ?? "fin" });
  const book = analyzer.ledger.book("bytes");
  if (!analyzer.ledger.balanced || book.buffered !== 0) throw new Error(book.format());
  if (analyzer.budget.used !== 0) throw new Error(`${analyzer.budget.used} bytes stay reserved`);
  return { exchanges, connection, analyzer };
}

/** One line an exchange: `3 GET /b -> 200 complete`, then what else there is. */
export function summarize({ exchanges }: Pick<Played, "exchanges">): string[] {
  return exchanges.map((exchange) => {
    const { request, response, application, informational, messages } = exchange;
    const grpc = findApplication(exchange, "grpc");
    const words = [
      exchange.streamId,
      request === undefined ? "(no request)" : `${request.method ?? "?"} ${request.target ?? "?"}`,
      "->",
      response === undefined ? "(no response)" : (response.status ?? "?"),
      exchange.quality,
    ];
    if (application[0] !== undefined) words.push(application[0].name);
    if (informational !== undefined) words.push(`after ${informational.map(({ status }) => status).join(",")}`);
    if (grpc?.status !== undefined) words.push(`${grpc.status} ${grpc.statusName} ${grpc.message ?? ""}`.trimEnd());
    for (const message of messages ?? [])
      words.push(
        `${message.from[0]}:${JSON.stringify(text(message.bytes))}${message.truncated ? `/${message.size}` : ""}`,
      );
    if (exchange.problems.length > 0) words.push(`[${exchange.problems.join(" ")}]`);
    return words.join(" ");
  });
}

export function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}

/** `name: value` lines; `?` for what is unknown. */
export function listHeaders(headers: readonly Header[]): string[] {
  return headers.map(({ name = "?", value = "?" }) => `${name}: ${value}`);
}

/** HEADERS with literals; a name that ends in `+` is inserted in the table. Ends the stream unless `open`. */
export function headers(streamId: number, fields: Record<string, string>, open?: "open"): Uint8Array {
  return frame(1, open ? 4 : 5, streamId, block(fields));
}

/** A header block in hex. */
export function block(fields: Record<string, string>): string {
  return Object.entries(fields)
    .map(([name, value]) => {
      const inserted = name.endsWith("+");
      const bare = inserted ? name.slice(0, -1) : name;
      const parts = [Uint8Array.of(inserted ? 0x40 : 0), string(bare), string(value)];
      return Buffer.concat(parts).toString("hex");
    })
    .join("");
}

/** An indexed field; dynamic indices begin at 62. */
export function indexed(index: number): string {
  return (0x80 | index).toString(16);
}

export function get(streamId: number, path: string, open?: "open"): Uint8Array {
  return headers(streamId, { ":method": "GET", ":scheme": "http", ":authority": "a.test", ":path": path }, open);
}

export function respond(streamId: number, status: number, open?: "open"): Uint8Array {
  return headers(streamId, { ":status": String(status) }, open);
}

export function data(streamId: number, content: string, end?: "end"): Uint8Array {
  return frame(0, end ? 1 : 0, streamId, `'${content}`);
}

export const SETTINGS = frame(4, 0, 0);
export const ACK = frame(4, 1, 0);
export const ping = frame(6, 0, 0, "0000000000000000");

export function rst(streamId: number, code: number): Uint8Array {
  return frame(3, 0, streamId, code.toString(16).padStart(8, "0"));
}

/** How a connection begins. */
export const HELLO: readonly Step[] = [client(PREFACE, SETTINGS), server(SETTINGS, ACK), client(ACK)];

function string(value: string): Buffer {
  if (value.length > 126) throw new Error("only short strings");
  return Buffer.concat([Uint8Array.of(value.length), Buffer.from(value, "latin1")]);
}
