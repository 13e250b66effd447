import assert from "node:assert/strict";
import { test } from "node:test";
import { type Step, summarize, understand } from "../../../../test/support/conversation.ts";

const GET = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";
const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const CLOSE: Step = ["close", "fin"];
const PROXY = "PROXY TCP4 192.0.2.1 192.0.2.2 1000 80\r\n";
const FOUND = 'GET /a → 200 "ok" | complete';
const CONNECT: readonly Step[] = [
  ["client", "CONNECT h:80 HTTP/1.1\r\nHost: h:80\r\n\r\n"],
  ["server", "HTTP/1.1 200 OK\r\n\r\n"],
];
/** It ends in the port 80, which is the letter P. */
const SOCKS: readonly Step[] = [
  ["client", "\x05\x01\x00"],
  ["server", "\x05\x00"],
  ["client", "\x05\x01\x00\x03\x01h\x00P"],
  ["server", "\x05\x00\x00\x01\x01\x02\x03\x04\x00P"],
];

const CASES: readonly {
  readonly name: string;
  readonly steps: readonly Step[];
  readonly late?: boolean;
  readonly exchanges: readonly string[];
}[] = [
  {
    name: "SOCKS joined late: the port is no part of the method",
    steps: [...SOCKS, ["client", GET], ["server", OK], CLOSE],
    late: true,
    exchanges: [FOUND],
  },
  {
    name: "SOCKS in a tunnel",
    steps: [...CONNECT, ...SOCKS, ["client", GET], ["server", OK], CLOSE],
    exchanges: ["CONNECT h:80 → 200 | complete", FOUND],
  },
  {
    name: "the PROXY protocol in a tunnel",
    steps: [...CONNECT, ["client", PROXY + GET], ["server", OK], CLOSE],
    exchanges: ["CONNECT h:80 → 200 | complete", FOUND],
  },
  {
    name: "the PROXY protocol between two requests",
    steps: [["client", GET], ["server", OK], ["client", PROXY + GET], ["server", OK], CLOSE],
    exchanges: [FOUND, FOUND],
  },
  {
    name: "a line that is no request is none of HTTP/0.9 either",
    steps: [["client", GET], ["server", OK], ["client", `STATUS now\r\n${GET}`], ["server", OK], CLOSE],
    exchanges: [FOUND, FOUND],
  },
];

for (const { name, steps, late = false, exchanges } of CASES)
  test(name, () => {
    for (const pieceSize of [Number.POSITIVE_INFINITY, 1, 2, 3, 7]) {
      const options = late ? { connection: { opened: undefined } as never } : {};
      const { exchanges: actual, analyzer } = understand(steps, { ...options, pieceSize });
      const found = actual.filter(({ kind }) => kind === "http").map(summarize);
      assert.deepEqual(found, exchanges, `pieces of ${pieceSize}`);
      assert.ok(analyzer.ledger.balanced);
    }
  });
