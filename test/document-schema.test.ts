import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { documentSchema } from "../src/analysis/protocols/document-schema.ts";
import { exchangeLine } from "../src/analysis/protocols/index.ts";
import type { Exchange, FlowEvent } from "../src/model/index.ts";
import { flowLine } from "../src/wire/ndjson/index.ts";
import { buildExchange } from "./support/build-exchange.ts";
import { checkDocument } from "./support/check-document.ts";
import { understand } from "./support/conversation.ts";

const SCHEMA = join(import.meta.dirname, "../schema/document.schema.json");
const TIME = { seconds: 1_700_000_000, nanos: 123_456_789 };

test("schema/document.schema.json is what the code says", () => {
  assert.deepEqual(JSON.parse(readFileSync(SCHEMA, "utf8")), documentSchema(), "run npm run schema");
});

/** Everything that a document may have stands in one of these at least. */
const EXCHANGES: readonly Exchange[] = [
  buildExchange(),
  buildExchange({
    method: "POST",
    status: 503,
    requestBody: "text",
    responseBody: Uint8Array.of(255, 0),
    requestHeaders: { traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01" },
    connection: {
      id: 18_446_744_073_709_551_615n,
      dialled: TIME,
      opened: TIME,
      closed: TIME,
      tls: {
        version: "TLSv1.3",
        cipher: "c",
        sni: "a",
        alpn: "h2",
        alpnOffered: ["h2"],
        ja4: "j",
        started: TIME,
        finished: TIME,
        decrypted: true,
      },
      process: { pid: 1, command: "c", cgroup: "g", pod: "p", namespace: "n" },
      tunnel: { type: "vxlan", id: 5, source: "10.0.0.1", destination: "10.0.0.2" },
      source: "ingress",
      seenAt: "listener",
    },
    exchange: {
      times: {
        connectStart: TIME,
        connectEnd: TIME,
        tlsStart: TIME,
        tlsEnd: TIME,
        requestStart: TIME,
        requestEnd: TIME,
        responseStart: TIME,
        responseEnd: TIME,
      },
      informational: [{ status: 103, headers: [{ name: "link", value: undefined, sensitive: true }], time: TIME }],
      messages: [
        {
          from: "server",
          time: TIME,
          kind: "message",
          bytes: Uint8Array.of(200),
          size: 9,
          truncated: true,
          compressed: true,
        },
      ],
      application: [{ name: "grpc", status: 5, statusName: "NOT_FOUND", message: "no" }],
      problems: ["x"],
    },
  }),
  buildExchange({ without: "response", exchange: { application: [{ name: "websocket" }] } }),
  buildExchange({ without: "request", connection: { local: { kind: "pipe", path: "@x" }, remote: undefined } }),
  ...understand([
    ["client", "\0\x01"],
    ["server", "\xff"],
    ["close", "reset"],
  ]).exchanges,
  ...understand([
    ["client", "GET / HTTP/1.1\r\nHost: a\r\n\r\n"],
    ["server-gap", undefined],
  ]).exchanges,
];

const FLOWS: readonly FlowEvent[] = [
  { kind: "lost", summary: "", attributes: {} },
  {
    kind: "drop",
    time: TIME,
    node: "n1",
    cpu: 3,
    source: { kind: "ip", address: "fd00::1", port: 1 },
    destination: { kind: "ip", address: "10.0.0.1", port: 443 },
    protocol: "tcp",
    verdict: "denied",
    reason: "Policy denied",
    summary: "xx drop",
    attributes: { "source.identity": 12, marked: true, interface: "eth0" },
    packet: Uint8Array.of(1, 2, 3),
    packetLength: 60,
  },
];

test("documents conform to the schema, and have no field that it does not name", () => {
  for (const line of [...EXCHANGES.map(exchangeLine), ...FLOWS.map(flowLine)]) checkDocument(JSON.parse(line));
});

test("the schema refuses what no document is", () => {
  const document = JSON.parse(exchangeLine(buildExchange()));
  for (const change of [
    { kind: "telepathy" },
    { version: 2 },
    { quality: "good" },
    { id: "1" },
    { connection: undefined },
    { outcome: { result: "maybe" } },
    { time: "yesterday" },
    { surprise: 1 },
  ])
    assert.throws(() => checkDocument(JSON.parse(JSON.stringify({ ...document, ...change }))), Object.keys(change)[0]);
});
