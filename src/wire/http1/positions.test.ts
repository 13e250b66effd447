import assert from "node:assert/strict";
import { test } from "node:test";
import { Http1Parser, type MessageHandler } from "./index.ts";

/** Messages of every kind, whole and broken. A parser that knows that an answer is due reads the last ones. */
const REQUESTS = [
  "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
  "PUT /a b  HTTP/1.1\nA\t : b\r\nB:\r\n\tc\nContent-Length: 3\r\n\r\nabc",
  'POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n2;a=b;c="d\\"e"\r\nxy\r\n1;x\nz\n1 \r\nw\r\n1;\x01\r\nv\r\n0\r\nT: u\r\n\r\n',
  'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;a="b"x\r\ny\r\n0\r\n\r\n',
  "\r\n\nGET\t/\u000bx HTTP/1.01 \r\n\r\n",
  "GET http://a:80/b?c#d HTTP/2.0\r\nConnection: keep-alive\r\n\r\n",
  "CONNECT a:443 HTTP/1.1\r\n\r\n",
  "FROB \r\n\r\n",
  "GET / HTTP/1.1\r\nA\r\nB : c\r\n: d\r\n\x00: e\r\n\r\n",
  "PUT / HTTP/1.1\r\nContent-Length: 1x\r\n\r\n",
  "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
  "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc",
];
const RESPONSES = [
  "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab",
  "HTTP/1.1 99 Low\nContent-Length: 0\n\n",
  "HTTP/1.1 100 C\r\n\r\nHTTP/1.1 204 N\r\n\r\nHTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
  "HTTP /1.1\t200  OK\r\r\nContent-Length: 0\r\n\r\n",
  "HTTP/1. 2XX what\r\nContent-Length: 0\r\n\r\n",
  "ICY 200 OK\r\nContent-Length: 0\r\n\r\n",
  "HTTP/1.1 20000 OK\r\n\r\n",
  "HTTQ/1.1 200 OK\r\n\r\n",
];
const DUE = [
  "200 OK\r\nContent-Length: 0\r\n\r\n",
  "OTHER/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
  "A-NAME/OF.SIXTEEN 200 OK\r\nContent-Length: 0\r\n\r\n",
  "A-NAME/OF.SIXTEENX 200 OK\r\n\r\n",
  "RTSP/1.0 20 OK\r\n\r\n",
  "A(B/1.0 200 OK\r\n\r\n",
  "HTTP 200 OK\nContent-Length: 0\n\n",
];

for (const strict of [true, false])
  for (const [kind, isDue, inputs] of [
    ["request", false, REQUESTS],
    ["response", false, [...RESPONSES, ...DUE]],
    ["response", true, [...RESPONSES, ...DUE]],
  ] as const)
    test(`what a ${strict ? "strict" : "tolerant"} parser tells of a ${kind}${isDue ? " that is due" : ""}, and where, depends neither on cuts nor on what was before`, () => {
      const before = kind === "request" ? "GET /x HTTP/1.1\r\n\r\n" : "HTTP/1.1 204 N\r\n\r\n";
      for (const input of inputs) {
        const whole = read(strict, kind, isDue, [input]);
        for (let split = 1; split < input.length; split++)
          assert.deepEqual(
            read(strict, kind, isDue, [input.slice(0, split), input.slice(split)]),
            whole,
            `${JSON.stringify(input)} at ${split}`,
          );
        assert.deepEqual(read(strict, kind, isDue, [...input]), whole, JSON.stringify(input));
        const first = read(strict, kind, isDue, [before]);
        const moved = whole.map(([name, ...rest]) => [
          name,
          ...rest.map((one) => (typeof one === "number" ? one + before.length : one)),
        ]);
        assert.deepEqual(
          read(strict, kind, isDue, [before + input]),
          [...first, ...moved],
          `behind another: ${JSON.stringify(input)}`,
        );
        assert.deepEqual(
          read(strict, kind, isDue, [before, input]),
          [...first, ...moved],
          `behind another: ${JSON.stringify(input)}`,
        );
      }
    });

type Event = readonly (string | number)[];

/** Every event with its positions; pieces of one element that touch are one. */
function read(strict: boolean, kind: "request" | "response", isDue: boolean, pieces: readonly string[]): Event[] {
  const events: (string | number)[][] = [];
  const piece = (name: string, start: number, end: number) => {
    const last = events.at(-1);
    if (last?.[0] === name && last[2] === start) last[2] = end;
    else if (start < end) events.push([name, start, end]);
  };
  const handler: MessageHandler = {
    messageBegin: (at) => void events.push(["begin", at]),
    span: (element, start, end) => piece(`span ${element}`, start, end),
    complete: (element, at) => void events.push([`complete ${element}`, at]),
    headersComplete(at, head) {
      events.push(["head", at, `${head.major}.${head.minor} ${head.status}`]);
      return "none";
    },
    body: (_data, start, end, at) => piece("body", at, at + end - start),
    chunkHeader: (at, size) => void events.push(["chunk", at, `${size}`]),
    chunkComplete: (at) => void events.push(["chunk's end", at]),
    messageComplete: (at) => void events.push(["end", at]),
    violation: (problem, at) => void events.push([`!${problem}`, at]),
    failure: (code, reason, at) => void events.push([code, reason, at]),
  };
  const parser = new Http1Parser({ kind, strict, handler });
  parser.isDue = isDue;
  for (const one of pieces) {
    const bytes = Buffer.from(one, "latin1");
    // They may stand anywhere in what is pushed.
    const consumed = parser.push(Buffer.concat([Buffer.from("xyz"), bytes, Buffer.from("xyz")]), 3, 3 + bytes.length);
    if (consumed < 3 + bytes.length) break;
  }
  return events;
}
