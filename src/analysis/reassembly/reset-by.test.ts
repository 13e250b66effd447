import assert from "node:assert/strict";
import { test } from "node:test";
import { parseSegment, Reassembly } from "../../../test/support/tcp-script.ts";
import type { Exchange } from "../../model/index.ts";
import { Analyzer } from "../analyzer.ts";
import { rowOf } from "../protocols/index.ts";

const REQUEST = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";
const OPENING = ["@1 C S 99", "@1 S SA 299 100", "@1 C A 100 300"];

/** The outcome of a request whose connection is reset, as packets show it. */
function explain(last: readonly string[], answer = ""): { reason: string | undefined; problems: readonly string[] } {
  const reassembly = new Reassembly();
  for (const line of OPENING) reassembly.pushSegment(parseSegment(line));
  reassembly.pushSegment({ from: "C", flags: "A", sequence: 100, acknowledgment: 300, data: REQUEST, seconds: 2 });
  if (answer !== "")
    reassembly.pushSegment({
      from: "S",
      flags: "A",
      sequence: 300,
      acknowledgment: 100 + REQUEST.length,
      data: answer,
      seconds: 3,
    });
  for (const line of last) reassembly.pushSegment(parseSegment(line));
  const exchanges: Exchange[] = [];
  const analyzer = new Analyzer({ emit: (exchange) => exchanges.push(exchange) });
  for (const event of reassembly.finish()) analyzer.observe(event);
  analyzer.finish();
  assert.equal(exchanges.length, 1);
  const [exchange] = exchanges;
  return { reason: rowOf(exchange!).outcome(exchange!)?.reason, problems: exchange!.problems };
}

const end = 100 + REQUEST.length;

test("a reset that a capture has is told with who sent it, and when", () => {
  assert.equal(explain([`@5 S RA 300 ${end}`]).reason, "reset by the server after 3000 ms");
  assert.equal(explain([`@4 C R ${end}`]).reason, "reset by the client after 2000 ms");
  const half = explain([`@4 S FA 300 ${end}`, `@6 C R ${end} 301`]);
  assert.equal(half.reason, "closed by the server after 2000 ms, reset by the client after 4000 ms");
});

test("within a response too", () => {
  const { problems } = explain([`@5 S R 342`], "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc");
  assert.deepEqual(problems, ["connection-reset", "reset-by-server:3000ms"]);
});

test("both ends were done when the capture ended, behind a hole that nothing had settled before", () => {
  const reassembly = new Reassembly();
  for (const line of OPENING) reassembly.pushSegment(parseSegment(line));
  for (const line of ["@2 C A 100 300 ab", "@3 C FA 105 300", "@4 S FA 300 102"])
    reassembly.pushSegment(parseSegment(line));
  const close = reassembly.finish().find(({ kind }) => kind === "close");
  assert.equal(close?.kind === "close" && close.how, "fin");
  const open = new Reassembly();
  for (const line of [...OPENING, "@2 C A 100 300 ab", "@3 C FA 105 300"]) open.pushSegment(parseSegment(line));
  const cut = open.finish().find(({ kind }) => kind === "close");
  assert.equal(cut?.kind === "close" && cut.how, "unknown");
});
