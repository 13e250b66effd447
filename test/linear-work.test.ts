/**
 * Input in pieces of any size costs work in proportion to its bytes, for every protocol and every reader: what was looked at once is
 * not looked at again with each piece that comes. Work is counted, not timed.
 */
import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { WorkCounter } from "./support/count-work.ts";

// It sees only what is imported after it was made.
const counter = new WorkCounter();
const { Analyzer } = await import("../src/analysis/analyzer.ts");
const { DETECTORS } = await import("../src/analysis/detectors.ts");
const { EXCHANGE_CODEC } = await import("../src/analysis/protocols/index.ts");
const { createTlsDetector } = await import("../src/analysis/tls/tls-detector.ts");
const { Ledger, MemoryBudget } = await import("../src/model/index.ts");
const { PayloadSession } = await import("../src/wire/cilium/session/payload-session.ts");
const { TraceReader } = await import("../src/wire/envoy/index.ts");
const { HarReader } = await import("../src/wire/har/index.ts");
const { NdjsonReader } = await import("../src/wire/ndjson/index.ts");
const { createCaptureReader } = await import("../src/wire/pcap/index.ts");
const { KeyLog } = await import("../src/wire/tls/key-log.ts");
const { nodeTlsCrypto } = await import("../src/wire/tls/node-tls-crypto.ts");
after(() => counter.stop());

const [SMALL, LARGE] = [2000, 8000];
/** Blocks that a byte may cost that comes alone. */
const MOST_A_BYTE = 800;

type Bytes = Uint8Array<ArrayBufferLike>;
type Direction = "read" | "write";

interface Conversation {
  /** It is joined late. */
  readonly midStream?: true;
  /** Comes whole before what is counted. */
  readonly before?: readonly (readonly [Direction, string])[];
  readonly read?: (size: number) => Bytes;
  readonly write?: (size: number) => Bytes;
}

const WEB_SOCKET = [
  ["read", "GET / HTTP/1.1\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n"],
  ["write", "HTTP/1.1 101 Switching\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n"],
] as const;
const EVENTS = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";
const HTTP2 = join("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", frame(4, 0, 0), frame(1, 4, 1, Uint8Array.of(0x82, 0x86, 0x84)));

