import assert from "node:assert/strict";
import { test } from "node:test";
import { record, recorder } from "../../../test/support/http1-events.ts";
import { type BodyOverride, Http1Parser } from "./index.ts";

/** The expected reading of each input by a tolerant parser. Bodies are joined, positions left out. */
const CASES: readonly {
  readonly name: string;
  readonly kind: "request" | "response";
  readonly input: string;
  readonly events: readonly string[];
  readonly override?: BodyOverride;
}[] = [
  {
    name: "any token is a method, anything but spaces a target",
    kind: "request",
    input: 'FROB /ä"<>|{}^?a=[1] HTTP/1.1\r\nHost: a\r\n\r\n',
    events: ["method FROB", 'target /ä"<>|{}^?a=[1]', "version 1.1", "Host: a", "head", "end"],
  },
  {
    name: "a method that begins like a known one",
    kind: "request",
    input: "GETX / HTTP/1.1\r\n\r\n",
    events: ["method GETX", "target /", "version 1.1", "head", "end"],
  },
  {
    name: "bare line feeds",
    kind: "request",
    input: "POST / HTTP/1.1\nTransfer-Encoding: chunked\n\n1\nA\n2;x=y\nBC\n0\nT: 1\n\n",
    events: [
      ..."method POST|target /|version 1.1|!bare-lf|!bare-lf|Transfer-Encoding: chunked|!bare-lf|head".split("|"),
      ..."!bare-lf|chunk 1|body A|!bare-lf|!bare-lf|chunk 2|body BC|!bare-lf|!bare-lf|chunk 0".split("|"),
      ..."!bare-lf|T: 1|!bare-lf|end".split("|"),
    ],
  },
  {
    name: "obsolete folding, also of the fields that frame",
    kind: "request",
    input:
      "POST / HTTP/1.1\r\nA: b\r\n  c\r\n\td\r\nTransfer-Encoding:\r\n gzip,\r\n chunked\r\nB:\r\n  c\r\n\r\n0\r\n\r\n",
    events: [
      ..."method POST|target /|version 1.1|!obsolete-folding|!obsolete-folding|A: b   c \td|!obsolete-folding|!obsolete-folding".split(
        "|",
      ),
      ..."Transfer-Encoding: gzip,  chunked|!obsolete-folding|B: c|head|chunk 0|end".split("|"),
    ],
  },
  {
    name: "a folded Transfer-Encoding that does not end in chunked",
    kind: "response",
    input: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n , gzip\r\n\r\n5\r\n",
    events: [
      "version 1.1",
      "reason OK",
      "!obsolete-folding",
      "Transfer-Encoding: chunked  , gzip",
      "head",
      "body 5\r\n",
    ],
  },
  {
    name: "space before the colon, and a line without one",
    kind: "request",
    input: "GET / HTTP/1.1\r\nContent-Length : 1\r\nA B: c\r\njunk\r\n\r\nx",
    events: [
      ..."method GET|target /|version 1.1|!space-before-colon|Content-Length: 1|!invalid-field-name|A B: c".split("|"),
      ..."!invalid-field-name|junk: |head|body x|end".split("|"),
    ],
  },
  {
    name: "control characters in a value",
    kind: "response",
    input: "HTTP/1.1 204 No Content\r\nA: b\x00c\x7fd\r\n\r\n",
    events: [
      "version 1.1",
      "reason No Content",
      "!invalid-field-value",
      "!invalid-field-value",
      "A: b\x00c\x7fd",
      "head",
      "end",
    ],
  },
  {
    name: "the same Content-Length twice",
    kind: "request",
    input: "PUT / HTTP/1.1\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nab",
    events: [
      ..."method PUT|target /|version 1.1|Content-Length: 2|!duplicate-content-length|Content-Length: 2".split("|"),
      ..."head|body ab|end".split("|"),
    ],
  },
  {
    name: "two lengths: the first counts",
    kind: "request",
    input: "PUT / HTTP/1.1\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nab",
    events: [
      ..."method PUT|target /|version 1.1|Content-Length: 2|!conflicting-length|Content-Length: 3".split("|"),
      ..."head|body ab|end".split("|"),
    ],
  },
  {
    name: "a length that is none",
    kind: "response",
    input: "HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\nabc",
    events: "version 1.1|reason OK|!invalid-content-length|Content-Length: 5, 5|head|body abc".split("|"),
  },
  {
    name: "Transfer-Encoding and Content-Length: the coding counts",
    kind: "request",
    input: "PUT / HTTP/1.1\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
    events: [
      ..."method PUT|target /|version 1.1|Content-Length: 9|!conflicting-length|Transfer-Encoding: chunked".split("|"),
      ..."head|chunk 1|body a|chunk 0|end".split("|"),
    ],
  },
  {
    name: "a request whose last coding is not chunked lasts until the end",
    kind: "request",
    input: "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked, gzip\r\n\r\nabc",
    events: [
      ..."method PUT|target /|version 1.1|!invalid-transfer-encoding|Transfer-Encoding: chunked, gzip|head".split("|"),
      ..."!invalid-transfer-encoding|body abc".split("|"),
    ],
  },
  {
    name: "space after a chunk's size, and any extension",
    kind: "response",
    input: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2  \r\nab\r\n1 ; x = "y"\r\nc\r\n0; z\x01\r\n\r\n',
    events: [
      ..."version 1.1|reason OK|Transfer-Encoding: chunked|head|!invalid-chunk-size|chunk 2|body ab".split("|"),
      ..."!invalid-chunk-size|!invalid-chunk-extension|chunk 1|body c|!invalid-chunk-extension|chunk 0|end".split("|"),
    ],
  },
  {
    name: "framing fields in a trailer section frame nothing",
    kind: "request",
    input:
      "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 5\r\nConnection: close\r\n\r\nGET / HTTP/1.1\r\n\r\n",
    events: [
      ..."method PUT|target /|version 1.1|Transfer-Encoding: chunked|head|chunk 0|Content-Length: 5".split("|"),
      ..."Connection: close|end|method GET|target /|version 1.1|head|end".split("|"),
    ],
  },
  {
    name: "data after the message that was to be the last",
    kind: "request",
    input: "GET /1 HTTP/1.1\r\nConnection: close\r\n\r\nGET /2 HTTP/1.1\r\n\r\n",
    events: [
      ..."method GET|target /1|version 1.1|Connection: close|head|end|!data-after-close".split("|"),
      ..."method GET|target /2|version 1.1|head|end".split("|"),
    ],
  },
  {
    name: "every 1xx response is without a body",
    kind: "response",
    input: "HTTP/1.1 150 Odd\r\nContent-Length: 5\r\n\r\nHTTP/1.1 200\r\nContent-Length: 0\r\n\r\n",
    events: "version 1.1|reason Odd|Content-Length: 5|head|end|version 1.1|Content-Length: 0|head|end".split("|"),
  },
  {
    name: "the response to HEAD",
    kind: "response",
    input: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    override: "skip-body",
    events:
      "version 1.1|reason OK|Content-Length: 5|head|end|version 1.1|reason OK|Transfer-Encoding: chunked|head|end".split(
        "|",
      ),
  },
  {
    name: "a tunnel",
    kind: "response",
    input: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nanything",
    override: "tunnel",
    events: "version 1.1|reason OK|Content-Length: 5|head|end|paused 8".split("|"),
  },
  {
    name: "a bare carriage return",
    kind: "request",
    input: "GET / HTTP/1.1\r\nA: b\rc\r\n\r\n",
    events: ["method GET", "target /", "version 1.1", "LF_EXPECTED at 21"],
  },
];

for (const { name, kind, input, events, override } of CASES) {
  test(`${name}, at every split point`, () => {
    const bytes = Buffer.from(input, "utf8");
    for (let split = 0; split <= bytes.length; split++)
      assert.deepEqual(
        record(kind, [bytes.subarray(0, split), bytes.subarray(split)], override),
        events,
        `split at ${split}`,
      );
  });
}

test("a gap within a body is skipped, elsewhere it is not", () => {
  const events: string[] = [];
  const parser = new Http1Parser({
    kind: "response",
    strict: false,
    handler: recorder(events, () => new Uint8Array()),
  });
  parser.push(Buffer.from("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nab"));
  assert.equal(parser.skip(9), false);
  assert.equal(parser.skip(8), true);
  assert.equal(parser.inMessage, false);
  parser.push(Buffer.from("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\na"));
  assert.equal(parser.skip(4), true);
  assert.equal(parser.skip(1), false);
  parser.push(Buffer.from("\r\n0\r\n\r\nHTTP/1."));
  assert.equal(parser.inHead, true);
  assert.equal(parser.skip(1), false);
  assert.equal(parser.finish(), "incomplete");
});
