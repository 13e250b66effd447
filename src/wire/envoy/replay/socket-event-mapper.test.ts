import assert from "node:assert/strict";
import { test } from "node:test";
import { formatEndpoint, Ledger, type SocketEvent } from "../../../model/index.ts";
import { SocketEventMapper, type SocketEventMapperOptions, type TraceEvent, type TraceRecord } from "../index.ts";

test("a streamed trace is a connection that opens with its first event and closes with its last", () => {
  const { events, ledger } = map([
    segment(7n, { kind: "connection", connection: { remoteAddress: socket("10.0.0.3", 50000) } }),
    segment(7n, { kind: "event", event: event("read", 1, "hello", { seqNum: 1n }) }),
    segment(7n, { kind: "event", event: event("write", 2, "world", { seqNum: 6n, endStream: true }) }),
    segment(7n, { kind: "event", event: { kind: "closed", timestamp: { seconds: 3, nanos: 0 }, seqNum: 12n } }),
  ]);
  assert.deepEqual(events, [
    "1 open - < 10.0.0.3:50000 server",
    "1 read 0 hello",
    "2 write 0 world end",
    "3 close unknown",
  ]);
  assert.deepEqual(ledger.format(), ["events: 3 in = 3 handled", "payload: 10 in = 10 handled"]);
});

test("what the tap cut off is a gap: of known size where events are numbered, else of unknown size", () => {
  const numbered = map([
    segment(1n, { kind: "event", event: event("read", 1, "GET ", { seqNum: 1n, truncated: true }) }),
    segment(1n, { kind: "event", event: event("write", 2, "HTTP/", { seqNum: 75n, truncated: true }) }),
    segment(1n, { kind: "event", event: event("read", 3, "more", { seqNum: 422n }) }),
    segment(1n, { kind: "event", event: { kind: "closed", timestamp: { seconds: 4, nanos: 0 }, seqNum: 427n } }),
  ]);
  assert.deepEqual(numbered.events.slice(1), [
    "1 read 0 GET ",
    "2 read gap at 4 of 70 (truncated)",
    "2 write 0 HTTP/",
    "3 write gap at 5 of 342 (truncated)",
    "3 read 74 more",
    "4 close unknown",
  ]);
  assert.deepEqual(numbered.ledger.format(), [
    "events: 4 in = 2 handled + 2 truncated (by-the-tap 2)",
    "payload: 425 in = 13 handled + 412 truncated (not-recorded 412)",
  ]);
  const plain = map([
    segment(1n, { kind: "event", event: event("read", 1, "GET ", { truncated: true }) }),
    segment(1n, { kind: "event", event: event("read", 2, "more") }),
  ]);
  assert.deepEqual(plain.events.slice(1), [
    "1 read 0 GET ",
    "1 read gap at 4 of ? (truncated)",
    "2 read 4 more",
    "2 close unknown",
  ]);
});

test("what is cut at the very end shows by the number of the closing event", () => {
  const { events } = map([
    segment(1n, { kind: "event", event: event("write", 1, "abc", { seqNum: 1n, truncated: true }) }),
    segment(1n, { kind: "event", event: { kind: "closed", timestamp: { seconds: 2, nanos: 0 }, seqNum: 12n } }),
  ]);
  assert.deepEqual(events, [
    "1 open - < - client",
    "1 write 0 abc",
    "2 write gap at 3 of 7 (truncated)",
    "2 close unknown",
  ]);
});

test("events that are missing altogether leave a gap", () => {
  const { events } = map([
    segment(1n, { kind: "event", event: event("read", 1, "abc", { seqNum: 1n }) }),
    segment(1n, { kind: "event", event: event("read", 2, "def", { seqNum: 10n }) }),
  ]);
  assert.equal(events[2], "2 read gap at 3 of 6 (lost-event)");
});

test("a buffered trace in pieces is one connection, and each trace is one of its own", () => {
  const piece = (more: boolean, text: string): TraceRecord => ({
    kind: "wrapper",
    more,
    wrapper: {
      trace: {
        kind: "socket-buffered",
        traceId: 3n,
        connection: { localAddress: { kind: "pipe", path: "/run/a" }, remoteAddress: { kind: "pipe", path: "" } },
        events: [event("read", 1, text)],
        readTruncated: !more,
        writeTruncated: false,
      },
    },
  });
  const { events } = map([piece(true, "one"), piece(false, "two"), piece(false, "three")]);
  assert.deepEqual(events, [
    "1 open /run/a <  server",
    "1 read 0 one",
    "1 read 3 two",
    "1 read gap at 6 of ? (truncated)",
    "1 close unknown",
    "1 open /run/a <  server",
    "1 read 0 three",
    "1 read gap at 5 of ? (truncated)",
    "1 close unknown",
  ]);
});

test("connections that never close are closed at the end, and the oldest when there are too many", () => {
  const records = [1n, 2n, 3n, 2n].map((id) => segment(id, { kind: "event", event: event("read", Number(id), "x") }));
  const { events } = map(records, { maxConnections: 2 });
  assert.deepEqual(
    events.filter((line) => line.includes("close")),
    ["1 close unknown", "2 close unknown", "3 close unknown"],
  );
});

