import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Connection, Ledger, MemoryBudget, type SocketEvent, type SocketObserver } from "../model/index.ts";
import { encodeTrace, type TraceWrapper } from "../wire/envoy/index.ts";
import type { MatchPredicate } from "./config/match-predicate.ts";
import type { OutputConfig, TapConfig } from "./config/tap-config.ts";
import { copyBody } from "./copy-body.ts";
import { ActiveTap, SocketTap, type SocketTapOptions } from "./socket-tap.ts";
import type { TraceSink } from "./trace-sink.ts";

// Envoy's own cases of the per-socket tapper (tap_config_impl_test.cc), and what is ours beside them.

const LOCAL = { kind: "ip", address: "127.0.0.1", port: 1000 } as const;
const REMOTE = { kind: "ip", address: "10.0.0.3", port: 50000 } as const;

const CONNECTION = {
  localAddress: { kind: "socket", address: "127.0.0.1", portValue: 1000 },
  remoteAddress: { kind: "socket", address: "10.0.0.3", portValue: 50000 },
} as const;

/** A sink that keeps what was submitted, or refuses. */
class MemorySink implements TraceSink {
  readonly submitted: TraceWrapper[] = [];
  closed = 0;
  accepts = true;

  open() {
    return {
      submit: (wrapper: TraceWrapper) => {
        if (this.accepts) this.submitted.push(structuredClone(wrapper));
        return this.accepts;
      },
      close: () => {
        this.closed++;
      },
    };
  }
}

interface Setup {
  readonly output?: Partial<OutputConfig>;
  readonly match?: MatchPredicate;
  readonly tap?: Partial<TapConfig>;
  readonly perEvent?: boolean;
  readonly budget?: MemoryBudget;
  readonly random?: SocketTapOptions["random"];
  readonly local?: Connection["local"];
}

function start(setup: Setup) {
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
    current: () => active,
    socket: { setConnectionPerEvent: setup.perEvent ?? false, statsPrefix: "" },
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
type Step = readonly [number, "read" | "write" | "write-end", string] | readonly [number, "close"];

function play(observer: SocketObserver | undefined, connection: Connection, steps: readonly Step[]): void {
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
    // What was passed was borrowed.
    if (event.kind === "data") event.data.fill(0);
  }
}

const bytes = (text: string) => new Uint8Array(Buffer.from(text));
const at = (seconds: number) => ({ seconds, nanos: 0 });
const read = (seconds: number, text: string, seqNum?: bigint, truncated = false) => ({
  kind: "read" as const,
  timestamp: at(seconds),
  data: { asBytes: bytes(text), truncated },
  ...(seqNum === undefined ? {} : { seqNum }),
});
const write = (seconds: number, text: string, seqNum?: bigint, endStream = false, truncated = false) => ({
  kind: "write" as const,
  timestamp: at(seconds),
  data: { asBytes: bytes(text), truncated },
  endStream,
  ...(seqNum === undefined ? {} : { seqNum }),
});
const closed = (seconds: number, seqNum: bigint) => ({ kind: "closed" as const, timestamp: at(seconds), seqNum });
const withConnection = <Event extends object>(event: Event) => ({ ...event, connection: CONNECTION });

const segment = (piece: object) => ({ trace: { kind: "socket-streamed", traceId: 1n, piece } });
const connectionSegment = segment({ kind: "connection", connection: CONNECTION });
const eventSegment = (event: object) => segment({ kind: "event", event });
const eventsSegment = (...events: object[]) => segment({ kind: "events", events });
const bufferedTrace = (events: object[], readTruncated = false, writeTruncated = false) => ({
  trace: { kind: "socket-buffered", traceId: 1n, connection: CONNECTION, events, readTruncated, writeTruncated },
});

const ON_READ = "Test transport socket tap buffered data onRead submit"; // 53 bytes
const ON_WRITE = "Test transport socket tap buffered data onWrite submit"; // 54 bytes

const FLOW: readonly Step[] = [
  [0, "read", "hello"],
  [1, "write-end", "world"],
  [2, "close"],
];

