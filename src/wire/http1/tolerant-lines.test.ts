import assert from "node:assert/strict";
import { test } from "node:test";
import { record, recorder } from "../../../test/support/http1-events.ts";
import { Http1Parser } from "./index.ts";

/** Heads and chunks that no sender should send, and what of them is understood. */
const CASES: readonly (readonly [name: string, kind: "request" | "response", input: string, events: string])[] = [
  [
    "white space may be a tab in fields",
    "request",
    "GET / HTTP/1.1\r\nA\t : b\r\nB:\r\n\tc\r\n\r\n",
    "method GET|target /|version 1.1|!space-before-colon|A: b|!obsolete-folding|B: c|head|end",
  ],
  [
    "so it may in fields that frame",
    "request",
    "PUT / HTTP/1.1\r\nContent-Length:\t2\t\r\nConnection:\tclose\t, x\r\n\r\nab",
    "method PUT|target /|version 1.1|Content-Length: 2\t|Connection: close\t, x|head|body ab|end",
  ],
  [
    "and in codings, and behind a chunk's size",
    "request",
    "PUT / HTTP/1.1\r\nTransfer-Encoding:\tgzip,\tchunked\t\r\n\r\n1\t\r\na\r\n0\r\n\r\n",
    "method PUT|target /|version 1.1|Transfer-Encoding: gzip,\tchunked\t|head|!invalid-chunk-size|chunk 1|body a|chunk 0|end",
  ],
  [
    "a list of codings that ends in none",
    "response",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip,\r\n\r\nab",
    "version 1.1|reason OK|Transfer-Encoding: gzip,|head|body ab",
  ],
  [
    "a letter behind a chunk's size",
    "request",
    "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2x\r\nab",
    "method PUT|target /|version 1.1|Transfer-Encoding: chunked|head|INVALID_CHUNK_SIZE at 47",
  ],
  [
    "a line feed behind an extension's name, and a pair in quotes that is none",
    "request",
    'PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;x\na\r\n1;x="y\\\x01"\r\nb\r\n0\r\n\r\n',
    "method PUT|target /|version 1.1|Transfer-Encoding: chunked|head|!bare-lf|chunk 1|body a|!invalid-chunk-extension|chunk 1|body b|chunk 0|end",
  ],
  [
    "one chunked message behind another",
    "response",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nb\r\n0\r\n\r\n",
    "version 1.1|reason OK|Transfer-Encoding: chunked|head|chunk 1|body a|chunk 0|end|version 1.1|reason OK|Transfer-Encoding: chunked|head|chunk 1|body b|chunk 0|end",
  ],
  [
    "a method, a space and nothing",
    "request",
    "GET \nHost: a\r\n\r\n",
    "method GET|target |!invalid:request-line|Host: a|head|end",
  ],
  [
    "a line that ends in a carriage return alone",
    "request",
    "GET /a HTTP/1.1\rHost: a\r\nB: c\r\n\r\n",
    "method GET|target /a|version 1.1|!invalid:request-line|B: c|head|end",
  ],
  [
    "words behind the version, of two of them",
    "request",
    "GET /a b HTTP/1.0 HTTP/1.1 and more\r\n\r\n",
    "method GET|target /a b HTTP/1.0|version 1.1|!invalid:request-line|head|end",
  ],
  [
    "a version that another one follows",
    "request",
    "GET /a HTTP/1.1 b HTTP/1.0\r\n\r\n",
    "method GET|target /a HTTP/1.1 b|version 1.0|!invalid:request-line|head|end",
  ],
  [
    "a version of the request before is forgotten",
    "request",
    "GET /a HTTP/1.1 b\r\n\r\nGET /a b\r\n\r\n",
    "method GET|target /a|version 1.1|!invalid:request-line|head|end|method GET|target /a b|!invalid:request-line|head|end",
  ],
  [
    "a method and nothing",
    "request",
    "GET\r\nHost: a\r\n\r\n",
    "method GET|target |!invalid:request-line|Host: a|head|end",
  ],
  ["a word that is no method, and nothing", "request", "FROB \nHost: a\r\n\r\n", "method FROB|INVALID_URL at 5"],
  [
    "no target",
    "request",
    "GET HTTP/1.1\r\nHost: a\r\n\r\n",
    "method GET|target |version 1.1|!invalid:request-line|Host: a|head|end",
  ],
  [
    "a space in the target",
    "request",
    "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
    "method GET|target /a b|version 1.1|!invalid:request-line|Host: a|head|end",
  ],
  [
    "tabs in a request line",
    "request",
    "GET\t/a\tHTTP/1.1\t\r\nHost: a\r\n\r\n",
    "method GET|target /a|version 1.1|!invalid:request-line|Host: a|head|end",
  ],
  [
    "a control character behind the version",
    "request",
    "GET /a HTTP/1.1\x01\r\nHost: a\r\n\r\n",
    "method GET|target /a|version 1.1\x01|!invalid:version|!invalid:request-line|Host: a|head|end",
  ],
  [
    "a letter behind the version",
    "request",
    "GET /a HTTP/1.1x\r\nHost: a\r\n\r\n",
    "method GET|target /a|version 1.1x|!invalid:version|Host: a|head|end",
  ],
  [
    "a version without a dot",
    "request",
    "GET /a HTTP/1x1\r\nHost: a\r\n\r\n",
    "method GET|target /a|version 1x1|!invalid:version|Host: a|head|end",
  ],
  [
    "a version of three digits",
    "request",
    "GET /a HTTP/1.10\r\nHost: a\r\n\r\n",
    "method GET|target /a|version 1.10|!invalid:version|Host: a|head|end",
  ],
  [
    "a space within the version",
    "response",
    "HTTP /1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "version 1.1|reason OK|!invalid:status-line|Content-Length: 0|head|end",
  ],
  [
    "the version of a stream of radio",
    "response",
    "ICY 200 OK\r\nContent-Length: 0\r\n\r\n",
    "reason OK|!invalid:version|Content-Length: 0|head|end",
  ],
  [
    "a status of five digits",
    "response",
    "HTTP/1.1 20000 OK\r\nContent-Length: 0\r\n\r\n",
    "version 1.1|reason 20000 OK|!invalid:status|Content-Length: 0|head|end",
  ],
  [
    "a status line that breaks within the reason",
    "response",
    "HTTP/1.1 200 O\rK\r\nContent-Length: 0\r\n\r\n",
    "version 1.1|reason O|reason K|!invalid:status-line|Content-Length: 0|head|end",
  ],
  [
    "what has no body, whatever it says, and another message behind it",
    "response",
    "HTTP/1.1 304 Not Modified\r\n\r\nHTTP/1.1 204 No\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "version 1.1|reason Not Modified|head|end|version 1.1|reason No|head|end|version 1.1|reason OK|Content-Length: 0|head|end",
  ],
  [
    "another protocol behind a body in chunks",
    "request",
    "PUT /a HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
    "method PUT|target /a|version 1.1|Connection: Upgrade|Upgrade: x|Transfer-Encoding: chunked|head|chunk 1|body a|chunk 0|end|paused 0",
  ],
  [
    "white space of both kinds behind a chunk's size",
    "request",
    "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1 \t\r\na\r\n1 \t;x\r\nb\r\n0\r\n\r\n",
    "method PUT|target /|version 1.1|Transfer-Encoding: chunked|head|!invalid-chunk-size|chunk 1|body a|!invalid-chunk-size|chunk 1|body b|chunk 0|end",
  ],
  [
    "a letter behind white space behind a chunk's size",
    "request",
    "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1 x\r\na\r\n",
    "method PUT|target /|version 1.1|Transfer-Encoding: chunked|head|!invalid-chunk-size|INVALID_CHUNK_SIZE at 48",
  ],
  [
    "no line feed behind a chunk",
    "request",
    "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\rx",
    "method PUT|target /|version 1.1|Transfer-Encoding: chunked|head|chunk 1|body a|STRICT at 51",
  ],
  [
    "signs in a method that none has",
    "request",
    "(GET) /a HTTP/1.1\r\n\r\nG(T /b HTTP/1.1\r\n\r\n",
    "method (GET)|target /a|version 1.1|!invalid:request-line|head|end|method G(T|target /b|version 1.1|!invalid:request-line|head|end",
  ],
  ["a control character in a method", "request", "G\x01T /a HTTP/1.1\r\n\r\n", "INVALID_METHOD at 1"],
  [
    "a control character in a target",
    "request",
    "GET /a\x01b HTTP/1.1\r\n\r\n",
    "method GET|target /a\x01b|version 1.1|!invalid:request-line|head|end",
  ],
  [
    "a tab behind the status, and one behind its space",
    "response",
    "HTTP/1.1 200\tOK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 \tOK\r\nContent-Length: 0\r\n\r\n",
    "version 1.1|reason OK|!invalid:status-line|Content-Length: 0|head|end|version 1.1|reason \tOK|Content-Length: 0|head|end",
  ],
];