const CONVERSATIONS: Readonly<Record<string, Conversation>> = {
  "small binary messages, joined late": { midStream: true, read: modbus, write: modbus },
  "random bytes, joined late": { midStream: true, read: noise },
  "zeros, joined late": { midStream: true, read: (size) => new Uint8Array(size) },
  "text, joined late": { midStream: true, read: (size) => repeat("lorem HTTP/ ipsum H H\r\n", size) },
  "versions without a request, joined late": { midStream: true, read: (size) => repeat("HTTP/1.1 \r\n", size) },
  "line ends": { read: (size) => repeat("\r\n", size) },
  "a long target": { read: (size) => join("GET /", repeat("a", size)) },
  "a long header": { read: (size) => join("GET / HTTP/1.1\r\nx: ", repeat("a", size), "\r\n\r\n") },
  "many headers": { read: (size) => join("GET / HTTP/1.1\r\n", repeat("x: aaaa\r\n", size), "\r\n") },
  "a body": { read: (size) => join(`POST / HTTP/1.1\r\ncontent-length: ${size}\r\n\r\n`, noise(size)) },
  chunks: {
    read: (size) => join("POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n", repeat("3\r\nabc\r\n", size)),
  },
  "what follows no message": { read: (size) => join("GET / HTTP/1.1\r\nhost: a\r\n\r\n", noise(size)) },
  events: { before: [["read", "GET / HTTP/1.1\r\n\r\n"]], write: (size) => join(EVENTS, repeat("data: abc\n", size)) },
  "one event": { before: [["read", "GET / HTTP/1.1\r\n\r\n"]], write: (size) => join(EVENTS, "data: ", noise(size)) },
  WebSocket: { before: WEB_SOCKET, write: (size) => repeat(join(Uint8Array.of(0x81, 8), "abcdefgh"), size) },
  "no WebSocket": { before: WEB_SOCKET, write: noise },
  "HTTP/2": { read: (size) => join(HTTP2, repeat(frame(0, 0, 1, noise(100)), size)) },
  "HTTP/2, joined late": { midStream: true, read: (size) => join(noise(50), repeat(frame(0, 0, 1, noise(100)), size)) },
  "HTTP/2, a frame that is none": {
    read: (size) => join(HTTP2, Uint8Array.of(0, 0, 9, 77, 0, 0xff, 0, 0, 1), noise(size)),
  },
  "a block that might be HTTP/2's": {
    midStream: true,
    read: (size) => join(frame(1, 4, 1, repeat(Uint8Array.of(0x82), 600)), repeat(frame(0, 0, 1, noise(3)), size)),
  },
  "TLS, one record": {
    read: (size) => join(Uint8Array.of(22, 3, 1, (size + 4) >> 8, (size + 4) & 255, 1), noise(size)),
  },
  "TLS, many records": {
    read: (size) => join(Uint8Array.of(22, 3, 1, 0, 1, 1), repeat(Uint8Array.of(23, 3, 3, 0, 2, 1, 1), size)),
  },
  "no TLS any more": { read: (size) => join(Uint8Array.of(22, 3, 1, 0, 6, 1, 0, 0, 2, 3, 3), noise(size)) },
  "behind a PROXY header": { read: (size) => join("PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\nGET /", repeat("a", size)) },
  "a line protocol": { read: (size) => repeat("EHLO x\r\n", size), write: (size) => repeat("250 ok\r\n", size) },
  Redis: { read: (size) => repeat("*1\r\n$4\r\nPING\r\n", size), write: (size) => repeat("+PONG\r\n", size) },
  "Redis, one text": { read: (size) => join(`*2\r\n$3\r\nGET\r\n$${size}\r\n`, repeat("a", size)) },
  "Redis, one array": {
    before: [["read", "*1\r\n$4\r\nPING\r\n"]],
    write: (size) => join(`*${Math.ceil(size / 7)}\r\n`, repeat("$1\r\na\r\n", size)),
  },
};

describe("conversations", () => {
  for (const [name, conversation] of Object.entries(CONVERSATIONS))
    checkLinear(name, (size, piece) => {
      const { observe, close } = startAnalysis(conversation.midStream === true);
      for (const [direction, text] of conversation.before ?? []) observe(direction, join(text));
      const pieces = { read: cut(conversation.read?.(size), piece), write: cut(conversation.write?.(size), piece) };
      return () => {
        for (let at = 0; at < Math.max(pieces.read.length, pieces.write.length); at++)
          for (const direction of ["read", "write"] as const) {
            const bytes = pieces[direction][at];
            if (bytes !== undefined) observe(direction, bytes);
          }
        close();
      };
    });
});

describe("readers", () => {
  const readers: Readonly<Record<string, () => { push(bytes: Bytes): void; input: (size: number) => Bytes }>> = {
    "NDJSON, one line": () => ({
      push: pushTo(new NdjsonReader({ exchange() {}, flow() {} }, new Ledger().book("lines"), EXCHANGE_CODEC)),
      input: (size) => repeat("a", size),
    }),
    "HAR, one entry": () => ({
      push: pushTo(new HarReader({ exchange() {} }, new Ledger().book("entries"), EXCHANGE_CODEC)),
      input: (size) => join('{"log":{"entries":[{"request":{"url":"', repeat("a", size)),
    }),
    "a trace, one message": () => ({
      push: pushTo(new TraceReader(() => {})),
      input: (size) => join('{"socket_buffered_trace":{"events":[{"read":{"data":{"as_bytes":"', repeat("YWFh", size)),
    }),
    "a trace, many messages": () => ({
      push: pushTo(new TraceReader(() => {})),
      input: (size) => repeat('{"socket_streamed_trace_segment":{"trace_id":"1"}}\n', size),
    }),
    "pcap, one record": () => ({
      push: pushTo(createCaptureReader("pcap", { packet() {} })),
      input: (size) => {
        const head = new DataView(new ArrayBuffer(40));
        for (const [at, value] of [0xa1b2c3d4, 0x00040002, 0, 0, 65535, 1, 1, 0, size, size].entries())
          head.setUint32(4 * at, value, true);
        return join(new Uint8Array(head.buffer), noise(size - 1));
      },
    }),
    "payloads, one message": () => ({
      push: pushTo(new PayloadSession({ onPayload() {} })),
      input: (size) => join(Uint8Array.of(0xfd, size >> 16, (size >> 8) & 255, size & 255), noise(size - 1)),
    }),
  };
  for (const [name, create] of Object.entries(readers))
    checkLinear(name, (size, piece) => {
      const { push, input } = create();
      const pieces = cut(input(size), piece);
      return () => {
        for (const bytes of pieces) push(bytes);
      };
    });
});