const CASES: readonly (readonly [name: string, setup: Setup, steps: readonly Step[], expected: object[]])[] = [
  [
    "T9 streamed: connection, events, close",
    { output: { streaming: true } },
    FLOW,
    [
      connectionSegment,
      eventSegment(read(0, "hello", 1n)),
      eventSegment(write(1, "world", 6n, true)),
      eventSegment(closed(2, 12n)),
    ],
  ],
  ["T10 not matching", { output: { streaming: true }, match: { kind: "not", rule: { kind: "any" } } }, FLOW, []],
  ["T10 not matching, buffered", { match: { kind: "not", rule: { kind: "any" } } }, FLOW, []],
  [
    "T11, T12 streamed with the connection in every event",
    { output: { streaming: true }, perEvent: true },
    FLOW,
    [
      connectionSegment,
      eventSegment(withConnection(read(0, "hello", 1n))),
      eventSegment(withConnection(write(1, "world", 6n, true))),
      eventSegment(withConnection(closed(2, 12n))),
    ],
  ],
  [
    "T13 gathered: each event reaches the size",
    { output: { streaming: true, minStreamedSentBytes: 50 }, perEvent: true },
    [
      [0, "read", ON_READ],
      [1, "write-end", ON_WRITE],
      [2, "close"],
    ],
    [
      connectionSegment,
      eventsSegment(withConnection(read(0, ON_READ, 1n))),
      eventsSegment(withConnection(write(1, ON_WRITE, 54n, true))),
      eventsSegment(withConnection(closed(2, 109n))),
    ],
  ],
  [
    "T14 gathered: two reads, sent for their age",
    { output: { streaming: true, minStreamedSentBytes: 120 } },
    [
      [0, "read", ON_READ],
      [15, "read", ON_READ],
      [16, "close"],
    ],
    [connectionSegment, eventsSegment(read(0, ON_READ, 1n), read(15, ON_READ, 54n)), eventsSegment(closed(16, 108n))],
  ],
  [
    "T15 gathered: two writes, sent for their age",
    { output: { streaming: true, minStreamedSentBytes: 120 } },
    [
      [0, "write", ON_WRITE],
      [15, "write", ON_WRITE],
      [16, "close"],
    ],
    [
      connectionSegment,
      eventsSegment(write(0, ON_WRITE, 1n), write(15, ON_WRITE, 55n)),
      eventsSegment(closed(16, 110n)),
    ],
  ],
  [
    "gathered: not sent for their age before 15 seconds",
    { output: { streaming: true, minStreamedSentBytes: 200 } },
    [
      [0, "write", ON_WRITE],
      [14, "write", ON_WRITE],
      [16, "read", ON_READ],
      [17, "close"],
    ],
    [
      connectionSegment,
      eventsSegment(write(0, ON_WRITE, 1n), write(14, ON_WRITE, 55n), read(16, ON_READ, 109n)),
      eventsSegment(closed(17, 163n)),
    ],
  ],
  [
    "T16 gathered: sent at the close, together with it",
    { output: { streaming: true, minStreamedSentBytes: 128 } },
    [
      [0, "read", ON_READ],
      [1, "write-end", ON_WRITE],
      [2, "close"],
    ],
    [connectionSegment, eventsSegment(read(0, ON_READ, 1n), write(1, ON_WRITE, 54n, true), closed(2, 109n))],
  ],
  [
    "gathered events are whole, whatever the limits of bytes",
    { output: { streaming: true, minStreamedSentBytes: 4, maxBufferedRxBytes: 2, maxBufferedTxBytes: 2 } },
    [
      [0, "read", "hello"],
      [1, "close"],
    ],
    [connectionSegment, eventsSegment(read(0, "hello", 1n)), eventsSegment(closed(1, 7n))],
  ],
  [
    "T17 buffered: no close, no numbers",
    { output: { minStreamedSentBytes: 5 } },
    FLOW,
    [bufferedTrace([read(0, "hello"), write(1, "world", undefined, true)])],
  ],
  ["buffered: a connection without events", {}, [[3, "close"]], [bufferedTrace([])]],
  [
    "T2 buffered: an exact fit is no truncation, the next event is, later ones are left out",
    { output: { maxBufferedRxBytes: 3, maxBufferedTxBytes: 5 } },
    [
      [0, "read", "one"],
      [1, "read", "two"],
      [2, "write", "three"],
      [3, "write", "four"],
      [4, "read", "five"],
      [5, "write", "six"],
      [6, "close"],
    ],
    [
      bufferedTrace(
        [read(0, "one"), read(1, "", undefined, true), write(2, "three"), write(3, "", undefined, false, true)],
        true,
        true,
      ),
    ],
  ],
  [
    "T2 buffered: cut within an event; the other direction goes on",
    { output: { maxBufferedRxBytes: 4 } },
    [
      [0, "read", "onetwo"],
      [1, "read", "more"],
      [2, "write", "three"],
      [3, "close"],
    ],
    [bufferedTrace([read(0, "onet", undefined, true), write(2, "three")], true, false)],
  ],
  [
    "buffered with limits of 0",
    { output: { maxBufferedRxBytes: 0, maxBufferedTxBytes: 0 } },
    FLOW,
    [bufferedTrace([read(0, "", undefined, true), write(1, "", undefined, true, true)], true, true)],
  ],
  [
    "streamed: the limit holds for each event, and numbers count what moved",
    { output: { streaming: true, maxBufferedRxBytes: 2, maxBufferedTxBytes: 4 } },
    [
      [0, "read", "hello"],
      [1, "read", "again"],
      [2, "write", "world"],
      [3, "close"],
    ],
    [
      connectionSegment,
      eventSegment(read(0, "he", 1n, true)),
      eventSegment(read(1, "ag", 6n, true)),
      eventSegment(write(2, "worl", 11n, false, true)),
      eventSegment(closed(3, 17n)),
    ],
  ],
  [
    "a half-close without bytes is not recorded",
    { output: { streaming: true } },
    [
      [0, "write-end", ""],
      [1, "close"],
    ],
    [connectionSegment, eventSegment(closed(1, 2n))],
  ],
];