for (const [name, kind, input, events] of CASES)
  test(`${name}, at every split point`, () => {
    const bytes = Buffer.from(input);
    for (let split = 0; split <= bytes.length; split++)
      assert.deepEqual(record(kind, [bytes.subarray(0, split), bytes.subarray(split)]), events.split("|"), `${split}`);
  });

function parse(kind: "request" | "response", input: string): Http1Parser {
  const bytes = Buffer.from(input);
  const parser = new Http1Parser({ kind, strict: false, handler: recorder([], () => bytes) });
  parser.push(bytes);
  return parser;
}

test("what ends with the connection: a request without a version whose head may not follow, and a body without a length", () => {
  for (const [kind, input, ends, finish] of [
    ["request", "GET /", false, "incomplete"],
    ["request", "GET /\r\n", true, "complete-by-close"],
    ["request", "GET /\r\nHost: a\r\n", false, "incomplete"],
    ["request", "GET /\r\n\r\n", false, "complete"],
    ["request", "GET / HTTP/1.1\r\n", false, "incomplete"],
    ["response", "HTTP/1.1 200 OK\r\n", false, "incomplete"],
    ["response", "HTTP/1.1 200 OK\r\n\r\n", true, "complete-by-close"],
    ["response", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na", false, "incomplete"],
    ["response", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\na", false, "incomplete"],
    ["response", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: b", false, "incomplete"],
  ] as const) {
    const parser = parse(kind, input);
    assert.deepEqual([parser.endsWithConnection, parser.finish()], [ends, finish], JSON.stringify(input));
  }
});

test("bytes that were never seen count in the stream's positions", () => {
  const head = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n";
  const parser = parse("response", `${head}ab`);
  assert.equal(parser.position, head.length + 2);
  parser.skip(5);
  assert.deepEqual([parser.position, parser.bodyLeft], [head.length + 7, 3]);
});

test("of a line that the input ends in what stands there is told", () => {
  for (const strict of [true, false])
    for (const [kind, input, told] of [
      ["request", "GE", "method GE"],
      ["request", "GET /a", "method GET|target /a"],
      ["request", "GET /a ", "method GET|target /a"],
      ["request", "GET /a HT", "method GET|target /a"],
      ["response", "HTTP/1.1 200 O", "version 1.1|reason O"],
      ["response", "HTTP/1.1 2", "version 1.1"],
    ] as const) {
      const events: string[] = [];
      const bytes = Buffer.from(input);
      const parser = new Http1Parser({ kind, strict, handler: recorder(events, () => bytes) });
      parser.push(bytes);
      assert.equal(parser.finish(), "incomplete");
      assert.equal(events.join("|"), told, `${strict}`);
    }
});

test("bytes of a chunk that were never seen may be its last, or not", () => {
  const head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\na";
  for (const [missing, rest] of [
    [4, "\r\n0\r\n\r\n"],
    [2, "de\r\n0\r\n\r\n"],
  ] as const) {
    const events: string[] = [];
    const bytes = Buffer.from(`${head}${"?".repeat(missing)}${rest}`);
    const parser = new Http1Parser({ kind: "response", strict: false, handler: recorder(events, () => bytes) });
    parser.push(Buffer.from(head));
    assert.equal(parser.canSkip(missing), true);
    parser.skip(missing);
    parser.push(Buffer.from(rest));
    assert.deepEqual([events.slice(-2), parser.finish()], [["chunk 0", "end"], "complete"], `${missing}`);
  }
});

test("the strict parser knows HTTP/0.9, 1.0, 1.1 and 2.0", () => {
  for (const version of ["0.0", "0.8", "0.9", "1.0", "1.1", "1.2", "1.9", "2.0", "2.1", "3.0", "9.9"])
    for (const [kind, before, behind] of [
      ["request", "GET / ", ""],
      ["response", "", " 200 OK"],
    ] as const) {
      const events: string[] = [];
      const bytes = Buffer.from(`${before}HTTP/${version}${behind}\r\nContent-Length: 0\r\n\r\n`);
      const parser = new Http1Parser({ kind, strict: true, handler: recorder(events, () => bytes) });
      parser.push(bytes);
      const isKnown = ["0.9", "1.0", "1.1", "2.0"].includes(version);
      const told = isKnown ? "end" : `INVALID_VERSION at ${before.length + 8}`;
      assert.equal(events.at(-1), told, `${kind} ${version}`);
    }
});
