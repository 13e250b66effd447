/** Text and JSON as people and other programs write them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { readTrace } from "../../../../../test/support/trace-bytes.ts";
import { encodeTrace, type TraceWrapper } from "../../index.ts";

/** Ways to write one and the same wrapper down. */
const EQUAL_TEXTS: readonly string[] = [
  'socket_streamed_trace_segment { trace_id: 1 event { read { data { as_bytes: "a\\001b" } } } }',
  "socket_streamed_trace_segment: <trace_id:1,event:{read:{data:{as_bytes:'a\\x01b'}}};>",
  '# a comment\nsocket_streamed_trace_segment {\r\n\ttrace_id: 0x1 event { read { data { as_bytes: "a" \'\\1\' # }\n "b" truncated: false } } seq_num: 0 } }\n# end',
  '\ufeffsocket_streamed_trace_segment { trace_id: 01 event { read { data { as_bytes: "\\u0061\\U00000001\\142" } } } }',
  '{"socket_streamed_trace_segment": {"trace_id": "1", "event": {"read": {"data": {"as_bytes": "YQFi"}}}}}',
  '{"socketStreamedTraceSegment":{"traceId":1,"event":{"read":{"data":{"asBytes":"YQFi","truncated":false}},"timestamp":null}}}\n',
  '[{"socket_streamed_trace_segment": {"trace_id": 1e0, "event": {"read": {"data": {"as_bytes": "YQFi"}}}}}]',
  '{"socket_streamed_trace_segment": {"trace_id": "1", "event": {"read": {"data": {"as_b\\u0079tes": "YQF\\u0069"}}}}}',
];

const EQUAL_TEXTS_MEAN = `socket_streamed_trace_segment {
  trace_id: 1
  event {
    read {
      data {
        as_bytes: "a\\001b"
      }
    }
  }
}
`;

test("text and JSON are read however they are written", () => {
  for (const text of EQUAL_TEXTS)
    for (const splits of [[], [...utf8(text).keys()]]) {
      const { wrappers, reader } = readTrace(utf8(text), splits);
      assert.deepEqual(reader.problem, undefined, text);
      assert.deepEqual(encodeTexts(wrappers), utf8(EQUAL_TEXTS_MEAN), text);
    }
});

/** Text, JSON, and what is said of them. */
const FAULTS: readonly (readonly [string, number, number, RegExp])[] = [
  ['socket_buffered_trace {\n  trace_id: "x"\n}', 2, 13, /'trace_id' is a whole number, not a string/],
  [
    'socket_buffered_trace { events { read {\n data: "x"\n "y" } } }',
    2,
    8,
    /is a message, not a string; .*1\.9 and 1\.10/,
  ],
  ['socket_buffered_trace { trace_id: "x"', 1, 35, /not a string/],
  ["socket_buffered_trace {\n  trace_id: x\n}", 2, 13, /'x' is no value for 'trace_id'/],
  ["socket_buffered_trace { trace_id { } }", 1, 34, /'trace_id' is a whole number, not a message/],
  ["socket_buffered_trace { trace_id 1 }", 1, 34, /expected ':' or '{' behind 'trace_id', found '1'/],
  ["socket_buffered_trace { } }", 1, 27, /'}' closes nothing/],
  ["socket_buffered_trace < }", 1, 25, /expected '>', found '}'/],
  ["socket_buffered_trace {\n  connection {", 2, 15, /ends inside socket_buffered_trace.connection/],
  ['http_buffered_trace { request { headers { key: "a\n" } } }', 1, 48, /does not end on its line/],
  ['http_buffered_trace { request { headers { key: "\\q" } } }', 1, 48, /\\q is no escape/],
  ['{"socket_buffered_trace": {"trace_id": true}}', 1, 40, /'true' is no value/],
  ['{"socket_buffered_trace": {"trace_id" 1}}', 1, 39, /expected ':'/],
  ['{"socket_buffered_trace": {"events": [{"timestamp": "noon"}]}}', 1, 53, /'noon' is no time/],
  ['{"socket_buffered_trace": {"events": [{"read": {"data": {"as_bytes": "?"}}}]}}', 1, 70, /no base64/],
  ['{"socket_buffered_trace": {}}\n{"socket_buffered_trace": {}]', 2, 29, /expected ',' or '}', found ']'/],
  ['{"socket_buffered_trace": {}} x', 1, 31, /expected '{', found 'x'/],
];

test("what is wrong with text and JSON is said with line and column", () => {
  for (const [text, line, column, message] of FAULTS) {
    const { reader, ledger } = readTrace(utf8(text));
    assert.match(reader.problem?.message ?? "", message, text);
    assert.deepEqual(reader.problem?.place, { line, column }, text);
    assert.ok(ledger.balanced && ledger.book("bytes").dropped > 0, text);
  }
});

function encodeTexts(wrappers: readonly TraceWrapper[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(wrappers.map((wrapper) => encodeTrace(wrapper, "PROTO_TEXT"))));
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
