import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { describe, test } from "node:test";
import { Ledger, MemoryBudget, SILENT_LOGGER } from "../../model/index.ts";
import type { SinkFormat } from "../../tap/index.ts";
import { encodeTrace, type TraceBody, type TraceEvent, type TraceWrapper } from "../../wire/envoy/index.ts";
import { splitTrace } from "./split-trace.ts";
import { UdpTapSink, type UdpTapSinkOptions } from "./udp-tap-sink.ts";

const CONNECTION = {
  localAddress: { kind: "socket", address: "127.0.0.1", portValue: 1000 },
  remoteAddress: { kind: "socket", address: "10.0.0.3", portValue: 50000 },
} as const;

function streamed(event: TraceEvent): TraceWrapper {
  return { trace: { kind: "socket-streamed", traceId: 1n, piece: { kind: "event", event } } };
}

function makeEvent(kind: "read" | "write", size: number): TraceEvent {
  const data = { asBytes: new Uint8Array(size).map((_, index) => 97 + (index % 26)), truncated: true };
  const timestamp = { seconds: 5, nanos: 999_999_998 };
  return { kind, timestamp, data, connection: CONNECTION, seqNum: 11n, ...(kind === "write" && { endStream: true }) };
}

describe("large events are split", () => {
  for (const kind of ["read", "write"] as const)
    test(`50 bytes of a ${kind}, 16 a datagram`, () => {
      const pieces = splitTrace({ ...streamed(makeEvent(kind, 50)), configuredSampleRate: RATE }, 16);
      const events = pieces.map(({ trace }) => {
        assert.ok(trace.kind === "socket-streamed" && trace.piece?.kind === "event" && trace.traceId === 1n);
        return trace.piece.event;
      });
      assert.deepEqual(
        events.map(({ data }) => data?.asBytes?.length),
        [16, 16, 16, 2],
      );
      assert.deepEqual(
        Buffer.concat(events.map(({ data }) => data!.asBytes!)),
        Buffer.from(makeEvent(kind, 50).data!.asBytes!),
      );
      assert.deepEqual(
        events.map(({ timestamp }) => [timestamp!.seconds, timestamp!.nanos]),
        [
          [5, 999_999_999],
          [6, 0],
          [6, 1],
          [6, 2],
        ],
      );
      assert.deepEqual(
        events.map(({ seqNum }) => seqNum),
        [11n, 27n, 43n, 59n],
      );
      assert.ok(events.every((event) => event.connection === CONNECTION && event.kind === kind));
      assert.deepEqual(
        events.map(({ data }) => data?.truncated),
        [false, false, false, true],
      );
      if (kind === "write")
        assert.deepEqual(
          events.map(({ endStream }) => endStream),
          [false, false, false, true],
        );
      assert.deepEqual(
        pieces.map(({ configuredSampleRate }) => configuredSampleRate),
        [RATE, undefined, undefined, undefined],
      );
    });

  test("gathered events go together as far as there is room", () => {
    const events = [makeEvent("read", 10), makeEvent("write", 5), makeEvent("read", 20), { kind: "closed" } as const];
    const pieces = splitTrace(
      { trace: { kind: "socket-streamed", traceId: 1n, piece: { kind: "events", events } } },
      16,
    );
    const sizes = pieces.map(({ trace }) =>
      trace.kind === "socket-streamed" && trace.piece?.kind === "events"
        ? trace.piece.events.map(({ data }) => data?.asBytes?.length ?? 0)
        : [],
    );
    assert.deepEqual(sizes, [[10, 5], [16], [4, 0]]);
  });

  test("what fits stays as it is", () => {
    const wrapper = streamed(makeEvent("read", 16));
    assert.deepEqual(splitTrace(wrapper, 16), [wrapper]);
  });
});

const RATE = { numerator: 1, denominator: "HUNDRED" } as const;

