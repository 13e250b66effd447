/** HTTP traces as packets, read by Wireshark. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, test } from "node:test";
import { type Connection, Ledger, MemoryBudget, SILENT_LOGGER } from "../src/model/index.ts";
import { FilePerTapSink, InlineFileExecutor, NODE_FILE_SYSTEM, TraceFiles } from "../src/sink/file/index.ts";
import type { HttpTraceMessage, TraceWrapper } from "../src/wire/envoy/index.ts";
import { buildExchange } from "./support/build-exchange.ts";
import { skipUnless } from "./support/needs.ts";
import { runProgram } from "./support/run-program.ts";
import { makeTemporaryFolder } from "./support/temporary-folder.ts";

const CONNECTION: Connection = {
  id: 1n,
  transport: "tcp",
  local: { kind: "ip", address: "10.0.0.2", port: 80 },
  remote: { kind: "ip", address: "10.0.0.1", port: 50_000 },
  role: "server",
};
const header = (key: string, value: string) => ({ key, value });
const body = (text: string, truncated = false) => ({ asBytes: Buffer.from(text), truncated });
const REQUEST = [header(":method", "POST"), header(":path", "/users"), header(":authority", "example.com")];
const RESPONSE = [header(":status", "201"), header("content-type", "text/plain")];

describe("HTTP traces in Wireshark's file", { skip: skipUnless("tshark"), timeout: 240_000 }, () => {
  test("streamed: parts at their times, from the client's own port", async () => {
    const pieces = [
      { kind: "request-headers", headers: REQUEST },
      { kind: "request-body-chunk", body: body("name=") },
      { kind: "request-body-chunk", body: body("anna") },
      { kind: "request-trailers", headers: [header("x-sum", "9")] },
      { kind: "response-headers", headers: RESPONSE },
      { kind: "response-body-chunk", body: body("created") },
      { kind: "response-trailers", headers: [header("x-sum", "7")] },
    ] as const;
    const messages = pieces.map((piece, index): [TraceWrapper, number] => [
      { trace: { kind: "http-streamed", traceId: 7n, piece } },
      1_700_000_000 + index,
    ]);
    const rows = await dissect(messages);
    assert.deepEqual(rows, [
      "50000\t80\t1700000003\tPOST\t/users\t\tname=anna",
      "80\t50000\t1700000006\t\t\t201\tcreated",
    ]);
  });

  test("buffered: a cut body is a hole, and times are those of the exchange", async () => {
    const request: HttpTraceMessage = { headers: REQUEST, body: body("name=anna"), trailers: [] };
    const response: HttpTraceMessage = {
      headers: [...RESPONSE, header("content-length", "12")],
      body: body("created", true),
      trailers: [],
    };
    const rows = await dissect(
      [[{ trace: { kind: "http-buffered", request, response } }, 0]],
      ["tcp.analysis.lost_segment or http"],
    );
    assert.deepEqual(rows[0], "50000\t80\t1700000000\tPOST\t/users\t\tname=anna");
    assert.ok(rows.length >= 2, rows.join("\n"));
  });
});

/** Wireshark's view: ports, seconds, method, target, status, content. */
async function dissect(messages: readonly [TraceWrapper, number][], [filter = "http"] = []): Promise<string[]> {
  const { path, remove } = makeTemporaryFolder();
  const executor = new InlineFileExecutor(NODE_FILE_SYSTEM);
  const budget = new MemoryBudget(1_000_000);
  const files = new TraceFiles({ executor, budget, ledger: new Ledger(), logger: SILENT_LOGGER });
  const sink = new FilePerTapSink(join(path, "a"), { format: "PCAPNG", connectionLayout: "new" }, files);
  const handle = sink.open({ id: 7n, connection: CONNECTION });
  for (const [message, seconds] of messages)
    assert.equal(handle.submit(message, { time: { seconds, nanos: 0 }, exchange: () => buildExchange() }), "taken");
  handle.close();
  await files.close();
  const fields = [
    "tcp.srcport",
    "tcp.dstport",
    "frame.time_epoch",
    "http.request.method",
    "http.request.uri",
    "http.response.code",
    "http.file_data",
  ];
  const args = [
    "-r",
    join(path, "a_7.pcapng"),
    "-Y",
    filter,
    "-T",
    "fields",
    ...fields.flatMap((field) => ["-e", field]),
  ];
  const { stdout, stderr } = await runProgram("tshark", args);
  remove();
  assert.ok(stdout !== "", stderr);
  return stdout
    .trimEnd()
    .split("\n")
    .map((row) => row.replace(/(\t\d{10})\.\d+/, "$1"));
}
