import assert from "node:assert/strict";
import { test } from "node:test";
import type { HttpExchange } from "../src/model/index.ts";
import { type NumberedSegment, understandPackets } from "./support/http1-packets.ts";

/** Heads of a response with a body of five bytes, each damaged in one byte so that the body seems to go on. */
const DAMAGED: readonly (readonly [head: string, body: string])[] = [
  ["Content-Lengtx: 5", "hello"],
  ["Content-Length: 9", "hello"],
  ["Content-Length: 5\x82X-A: b", "hello"],
  ["Transfer-Encoding: chunked", "f\r\nhello\r\n0\r\n\r\n"],
  ["Transfer-Encodinq: chunked", "5\r\nhello\r\n0\r\n\r\n"],
];

for (const [head, body] of DAMAGED)
  test(`a length that is damaged takes no more than its own answer: ${JSON.stringify(head)}`, () => {
    for (const size of [Number.POSITIVE_INFINITY, 1, 3, 7]) {
      const { exchanges } = understandPackets(converse(head, body, size));
      const shown = exchanges.map((exchange) => {
        const { request, response, quality, problems } = exchange as HttpExchange;
        return `${request?.target} ${response?.status} ${quality} ${problems.includes("invalid:body-length")}`;
      });
      const later = ["/2 202 complete false", "/3 203 complete false"];
      assert.deepEqual(shown, ["/0 200 complete false", "/1 201 complete true", ...later], `segments of ${size}`);
    }
  });

test("a client that asks while a body comes tells nothing of that body's end", () => {
  const { exchanges } = understandPackets(converse("Content-Length: 5", "hello", Number.POSITIVE_INFINITY, 3));
  const found = exchanges.map((exchange) => {
    const { request, response, quality, problems } = exchange as HttpExchange;
    return `${request?.target} ${response?.status} ${response?.body.size} ${quality} ${problems}`;
  });
  assert.deepEqual(found, ["/0 200 2 complete ", "/1 201 5 complete ", "/2 202 2 complete ", "/3 203 2 complete "]);
});

test("behind a body whose length is damaged and that has a hole, nothing tells whose the next answer is: no wrong pair", () => {
  const sent = converse("Content-Length: 5000", "hello", Number.POSITIVE_INFINITY);
  // The client has `/2`'s answer, which was not captured, when it asks for `/3`.
  const captured = sent.filter(({ data }) => typeof data !== "string" || !(data.includes(" 202 ") || data === "k2"));
  const { exchanges } = understandPackets(captured);
  const found = exchanges.map((exchange) => {
    const { request, response, quality } = exchange as HttpExchange;
    return `${request?.target} ${response?.status} ${quality}`;
  });
  assert.deepEqual(found, ["/0 200 complete", "/1 201 gap", "/2 undefined unpaired", "/3 undefined unpaired"]);
});

/**
 * Four exchanges in turn, the second answer with these fields and body, in segments of at most so many bytes.
 * @param early with so many bytes of that body the next request is sent already, and all of it is received by then
 */
function converse(head: string, body: string, size: number, early = body.length): NumberedSegment[] {
  const next = { C: 1000, S: 5000 };
  const segments: NumberedSegment[] = [
    { from: "C", flags: "S", sequence: next.C++, clientPort: 4000 },
    { from: "S", flags: "SA", sequence: next.S++, acknowledgment: next.C, clientPort: 4000 },
  ];
  const send = (from: "C" | "S", text: string): void => {
    for (let at = 0; at < text.length; at += size) {
      const data = text.slice(at, at + size);
      const acknowledgment = next[from === "C" ? "S" : "C"];
      segments.push({ from, flags: "A", sequence: next[from], acknowledgment, data, clientPort: 4000 });
      next[from] += data.length;
    }
  };
  const ask = (number: number) => send("C", `GET /${number} HTTP/1.1\r\nHost: h\r\n\r\n`);
  const answer = (number: number, fields: string) => send("S", `HTTP/1.1 20${number} A\r\n${fields}\r\n\r\n`);
  ask(0);
  answer(0, "Content-Length: 2");
  send("S", "ok");
  ask(1);
  answer(1, head);
  send("S", body.slice(0, early));
  ask(2);
  send("S", body.slice(early));
  for (const number of [2, 3]) {
    if (number === 3) ask(3);
    answer(number, "Content-Length: 2");
    send("S", `k${number}`);
  }
  for (const from of ["C", "S"] as const)
    segments.push({
      ...{ from, flags: "FA", clientPort: 4000 },
      ...{ sequence: next[from]++, acknowledgment: next[from === "C" ? "S" : "C"] },
    });
  return segments;
}