describe("datagrams", () => {
  const body: TraceBody = { asBytes: Buffer.from("hi"), truncated: false };
  const wrapper: TraceWrapper = {
    trace: {
      kind: "socket-buffered",
      traceId: 0n,
      connection: { remoteAddress: CONNECTION.remoteAddress },
      events: [
        { kind: "read", timestamp: { seconds: 0, nanos: 0 }, data: body },
        { kind: "write", timestamp: { seconds: 1, nanos: 0 }, data: body, endStream: false },
      ],
      readTruncated: false,
      writeTruncated: true,
    },
  };
  const json = (data: string) => `{
 "socket_buffered_trace": {
  "connection": {
   "remote_address": {
    "socket_address": {
     "address": "10.0.0.3",
     "port_value": 50000
    }
   }
  },
  "events": [
   {
    "timestamp": "1970-01-01T00:00:00Z",
    "read": {
     "data": {
      ${data}
     }
    }
   },
   {
    "timestamp": "1970-01-01T00:00:01Z",
    "write": {
     "data": {
      ${data}
     }
    }
   }
  ],
  "write_truncated": true
 }
}
`;

  test("JSON without defaults", { timeout: 240_000 }, async () => {
    for (const [format, data] of [
      ["JSON_BODY_AS_BYTES", '"as_bytes": "aGk="'],
      ["JSON_BODY_AS_STRING", '"as_string": "hi"'],
    ] as const) {
      const { received, ledger } = await send(format, [wrapper]);
      assert.deepEqual(received.map(String), [json(data)]);
      assert.equal(ledger.book("udp").handled, 1);
    }
  });

  test("protobuf, binary and as text", { timeout: 240_000 }, async () => {
    for (const [format, start] of [
      ["PROTO_BINARY", "\x1a"],
      ["PROTO_TEXT", "socket_buffered_trace {\n"],
    ] as const) {
      const { received } = await send(format, [wrapper, wrapper]);
      assert.equal(received.length, 2);
      assert.ok(
        received.every((datagram) => datagram.toString("latin1").startsWith(start)),
        format,
      );
    }
  });

  test("a large event arrives in pieces, in every format", { timeout: 240_000 }, async () => {
    for (const [format, count] of [
      ["JSON_BODY_AS_STRING", 2],
      ["JSON_BODY_AS_BYTES", 3],
      ["PROTO_BINARY", 3],
    ] as const) {
      const { received, ledger } = await send(format, [streamed(makeEvent("read", 100_000))], { expected: count });
      assert.equal(received.length, count, format);
      assert.equal(ledger.book("udp").handled, count);
    }
  });

  test("lengths have no use in datagrams: dropped and counted", async () => {
    const { received, ledger } = await send("PROTO_BINARY_LENGTH_DELIMITED", [wrapper], { expected: 0 });
    assert.deepEqual(received, []);
    assert.equal(ledger.book("udp").format(), "udp: 1 in = 0 handled + 1 dropped (length-delimited 1)");
  });

  test("what is too large for a datagram, or for the queue, is dropped and counted", async () => {
    const large: TraceWrapper = {
      trace: {
        ...wrapper.trace,
        kind: "socket-buffered",
        events: [makeEvent("read", 70_000)],
      } as TraceWrapper["trace"],
    };
    const tooLarge = await send("PROTO_BINARY", [large], { expected: 0 });
    assert.equal(tooLarge.ledger.book("udp").droppedBy.get("too-large"), 1);
    const size = encodeTrace(wrapper, "PROTO_BINARY").length;
    const full = await send("PROTO_BINARY", [wrapper, wrapper, wrapper], { expected: 1, maxQueuedBytes: size });
    assert.equal(full.ledger.book("udp").droppedBy.get("queue-full"), 2);
  });

  test("what the system refuses to send is dropped and counted, under its word", async () => {
    // Broadcasts want a permission that the socket has not asked for.
    const address = { kind: "ip", address: "255.255.255.255", port: 9 } as const;
    const { sink, ledger, budget } = createSink("PROTO_BINARY", 9, { address });
    sink.open().submit(wrapper);
    await sink.close();
    assert.equal(ledger.book("udp").format(), "udp: 1 in = 0 handled + 1 dropped (eacces 1)");
    assert.equal(budget.used, 0);
  });

  test("nobody listens: nothing fails", { timeout: 240_000 }, async () => {
    const { sink, ledger } = createSink("PROTO_BINARY", 9, {});
    for (let index = 0; index < 3; index++) {
      sink.open().submit(wrapper);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await sink.close();
    assert.ok(ledger.balanced);
    assert.equal(ledger.book("udp").entered, 3);
  });
});

async function send(
  format: SinkFormat,
  wrappers: readonly TraceWrapper[],
  { expected = wrappers.length, ...options }: Partial<UdpTapSinkOptions> & { expected?: number } = {},
) {
  const server = createSocket("udp4");
  const received: Buffer[] = [];
  server.on("message", (datagram) => received.push(datagram));
  await new Promise<void>((resolve) => server.bind(0, "127.0.0.1", resolve));
  const { sink, ledger, budget } = createSink(format, server.address().port, options);
  const handle = sink.open();
  for (const wrapper of wrappers) handle.submit(wrapper);
  handle.close();
  for (let wait = 0; wait < 200 && received.length < expected; wait++)
    await new Promise((resolve) => setTimeout(resolve, 5));
  await sink.close();
  server.close();
  assert.equal(budget.used, 0);
  assert.ok(ledger.balanced, ledger.format().join("\n"));
  return { received, ledger };
}

function createSink(format: SinkFormat, port: number, options: Partial<UdpTapSinkOptions>) {
  const ledger = new Ledger();
  const budget = new MemoryBudget(1024 * 1024);
  const sink = new UdpTapSink({
    address: { kind: "ip", address: "127.0.0.1", port },
    sink: { format, connectionLayout: "new" },
    budget,
    book: ledger.book("udp"),
    logger: SILENT_LOGGER,
    ...options,
  });
  return { sink, ledger, budget };
}