/** @param prepare gives what is to be counted, for an input of that many bytes in pieces of that many */
function checkLinear(name: string, prepare: (size: number, piece: number) => () => void): void {
  test(name, () => {
    const [small, large] = [SMALL, LARGE].map((size) => counter.count(prepare(size, 7)));
    assert.ok(
      large! / small! <= (LARGE / SMALL) * 1.5,
      `four times the bytes are ${(large! / small!).toFixed(1)} times the work`,
    );
    const alone = counter.count(prepare(SMALL, 1)) / SMALL;
    assert.ok(alone <= MOST_A_BYTE, `a byte that comes alone costs ${alone.toFixed(0)} blocks`);
  });
}

function startAnalysis(midStream: boolean) {
  const ledger = new Ledger();
  const keyLog = new KeyLog();
  const tls = createTlsDetector({ ledger, crypto: nodeTlsCrypto, keyLog, secretsMayCome: false });
  const analyzer = new Analyzer({
    emit() {},
    ledger,
    budget: new MemoryBudget(2 ** 26),
    detectors: [tls, ...DETECTORS],
  });
  const time = { seconds: 1, nanos: 0 };
  const end = (address: string, port: number) => ({ kind: "ip", address, port }) as const;
  const connection = {
    id: 1n,
    transport: "tcp",
    local: end("10.0.0.2", 502),
    remote: end("10.0.0.1", 40_000),
    role: "server",
    opened: time,
  } as const;
  const offsets = midStream ? { read: 1000, write: 1000 } : { read: 0, write: 0 };
  return {
    observe(direction: Direction, data: Bytes): void {
      analyzer.observe({ kind: "data", connection, time, direction, offset: offsets[direction], data });
      offsets[direction] += data.length;
    },
    close: () => analyzer.observe({ kind: "close", connection, time, how: "fin" }),
  };
}

function pushTo(reader: { push(bytes: Bytes): unknown }): (bytes: Bytes) => void {
  return (bytes) => {
    reader.push(bytes);
  };
}

function cut(bytes: Bytes = new Uint8Array(0), size: number): Bytes[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) => bytes.slice(at * size, (at + 1) * size));
}

function join(...parts: readonly (Bytes | string)[]): Bytes {
  return new Uint8Array(Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part) : part))));
}

function repeat(part: Bytes | string, size: number): Bytes {
  const bytes = join(part);
  return join(...Array.from({ length: Math.ceil(size / bytes.length) }, () => bytes));
}

function noise(size: number): Bytes {
  return Uint8Array.from({ length: size }, (_, at) => (Math.imul(at ^ (at >> 7), 2654435761) >>> 13) & 255);
}

function modbus(size: number): Bytes {
  return join(
    ...Array.from({ length: Math.ceil(size / 12) }, (_, at) =>
      Uint8Array.of(at >> 8, at & 255, 0, 0, 0, 6, 1, 3, 0, at & 255, 0, 10),
    ),
  );
}

function frame(type: number, flags: number, stream: number, payload: Bytes = new Uint8Array(0)): Bytes {
  const { length } = payload;
  return join(Uint8Array.of(length >> 16, (length >> 8) & 255, length & 255, type, flags, 0, 0, 0, stream), payload);
}
