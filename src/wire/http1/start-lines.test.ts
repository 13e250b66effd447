import assert from "node:assert/strict";
import { test } from "node:test";
import { recorder } from "../../../test/support/http1-events.ts";
import { Http1Parser } from "./index.ts";

const HEAD = "|Content-Length: 0|head|end";

/** Status lines where an answer is due, and where none is (the same, unless it is said). */
const RESPONSES: readonly (readonly [line: string, due: string, other?: string])[] = [
  ["200 OK\r\n", `reason OK|!invalid:version${HEAD}`, "INVALID_CONSTANT at 0"],
  ["099 Low\r\n", `reason Low|!invalid:version|!invalid:status${HEAD}`, "INVALID_CONSTANT at 0"],
  ["99 Low\r\n", "INVALID_CONSTANT at 2", "INVALID_CONSTANT at 0"],
  ["OTHER/1.0 200 OK\r\n", `reason OK|!invalid:version${HEAD}`, "INVALID_CONSTANT at 0"],
  ["A-NAME/OF.SIXTEE 200 OK\r\n", `reason OK|!invalid:version${HEAD}`, "INVALID_CONSTANT at 0"],
  ["A-NAME/OF.SIXTEEN 200 OK\r\n", "INVALID_CONSTANT at 16", "INVALID_CONSTANT at 0"],
  ["A(B/1.0 200 OK\r\n", "INVALID_CONSTANT at 1", "INVALID_CONSTANT at 0"],
  ["RTSP/1.0 20 OK\r\n", "INVALID_CONSTANT at 11", "INVALID_CONSTANT at 0"],
  ["RTSP/1.0 abc OK\r\n", "INVALID_CONSTANT at 9", "INVALID_CONSTANT at 0"],
  ["HTTP 200 OK\n", `reason OK|!invalid:version|!bare-lf${HEAD}`],
  ["HTTP 20 OK\n", "INVALID_CONSTANT at 7"],
  ["HTTP/1.1 099 Low\r\n", `version 1.1|reason Low|!invalid:status${HEAD}`],
  ["HTTP/1.1 100 C\r\n", `version 1.1|reason C${HEAD}`],
  ["HTTP/1.1 200 OK\n", `version 1.1|reason OK|!bare-lf${HEAD}`],
  ["HTTP/1.1 200 O\0K\r\n", `version 1.1|reason O\0K|!invalid:status-line${HEAD}`],
  ["HTTP/1.1 200 O\tK\r\n", `version 1.1|reason O\tK${HEAD}`],
  ["ICY 20 OK\r\n", `reason OK|!invalid:version|!invalid:status${HEAD}`],
];

const REQUESTS: readonly (readonly [line: string, events: string])[] = [
  ["GET / HTTP/1.1\n", "method GET|target /|version 1.1|!bare-lf|head|end"],
  ["GET / HTTP/1.1 \n", "method GET|target /|version 1.1|!bare-lf|!invalid:request-line|head|end"],
  ["GET / HTTP/1.1 \r\n", "method GET|target /|version 1.1|!invalid:request-line|head|end"],
  ["GET / HTTP/1.1\t\r\n", "method GET|target /|version 1.1|!invalid:request-line|head|end"],
  ["GET /\tHTTP/1.1\r\n", "method GET|target /|version 1.1|!invalid:request-line|head|end"],
  ["GET /  HTTP/1.1\r\n", "method GET|target /|version 1.1|!invalid:request-line|head|end"],
  ["GET  / HTTP/1.1\r\n", "method GET|target /|version 1.1|!invalid:request-line|head|end"],
  ["GET / \r\n", "method GET|target /|!invalid:request-line|head|end"],
  ["GET / \n", "method GET|target /|!bare-lf|!invalid:request-line|head|end"],
  ["GET /\vx HTTP/1.1\r\n", "method GET|target /\vx|version 1.1|!invalid:request-line|head|end"],
  ["GET / HTTP/1.1 x\r\n", "method GET|target /|version 1.1|!invalid:request-line|head|end"],
  ["GET / a HTTP/1.1\r\n", "method GET|target / a|version 1.1|!invalid:request-line|head|end"],
  ["GET /a\tb HTTP/1.1\r\n", "method GET|target /a\tb|version 1.1|!invalid:request-line|head|end"],
];

