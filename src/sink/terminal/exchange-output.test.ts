import assert from "node:assert/strict";
import { test } from "node:test";
import { type Step, understand } from "../../../test/support/conversation.ts";
import { type FlowEvent, isTaken, Ledger } from "../../model/index.ts";
import type { ExchangeRow, Format } from "../../wire/format.ts";
import { FORMATS, findFormat } from "../../wire/formats.ts";
import { createExchangeOutput, encodedOutput } from "./exchange-output.ts";
import { GatheredOutput } from "./gathered-output.ts";
import type { OutputFormat } from "./output-formats.ts";
import { createStyle } from "./style.ts";

const HTTP: readonly Step[] = [
  ["client", "GET /a HTTP/1.1\r\nHost: h\r\n\r\n"],
  ["server", "HTTP/1.1 204 No Content\r\n\r\n"],
];
const REDIS: readonly Step[] = [
  ["client", "*1\r\n$4\r\nPING\r\n"],
  ["server", "+PONG\r\n"],
];
const OPAQUE: readonly Step[] = [
  ["client", "\u0001\u0002\u0003\u0004"],
  ["server", "\u0005\u0006"],
];
const FLOW = { kind: "lost", time: { seconds: 1, nanos: 0 }, summary: "lost 3" } as unknown as FlowEvent;

test("what a HAR has no place for is left out of it, and counted", async () => {
  const { text, ledger, results } = await write("har", [HTTP, REDIS, OPAQUE, REDIS, HTTP], [FLOW]);
  assert.deepEqual(results, ["taken", "no-har-form", "taken", "no-har-form", "taken", "no-har-form"]);
  const { entries } = (JSON.parse(text) as { log: { entries: readonly unknown[] } }).log;
  assert.equal(entries.length, 3);
  assert.deepEqual(ledger.format(), [
    "written-exchanges: 5 in = 3 handled + 2 skipped (no-har-form 2)",
    "written-flows: 1 in = 0 handled + 1 skipped (no-har-form 1)",
  ]);
});

test("a HAR of nothing but what has no place in it is still a HAR", async () => {
  const { text, ledger } = await write("har", [REDIS], []);
  assert.deepEqual((JSON.parse(text) as { log: { entries: readonly unknown[] } }).log.entries, []);
  assert.deepEqual(ledger.format("lossy"), ["written-exchanges: 1 in = 0 handled + 1 skipped (no-har-form 1)"]);
});

test("lines of a table wait for nothing once they are handed on, and stand in the order in which they came", async () => {
  const exchanges = [HTTP, HTTP].flatMap((steps) => understand(steps).emitted);
  const sent: string[] = [];
  const out = new GatheredOutput(async (bytes) => void sent.push(Buffer.from(bytes).toString()));
  const output = createExchangeOutput("table", out, new Ledger(), { style: createStyle(false), verbosity: 0 });
  output.exchanges!.submit(exchanges[0]!);
  await output.exchanges!.flush();
  assert.match(sent.join(""), / GET .* \/a /);
  const other = createExchangeOutput("table", out, new Ledger(), { style: createStyle(false), verbosity: 0 });
  sent.length = 0;
  other.exchanges!.submit(exchanges[0]!);
  other.flows!.submit(FLOW);
  other.exchanges!.submit(exchanges[1]!);
  await other.exchanges!.close(0);
  assert.match(sent.join(""), /^[^\n]* GET [^\n]*\n[^\n]*lost[^\n]*\n[^\n]* GET [^\n]*\n$/);
});

test("documents have a place for all kinds", async () => {
  const { text, ledger } = await write("ndjson", [HTTP, REDIS, OPAQUE], []);
  assert.equal(text.trim().split("\n").length, 3);
  assert.deepEqual(ledger.format(), ["written-exchanges: 3 in = 3 handled"]);
  assert.deepEqual(ledger.format("lossy"), []);
});

test("documents on a terminal have no control character of eight bits, and nothing that turns its text", async () => {
  const steps: readonly Step[] = [
    ["client", "GET / HTTP/1.1\r\nHost: h\r\nX: a\u009b31m\u0085\r\n\r\n"],
    ["server", Buffer.from(`HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 9\r\n\r\na\u202eb\u2066c`)],
  ];
  for (const format of ["json", "ndjson", "har"] as const) {
    const [onTerminal, inFile] = await Promise.all([true, false].map((isTerminal) => show(format, steps, isTerminal)));
    assert.doesNotMatch(onTerminal!, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/, format);
    assert.match(inFile!, /\u009b[\s\S]*\u202e/);
    const read = (text: string): unknown => JSON.parse(format === "ndjson" ? text.split("\n")[0]! : text);
    assert.deepEqual(read(onTerminal!), read(inFile!));
  }
});

test("a format that gets a row is written, and its separators are its own", async () => {
  const toy: ExchangeRow = {
    kind: "exchanges",
    name: "toy" as "har",
    family: "ndjson",
    extensions: [".toy"],
    meaning: "identifiers",
    mediaType: "text/plain",
    decode: () => assert.fail("it is not read"),
    encode: () => {
      let count = 0;
      return {
        separator: ";",
        begin: () => "<",
        exchange: ({ kind }) => `${count++ === 0 ? "" : ";"}${kind}`,
        flow: () => undefined,
        end: () => ">",
      };
    },
  };
  (FORMATS as Format[]).push(toy);
  assert.match(await show("toy" as "har", HTTP, false), /^<http>\n?$/);
  const { text } = await write("toy", [HTTP, REDIS, OPAQUE], []);
  assert.match(text, /^<http;redis;opaque>\n?$/);
});

async function show(format: OutputFormat, steps: readonly Step[], isTerminal: boolean): Promise<string> {
  const pieces: Uint8Array[] = [];
  const out = new GatheredOutput(async (bytes) => void pieces.push(bytes));
  const options = { style: createStyle(false), verbosity: 0, isTerminal };
  const { exchanges } = createExchangeOutput(format, out, new Ledger(), options);
  for (const exchange of understand(steps).emitted) exchanges!.submit(exchange);
  await exchanges!.close(Number.POSITIVE_INFINITY);
  return Buffer.concat(pieces).toString();
}

async function write(format: string, conversations: readonly (readonly Step[])[], flows: readonly FlowEvent[]) {
  const pieces: Uint8Array[] = [];
  const out = new GatheredOutput(async (bytes) => void pieces.push(bytes));
  const ledger = new Ledger();
  const output = encodedOutput(out, findFormat(format) as ExchangeRow, ledger);
  const results = [
    ...conversations.flatMap((steps) => understand(steps).emitted).map((one) => output.exchanges!.submit(one)),
    ...flows.map((flow) => output.flows!.submit(flow)),
  ].map((result) => (isTaken(result) ? result : result.dropped));
  await output.exchanges!.close(Number.POSITIVE_INFINITY);
  return { text: Buffer.concat(pieces).toString(), ledger, results };
}
