/** Traces with fields that are unknown, as later versions of Envoy would write them: what is known is read, the rest named; where nothing is known it is no trace. */
import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { runProgram } from "./support/run-program.ts";
import { makeTemporaryFolder } from "./support/temporary-folder.ts";
import { TAPLINE } from "./support/trace-folder.ts";

const folder = makeTemporaryFolder();
after(() => folder.remove());

const GET = Buffer.from("GET / HTTP/1.1\r\n\r\n").toString("base64");
const NAMED = (first: string) => new RegExp(`1 field is unknown and is left out \\(the first: ${first}\\)`);
const NONE = (first: string) => new RegExp(`none of its fields is known \\(the first: ${first}\\)`);

const TRACES: readonly (readonly [file: string, content: string | Buffer, code: number, told: RegExp])[] = [
  [
    "event.json",
    '{"socket_buffered_trace":{"events":[{"bogus":1}]}}',
    1,
    NONE("socket_buffered_trace\\.events\\.bogus"),
  ],
  ["trace.json", '{"socketBufferedTrace":{"bogus":[{"read":1}]}}', 1, NONE("socket_buffered_trace\\.bogus")],
  [
    "request.json",
    '{"http_buffered_trace":{"request":{"headerz":[{"key":"a"}]}}}',
    1,
    NONE("http_buffered_trace\\.request\\.headerz"),
  ],
  [
    "segment.json",
    '{"http_streamed_trace_segment":{"request_hedders":{"key":"a"}}}',
    1,
    NONE("http_streamed_trace_segment\\.request_hedders"),
  ],
  [
    "event.pb_text",
    "socket_buffered_trace {\n  events {\n    bogus: 1\n  }\n}\n",
    1,
    NONE("socket_buffered_trace\\.events\\.bogus"),
  ],
  ["event.pb", Buffer.from("0a07120512039a0600", "hex"), 1, NONE("field 99")],
  [
    "known.json",
    `{"socket_buffered_trace":{"trace_id":"1","events":[{"later":1,"read":{"data":{"as_bytes":"${GET}"}}}]}}`,
    0,
    NAMED("socket_buffered_trace\\.events\\.later"),
  ],
  [
    "known.pb_text",
    'socket_buffered_trace {\n  later: 1\n  events { read { data { as_bytes: "GET / HTTP/1.1\\r\\n\\r\\n" } } }\n}\n',
    0,
    NAMED("socket_buffered_trace\\.later"),
  ],
];

describe("traces with fields that are unknown", () => {
  for (const [name, content, code, told] of TRACES)
    test(name, async () => {
      const file = join(folder.path, name);
      writeFileSync(file, content);
      const read = await runProgram(TAPLINE, ["read", file]);
      assert.equal(read.code, code, read.stderr);
      assert.match(read.stderr, told);
      const out = join(folder.path, `${name}.pcap`);
      const converted = await runProgram(TAPLINE, ["convert", file, out]);
      assert.equal(converted.code, code, converted.stderr);
      assert.match(converted.stderr, told);
      assert.equal(existsSync(out), code === 0, "of nothing that was read nothing is written");
      const silent = await runProgram(TAPLINE, ["read", "-q", file]);
      assert.equal(told.test(silent.stderr), code !== 0, "-q leaves out what is no problem");
    });
});