test("a status line without HTTP's version is one where an answer is due", () => {
  for (const [line, due, other = due] of RESPONSES) {
    assert.equal(read("response", `${line}Content-Length: 0\r\n\r\n`, true), due, line);
    assert.equal(read("response", `${line}Content-Length: 0\r\n\r\n`, false), other, line);
  }
});

test("what is odd in a request line is told, however the line ends", () => {
  for (const [line, events] of REQUESTS)
    assert.equal(read("request", `${line}\r\n`, false), events, JSON.stringify(line));
});

test("codings and options are known in any case", () => {
  const chunked = (word: string) => `HTTP/1.1 200 OK\r\nTransfer-Encoding: ${word}\r\n\r\n1\r\na\r\n0\r\n\r\n`;
  for (const word of ["chunked", "Chunked", "CHUNKED", "gzip, cHuNkEd"])
    assert.match(read("response", chunked(word), false), /\|head\|chunk 1\|body a\|chunk 0\|end$/, word);
  for (const word of ["close", "Close", "CLOSE", "x, cLoSe"])
    assert.match(
      read("request", `GET / HTTP/1.1\r\nConnection: ${word}\r\n\r\nGET / HTTP/1.1\r\n\r\n`, false),
      /\|head\|end\|!data-after-close\|/,
      word,
    );
});

test("a message is under way from its first byte to its last, and a length says what is left of its body", () => {
  const parts = ["P", "UT / HTTP/1.1\r\n", "Content-Length: 2\r\n", "\r\n", "a", "b"];
  const chunks = [
    "P",
    "UT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
    "1\r\na\r\n",
    "0\r\n",
    "A: b\r\n",
    "\r\n",
  ];
  for (const [pieces, left] of [
    [parts, [undefined, undefined, undefined, 2, 1, undefined]],
    [chunks, Array(6).fill(undefined)],
  ] as [string[], (number | undefined)[]][]) {
    const parser = new Http1Parser({ kind: "request", strict: false, handler: recorder([], () => new Uint8Array(99)) });
    assert.equal(parser.inMessage, false);
    for (const [at, piece] of pieces.entries()) {
      parser.push(Buffer.from(piece));
      assert.deepEqual([parser.inMessage, parser.bodyLeft], [at < 5, left[at]], piece);
    }
  }
  const closed = new Http1Parser({ kind: "request", strict: false, handler: recorder([], () => new Uint8Array(99)) });
  closed.push(Buffer.from("GET / HTTP/1.1\r\nConnection: close\r\n\r\n"));
  assert.equal(closed.inMessage, false);
});

test("a status whose digits did not all come is unknown", () => {
  for (const [line, status] of [
    ["HTTP/1.1 ", 0],
    ["HTTP/1.1 2", 0],
    ["HTTP/1.1 20", 0],
    ["HTTP/1.1 204", 204],
    ["HTTP/1.1 20 ", 20],
    ["HTTP/1.1 204 No", 204],
  ] as const) {
    const bytes = Buffer.from(line);
    const parser = new Http1Parser({ kind: "response", strict: false, handler: recorder([], () => bytes) });
    parser.push(bytes);
    parser.finish();
    assert.equal(parser.head.status, status, line);
  }
});

function read(kind: "request" | "response", input: string, isDue: boolean): string {
  const bytes = Buffer.from(input);
  const events: string[] = [];
  const parser = new Http1Parser({ kind, strict: false, handler: recorder(events, () => bytes) });
  parser.isDue = isDue;
  parser.push(bytes);
  return events.join("|");
}