test("a buffered HTTP trace is an HTTP/1 conversation", () => {
  const headers = (entries: Record<string, string>) =>
    Object.entries(entries).map(([key, value]) => ({ key, value: value.replaceAll("|", "\n") }));
  const { events } = map([
    {
      kind: "wrapper",
      more: false,
      wrapper: {
        trace: {
          kind: "http-buffered",
          request: {
            headers: headers({ ":method": "POST", ":path": "/a b", ":authority": "host", foo: "bar|x: y" }),
            body: { asBytes: utf8("hello"), truncated: false },
            trailers: [],
            headersReceivedTime: { seconds: 5, nanos: 0 },
          },
          response: {
            headers: headers({ ":status": "200", bar: "baz", "content-length": "9" }),
            body: { asBytes: utf8("worl"), truncated: true },
            trailers: [],
          },
        },
      },
    },
  ]);
  assert.deepEqual(events, [
    "5 open - < - server",
    "5 read 0 POST /a%20b HTTP/1.1\r\nhost: host\r\nfoo: bar x: y\r\ncontent-length: 5\r\n\r\n",
    "5 read 70 hello",
    "5 write 0 HTTP/1.1 200 OK\r\nbar: baz\r\ncontent-length: 9\r\n\r\n",
    "5 write 48 worl",
    "5 write gap at 52 of 5 (truncated)",
    "5 close unknown",
  ]);
});

test("a streamed HTTP trace is framed by what its segments turn out to be", () => {
  const piece = (kind: string, content: Record<string, string> | string, truncated = false): TraceRecord => ({
    kind: "wrapper",
    more: false,
    wrapper: {
      trace: {
        kind: "http-streamed",
        traceId: 9n,
        piece: (typeof content === "string"
          ? { kind, body: { asBytes: utf8(content), truncated } }
          : { kind, headers: Object.entries(content).map(([key, value]) => ({ key, value })) }) as never,
      },
    },
  });
  const { events, ledger } = map(
    [
      piece("request-headers", { ":method": "GET", ":path": "/", ":authority": "h" }),
      piece("response-headers", { ":status": "200", date: "Fri, 20 Nov 2026 10:57:01 GMT" }),
      piece("response-body-chunk", "hel", true),
      piece("response-body-chunk", "world"),
      piece("response-trailers", { g: "h" }),
    ],
    { fallbackTime: { seconds: 77, nanos: 0 } },
  );
  assert.deepEqual(
    events.join("\n").replaceAll("\r\n", "¬"),
    [
      "77 open - < - server",
      "77 read 0 GET / HTTP/1.1¬host: h¬¬",
      "77 write 0 HTTP/1.1 200 OK¬date: Fri, 20 Nov 2026 10:57:01 GMT¬transfer-encoding: chunked¬¬",
      "77 write 84 3¬",
      "77 write 87 hel",
      "77 write 90 ¬",
      "77 write gap at 92 of ? (truncated)",
      "77 write 92 5¬",
      "77 write 95 world",
      "77 write 100 ¬",
      "77 write 102 0¬g: h¬¬",
      "77 close unknown",
    ].join("\n"),
  );
  assert.deepEqual(ledger.format()[0], "events: 5 in = 4 handled + 1 truncated (by-the-tap 1)");
});

test("responses that have no body get no framing", () => {
  for (const [method, status, expected] of [
    ["HEAD", "200", "HTTP/1.1 200 OK\r\n\r\n"],
    ["GET", "204", "HTTP/1.1 204 No Content\r\n\r\n"],
    ["GET", "304", "HTTP/1.1 304 Not Modified\r\n\r\n"],
    ["GET", "200", "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"],
    ["CONNECT", "200", "HTTP/1.1 200 OK\r\n\r\n"],
    ["GET", "101", "HTTP/1.1 101 Switching Protocols\r\n\r\n"],
  ] as const) {
    const message = (key: string, value: string) => ({ headers: [{ key, value }], trailers: [] });
    const { events } = map([
      {
        kind: "wrapper",
        more: false,
        wrapper: {
          trace: { kind: "http-buffered", request: message(":method", method), response: message(":status", status) },
        },
      },
    ]);
    assert.equal(events[2], `0 write 0 ${expected}`, `${method} ${status}`);
  }
});

function map(records: readonly TraceRecord[], options: Partial<SocketEventMapperOptions> = {}) {
  const ledger = new Ledger();
  const events: string[] = [];
  const mapper = new SocketEventMapper((happened) => events.push(describe(happened)), {
    events: ledger.book("events"),
    payload: ledger.book("payload"),
    ...options,
  });
  for (const record of records) mapper.map(record);
  mapper.end();
  assert.ok(ledger.balanced, ledger.format().join("\n"));
  return { events, ledger };
}

function describe(event: SocketEvent): string {
  const { time, kind, connection } = event;
  if (kind === "open")
    return `${time.seconds} open ${formatEndpoint(connection.local)} < ${formatEndpoint(connection.remote)} ${connection.role}`;
  if (kind === "gap")
    return `${time.seconds} ${event.direction} gap at ${event.offset} of ${event.size ?? "?"} (${event.reason})`;
  if (kind === "close") return `${time.seconds} close ${event.how}`;
  const data = new TextDecoder().decode(event.data);
  return `${time.seconds} ${event.direction} ${event.offset} ${data}${event.endStream === true ? " end" : ""}`;
}

function segment(
  traceId: bigint,
  piece: Extract<Extract<TraceRecord, { kind: "wrapper" }>["wrapper"]["trace"], { kind: "socket-streamed" }>["piece"],
): TraceRecord {
  return {
    kind: "wrapper",
    more: false,
    wrapper: { trace: { kind: "socket-streamed", traceId, ...(piece && { piece }) } },
  };
}

function event(
  kind: "read" | "write",
  seconds: number,
  text: string,
  { truncated = false, ...rest }: { truncated?: boolean; seqNum?: bigint; endStream?: boolean } = {},
): TraceEvent {
  return { kind, timestamp: { seconds, nanos: 0 }, data: { asBytes: utf8(text), truncated }, ...rest };
}

function socket(address: string, portValue: number) {
  return { kind: "socket", address, portValue } as const;
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
