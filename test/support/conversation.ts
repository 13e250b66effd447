import assert from "node:assert/strict";
import { Analyzer, type AnalyzerOptions } from "../../src/analysis/analyzer.ts";
import {
  type Connection,
  type Direction,
  type Exchange,
  type HttpExchange,
  type LedgerReason,
  type SocketClosed,
  type Timestamp,
  timestampFromMillis,
} from "../../src/model/index.ts";
import { viewAsHttp } from "./view-as-http.ts";

/**
 * One step of a conversation on one connection, a second after the one before:
 * - `["client", bytes]`, `["server", bytes]`: what that side sent;
 * - `["client-gap", size]`, `["server-gap", size]`: bytes of that side that were never seen (undefined: nobody knows how many);
 * - `["client-end"]`, `["server-end"]`: that side half-closed;
 * - `["close", how]`, or with who reset it: `["close", "reset", "server"]`.
 */
export type Step =
  | readonly ["client" | "server", string | Uint8Array]
  | readonly ["client-gap" | "server-gap", number | undefined, string?]
  | readonly ["client-end" | "server-end"]
  | readonly ["close", SocketClosed["how"], ("client" | "server")?];

export interface ConversationOptions extends Partial<Omit<AnalyzerOptions, "emit">> {
  readonly connection?: Partial<Connection>;
  /** Bytes of which each piece is cut to at most this size. */
  readonly pieceSize?: number;
  /** Nobody says who is who: both sides are to be found out by content; the client is then `local`. */
  readonly roleUnknown?: boolean;
  /** The connection's beginning was not seen. */
  readonly isJoinedLate?: boolean;
  /** Between two steps; a second by default. */
  readonly stepMillis?: number;
}

export interface Understanding {
  /** As HTTP, whatever they are (`viewAsHttp`). */
  readonly exchanges: readonly HttpExchange[];
  /** As they are. */
  readonly emitted: readonly Exchange[];
  readonly analyzer: Analyzer;
  readonly connection: Connection;
}

/** Plays a conversation to a new analyzer, whose input then ends, and gives what it emitted. */
export function understand(steps: readonly Step[], options: ConversationOptions = {}): Understanding {
  const {
    connection: overrides,
    pieceSize = Number.POSITIVE_INFINITY,
    roleUnknown = false,
    isJoinedLate = false,
    stepMillis = 1000,
    ...rest
  } = options;
  const emitted: Exchange[] = [];
  const analyzer = new Analyzer({ ...rest, emit: (exchange) => emitted.push(exchange) });
  const connection: Connection = {
    id: 1n,
    transport: "tcp",
    local: { kind: "ip", address: "10.0.0.2", port: 80 },
    remote: { kind: "ip", address: "10.0.0.1", port: 40000 },
    role: roleUnknown ? "unknown" : "server",
    ...(!isJoinedLate && { opened: at(0) }),
    ...overrides,
  };
  const directions: Record<string, Direction> = roleUnknown
    ? { client: "write", server: "read" }
    : { client: "read", server: "write" };
  const offsets = { read: 0, write: 0 };
  let passed = 0;
  const next = (): Timestamp => {
    passed += stepMillis;
    return timestampFromMillis(passed);
  };
  for (const step of steps) {
    const time = next();
    if (step[0] === "close") {
      const by = step[2] === undefined ? {} : { by: directions[step[2]]! };
      analyzer.observe({ kind: "close", connection, time, how: step[1], ...by });
      continue;
    }
    const direction = directions[step[0].slice(0, 6)]!;
    if (step[0] === "client" || step[0] === "server") {
      const bytes = typeof step[1] === "string" ? Buffer.from(step[1], "latin1") : step[1];
      for (let from = 0; from < bytes.length; from += pieceSize) {
        // A fresh copy that is overwritten afterwards: events' bytes are borrowed.
        const data = Uint8Array.from(bytes.subarray(from, from + pieceSize));
        analyzer.observe({ kind: "data", connection, time, direction, offset: offsets[direction], data });
        offsets[direction] += data.length;
        data.fill(0x2a);
      }
    } else if (step[0].endsWith("-gap")) {
      const [, size, reason = "lost-segment"] = step as readonly [string, number | undefined, LedgerReason?];
      const gap = size === undefined ? {} : { size };
      analyzer.observe({ kind: "gap", connection, time, direction, offset: offsets[direction], reason, ...gap });
      offsets[direction] += size ?? 0;
    } else {
      const data = new Uint8Array(0);
      analyzer.observe({
        kind: "data",
        connection,
        time,
        direction,
        offset: offsets[direction],
        data,
        endStream: true,
      });
    }
  }
  analyzer.finish(next());
  const bytes = analyzer.ledger.book("bytes");
  assert.ok(analyzer.ledger.balanced && bytes.buffered === 0, bytes.format());
  return { exchanges: emitted.map(viewAsHttp), emitted, analyzer, connection };
}

/** `METHOD target body → status body | quality problems`, for one look at what was understood. */
export function summarize(shown: Exchange): string {
  const { request, response, quality, problems, protocol, ...exchange } = viewAsHttp(shown);
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1");
  const body = (message: { body: { bytes: Uint8Array; size: number } } | undefined) => {
    if (message === undefined || message.body.size === 0) return "";
    const cut = message.body.size - message.body.bytes.length;
    return ` ${JSON.stringify(text(message.body.bytes))}${cut > 0 ? `+${cut}` : ""}`;
  };
  const head = request === undefined ? "?" : `${request.method ?? ""} ${request.target ?? ""}`.trim();
  const early = (exchange.informational ?? []).map(({ status }) => `${status} `).join("");
  const messages = (exchange.messages ?? []).map(
    ({ from, kind, bytes, size, truncated, compressed }) =>
      ` [${from} ${kind}${compressed ? " compressed" : ""} ${JSON.stringify(text(bytes))}${truncated ? ` of ${size}` : ""}]`,
  );
  const answer = response === undefined ? "?" : `${response.status ?? ""}`;
  const facts = [protocol === "http/1.1" ? "" : protocol, exchange.application[0]?.name ?? "", quality, ...problems];
  const sides = [`${head}${body(request)}`, `${early}${answer}${body(response)}${messages.join("")}`];
  return `${sides.map((side) => side.trim()).join(" → ")} | ${facts.filter(Boolean).join(" ")}`;
}

export function at(seconds: number): Timestamp {
  return { seconds, nanos: 0 };
}
