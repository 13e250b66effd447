import {
  type Connection,
  Ledger,
  MemoryBudget,
  type SocketEvent,
  type SocketObserver,
  type Submission,
} from "../../src/model/index.ts";
import { ActiveTap } from "../../src/tap/active-tap.ts";
import type { MatchPredicate } from "../../src/tap/config/match-predicate.ts";
import type { OutputConfig, TapConfig } from "../../src/tap/config/tap-config.ts";
import { SocketTap, type SocketTapOptions } from "../../src/tap/socket/socket-tap.ts";
import type { TraceSink } from "../../src/tap/trace-sink.ts";
import type { TraceWrapper } from "../../src/wire/envoy/index.ts";

// Shared by the tests of the socket tap: a tap with a sink in memory, and how to write down events and messages.

export const LOCAL = { kind: "ip", address: "127.0.0.1", port: 1000 } as const;
export const REMOTE = { kind: "ip", address: "10.0.0.3", port: 50000 } as const;

export const CONNECTION = {
  localAddress: { kind: "socket", address: "127.0.0.1", portValue: 1000 },
  remoteAddress: { kind: "socket", address: "10.0.0.3", portValue: 50000 },
} as const;

/** A sink that keeps what was submitted, or refuses. */
export class MemorySink implements TraceSink {
  readonly submitted: TraceWrapper[] = [];
  closed = 0;
  accepts = true;

  open() {
    return {
      submit: (wrapper: TraceWrapper): Submission => {
        if (!this.accepts) return { dropped: "failed" };
        this.submitted.push(structuredClone(wrapper));
        return "taken";
      },
      close: () => {
        this.closed++;
      },
    };
  }
}

export interface Setup {
  readonly output?: Partial<OutputConfig>;
  readonly match?: MatchPredicate;
  readonly tap?: Partial<TapConfig>;
  readonly perEvent?: boolean;
  readonly budget?: MemoryBudget;
  readonly random?: SocketTapOptions["random"];
  readonly local?: Connection["local"];
}

export function start(setup: Setup) {
  const sink = new MemorySink();
  const ledger = new Ledger();
  const budget = setup.budget ?? new MemoryBudget(1_000_000);
  const config: TapConfig = {
    match: setup.match ?? { kind: "any" },
    output: {
      sink: {
        format: "JSON_BODY_AS_BYTES",
        connectionLayout: "new",
        destination: { kind: "file-per-tap", pathPrefix: "p" },
      },
      maxBufferedRxBytes: 1024,
      maxBufferedTxBytes: 1024,
      streaming: false,
      minStreamedSentBytes: 0,
      ...setup.output,
    },
    ...setup.tap,
  };
  const active = new ActiveTap(config, sink);
  const tap = new SocketTap({
    current: () => [active],
    socket: { setConnectionPerEvent: setup.perEvent ?? false },
    budget,
    ledger,
    ...(setup.random === undefined ? {} : { random: setup.random }),
  });
  const connection: Connection = {
    id: 1n,
    transport: "tcp",
    local: "local" in setup ? setup.local : LOCAL,
    remote: REMOTE,
    role: "server",
  };
  const observer = tap.attach(connection);
  return {
    sink,
    ledger,
    budget,
    tap,
    connection,
    observer,
    play: (...events: Step[]) => play(observer, connection, events),
  };
}

/** `[seconds, "read" | "write" | "write-end", data]`, or `[seconds, "close"]`. */
export type Step = readonly [number, "read" | "write" | "write-end", string] | readonly [number, "close"];

export function play(observer: SocketObserver | undefined, connection: Connection, steps: readonly Step[]): void {
  const offsets = { read: 0, write: 0 };
  for (const [seconds, what, text] of steps) {
    const time = { seconds, nanos: 0 };
    let event: SocketEvent;
    if (what === "close") event = { kind: "close", connection, time, how: "fin" };
    else {
      const direction = what === "read" ? "read" : "write";
      const data = Buffer.from(text!);
      event = {
        kind: "data",
        connection,
        time,
        direction,
        offset: offsets[direction],
        data,
        endStream: what === "write-end",
      };
      offsets[direction] += data.length;
    }
    observer?.observe(event);
    // The value passed was borrowed.
    if (event.kind === "data") event.data.fill(0);
  }
}

export const bytes = (text: string) => new Uint8Array(Buffer.from(text));
export const at = (seconds: number) => ({ seconds, nanos: 0 });
export const read = (seconds: number, text: string, seqNum?: bigint, truncated = false) => ({
  kind: "read" as const,
  timestamp: at(seconds),
  data: { asBytes: bytes(text), truncated },
  ...(seqNum === undefined ? {} : { seqNum }),
});
export const write = (seconds: number, text: string, seqNum?: bigint, endStream = false, truncated = false) => ({
  kind: "write" as const,
  timestamp: at(seconds),
  data: { asBytes: bytes(text), truncated },
  endStream,
  ...(seqNum === undefined ? {} : { seqNum }),
});
export const closed = (seconds: number, seqNum: bigint) => ({
  kind: "closed" as const,
  timestamp: at(seconds),
  seqNum,
});
export const withConnection = <Event extends object>(event: Event) => ({ ...event, connection: CONNECTION });

export const segment = (piece: object) => ({ trace: { kind: "socket-streamed", traceId: 1n, piece } });
export const connectionSegment = segment({ kind: "connection", connection: CONNECTION });
export const eventSegment = (event: object) => segment({ kind: "event", event });
export const eventsSegment = (...events: object[]) => segment({ kind: "events", events });
export const bufferedTrace = (events: object[], readTruncated = false, writeTruncated = false) => ({
  trace: { kind: "socket-buffered", traceId: 1n, connection: CONNECTION, events, readTruncated, writeTruncated },
});

export const ON_READ = "Test transport socket tap buffered data onRead submit"; // 53 bytes
export const ON_WRITE = "Test transport socket tap buffered data onWrite submit"; // 54 bytes

export const FLOW: readonly Step[] = [
  [0, "read", "hello"],
  [1, "write-end", "world"],
  [2, "close"],
];
