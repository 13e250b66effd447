import assert from "node:assert/strict";
import { test } from "node:test";
import { buildExchange } from "../../../test/support/build-exchange.ts";
import { EXCHANGE_CODEC, exchangeLine } from "../../analysis/protocols/index.ts";
import { type Exchange, type FlowEvent, Ledger } from "../../model/index.ts";
import { flowLine, NdjsonReader } from "./index.ts";

const TIME = { seconds: 1_700_000_000, nanos: 123_456_789 };

const EXCHANGES: readonly Exchange[] = [
  buildExchange({
    requestBody: "text ümlaut \ufeff",
    responseBody: new Uint8Array([0, 255, 128]),
    connection: {
      id: 18_446_744_073_709_551_615n,
      opened: TIME,
      tls: { version: "TLSv1.3", sni: "a", alpnOffered: ["h2", "http/1.1"], decrypted: true, started: TIME },
      process: { pid: 7, command: "nginx" },
      tunnel: { type: "vxlan", id: 5, source: "10.1.0.1", destination: "10.1.0.2" },
      source: "a.pcap",
      seenAt: "listener",
    },
  }),
  buildExchange({
    without: "response",
    connection: { local: { kind: "pipe", path: "@x" }, remote: undefined },
    exchange: {
      application: [{ name: "websocket" }],
      quality: "unpaired",
      problems: ["reset:CANCEL"],
      informational: [{ status: 103, headers: [{ name: "link", value: "</a>" }], time: TIME }],
      messages: [
        { from: "client", time: TIME, kind: "text", bytes: new TextEncoder().encode("hi"), size: 2, truncated: false },
        {
          from: "server",
          time: TIME,
          kind: "binary",
          bytes: new Uint8Array([200]),
          size: 9,
          truncated: true,
          compressed: true,
        },
      ],
    },
  }),
  {
    ...buildExchange({
      exchange: { protocol: "h2", streamId: 5, application: [{ name: "grpc", status: 5, statusName: "NOT_FOUND" }] },
    }),
    request: {
      headers: [
        { name: ":path", value: undefined },
        { name: undefined, value: "x" },
        { name: "a", value: "b", sensitive: true },
      ],
      trailers: [{ name: "t", value: "v" }],
      body: { bytes: new Uint8Array(0), size: 5, truncated: true, complete: false, decodedFrom: "gzip" },
      headBytes: 3,
      started: TIME,
    },
  },
];

const FLOWS: readonly FlowEvent[] = [
  {
    kind: "drop",
    time: TIME,
    node: "n1",
    cpu: 3,
    source: { kind: "ip", address: "fd00::1", port: 1 },
    destination: { kind: "ip", address: "10.0.0.1", port: 443 },
    protocol: "tcp",
    reason: "Policy denied",
    summary: "xx drop",
    attributes: { "source.identity": 12, marked: true, interface: "eth0" },
    packet: new Uint8Array([1, 2, 3]),
    packetLength: 60,
  },
  { kind: "lost", summary: "", attributes: {} },
];

function read(bytes: Uint8Array, chunk = bytes.length, lineBytes = 1 << 20) {
  const exchanges: Exchange[] = [];
  const flows: FlowEvent[] = [];
  const problems: string[] = [];
  const ledger = new Ledger();
  const reader = new NdjsonReader(
    {
      exchange: (exchange) => exchanges.push(exchange),
      flow: (flow) => flows.push(flow),
      problem: ({ line, message }) => problems.push(`${line} ${message}`),
    },
    ledger.book("records"),
    EXCHANGE_CODEC,
    { lineBytes },
  );
  for (let at = 0; at < bytes.length; at += chunk) reader.push(bytes.subarray(at, at + chunk));
  reader.end();
  return { exchanges, flows, problems, ledger };
}

test("what is written is read back without loss, however it is cut", () => {
  const bytes = new TextEncoder().encode([...EXCHANGES.map(exchangeLine), ...FLOWS.map(flowLine)].join(""));
  for (const chunk of [bytes.length, 1, 7, 64, 1000]) {
    const { exchanges, flows, problems, ledger } = read(bytes, chunk);
    assert.deepEqual(exchanges, EXCHANGES);
    assert.deepEqual(flows, FLOWS);
    assert.deepEqual(problems, []);
    assert.deepEqual(ledger.format(), ["records: 5 in = 5 handled"]);
  }
});

test("lines that are none of ours are skipped with their number and reason, and counted", () => {
  const lines = [
    "",
    '{"type":"exchange"',
    "[1]",
    '{"a":1}',
    '{"type":"exchange","version":99}',
    exchangeLine(EXCHANGES[0]!).trim(),
    `"${"x".repeat(8000)}"`,
  ];
  const { exchanges, problems, ledger } = read(new TextEncoder().encode(lines.join("\r\n")), 50, 4000);
  assert.equal(exchanges.length, 1);
  assert.deepEqual(
    problems.map((problem) => problem.slice(0, 12)),
    ["2 is no JSON", "3 is no JSON", '4 has no "ty', "5 is of vers", "7 is longer "],
  );
  assert.deepEqual(ledger.format(), [
    "records: 6 in = 1 handled + 5 skipped (not-json 1, unknown-document 2, unknown-version 1, too-long 1)",
  ]);
});

test("any document at all becomes an exchange", () => {
  for (const wrong of [null, 1, "x", [], {}, [[]], { headers: 1 }]) {
    const fields = [
      "connection",
      "request",
      "response",
      "times",
      "messages",
      "informational",
      "grpc",
      "problems",
      "id",
      "quality",
    ];
    for (const field of fields) {
      const line = JSON.stringify({ type: "exchange", version: 1, [field]: wrong });
      const { exchanges, problems } = read(new TextEncoder().encode(line));
      assert.equal(exchanges.length, 1, line);
      assert.deepEqual(problems, []);
    }
  }
});