describe("what is submitted", () => {
  for (const [name, setup, steps, expected] of CASES)
    test(name, () => {
      const { sink, ledger, budget, play } = start(setup);
      play(...steps);
      assert.deepEqual(sink.submitted, expected);
      assert.equal(sink.closed, expected.length > 0 ? 1 : 0);
      assert.equal(budget.used, 0);
      assert.ok(ledger.balanced, ledger.format().join("\n"));
      for (const book of ledger.books) assert.equal(book.buffered, 0, book.format());
    });
});

test("T5 upstream: the first segment has no local address, later ones have", () => {
  const { sink, connection, play } = start({ output: { streaming: true }, perEvent: true, local: undefined });
  connection.local = LOCAL;
  play([0, "write", "GET "]);
  const { localAddress: _, ...remoteOnly } = CONNECTION;
  assert.deepEqual(sink.submitted, [
    segment({ kind: "connection", connection: remoteOnly }),
    eventSegment(withConnection(write(0, "GET ", 1n))),
  ]);
});

test("the old layout has no numbers", () => {
  const oldSink = {
    format: "PROTO_TEXT",
    connectionLayout: "old",
    destination: { kind: "file-per-tap", pathPrefix: "p" },
  } as const;
  const { sink, play } = start({ output: { streaming: true, sink: oldSink } });
  play([0, "read", "x"], [1, "close"]);
  assert.deepEqual(sink.submitted.slice(1), [
    eventSegment(read(0, "x")),
    eventSegment({ kind: "closed", timestamp: at(1) }),
  ]);
});

describe("memory", () => {
  test("buffered: an event for which there is none is empty and truncated, and the last of its direction", () => {
    const { sink, ledger, budget, play } = start({ budget: new MemoryBudget(600) });
    play([0, "read", "x".repeat(300)], [1, "read", "y".repeat(300)], [2, "read", "z"], [3, "close"]);
    assert.deepEqual(sink.submitted, [
      bufferedTrace([read(0, "x".repeat(300)), read(1, "", undefined, true)], true, false),
    ]);
    assert.equal(budget.used, 0);
    assert.ok(budget.peak <= 600);
    assert.equal(
      ledger.book("tap-bytes").format(),
      "tap-bytes: 601 in = 300 parsed + 1 truncated (max-buffered-bytes 1) + 300 dropped (memory-budget 300)",
    );
  });

  test("gathered: what cannot be kept is sent at once, with what was gathered", () => {
    const { sink, budget, play } = start({
      output: { streaming: true, minStreamedSentBytes: 100_000 },
      budget: new MemoryBudget(600),
    });
    play([0, "read", "x".repeat(300)], [1, "read", "y".repeat(300)], [2, "close"]);
    assert.deepEqual(sink.submitted.slice(1), [
      eventsSegment(read(0, "x".repeat(300), 1n), read(1, "y".repeat(300), 301n)),
      eventsSegment(closed(2, 602n)),
    ]);
    assert.equal(budget.used, 0);
  });

  test("a sink that refuses: counted", () => {
    const { sink, ledger, play } = start({});
    sink.accepts = false;
    play(...FLOW);
    assert.deepEqual(ledger.format(), [
      "tap-bytes: 10 in = 0 parsed + 10 dropped (sink 10)",
      "tap-messages: 1 in = 0 parsed + 1 dropped (sink 1)",
    ]);
  });
});

describe("sampling", () => {
  for (const [random, tapped] of [
    [0.0099, true],
    [0.01, false],
  ] as const)
    test(`1 in 100, drawn ${random}`, () => {
      const { sink, tap, play } = start({
        tap: { sampling: { numerator: 100, denominator: 10_000 } },
        random: () => random,
      });
      play(...FLOW);
      assert.equal(tap.counters.sampledOut, tapped ? 0 : 1);
      assert.deepEqual(
        sink.submitted.map(({ configuredSampleRate }) => configuredSampleRate),
        tapped ? [{ numerator: 100, denominator: "TEN_THOUSAND" }] : [],
      );
    });

  test("the rate is on the first message only", () => {
    const { sink, play } = start({
      output: { streaming: true },
      tap: { sampling: { numerator: 1, denominator: 100 } },
      random: () => 0,
    });
    play(...FLOW);
    assert.deepEqual(
      sink.submitted.map((wrapper) => wrapper.configuredSampleRate?.denominator),
      ["HUNDRED", undefined, undefined, undefined],
    );
  });
});

test("C1 bodies become strings in reads, writes and gathered events", () => {
  for (const minStreamedSentBytes of [0, 1000]) {
    const { sink, play } = start({ output: { streaming: true, minStreamedSentBytes } });
    play([0, "read", "hello"], [1, "write", "world"], [2, "read", "again"], [3, "write", "more"], [4, "close"]);
    const text = sink.submitted
      .map((wrapper) => Buffer.from(encodeTrace(wrapper, "JSON_BODY_AS_STRING")).toString())
      .join("");
    assert.deepEqual(
      [...text.matchAll(/"as_string": "(\w+)"/g)].map((match) => match[1]),
      ["hello", "world", "again", "more"],
    );
    assert.doesNotMatch(text, /as_bytes/);
  }
});

test("C2 a body is cut to its limit", () => {
  const hello = bytes("hello");
  assert.deepEqual(copyBody(hello, 4, 1, 5), { asBytes: bytes("o"), truncated: false });
  assert.deepEqual(copyBody(hello, 0, 5, 3), { asBytes: bytes("hel"), truncated: true });
  assert.deepEqual(copyBody(hello, 0, 5, 100), { asBytes: bytes("hello"), truncated: false });
});

test("counters have Envoy's names", () => {
  const streamed = start({ output: { streaming: true } });
  streamed.play(...FLOW);
  assert.deepEqual([streamed.tap.statsName, streamed.tap.counters.streamedSubmit], ["transport.tap", 4]);
  const buffered = start({});
  buffered.play(...FLOW);
  assert.equal(buffered.tap.counters.bufferedSubmit, 1);
});
