import assert from "node:assert/strict";
import { test } from "node:test";
import { at, summarize } from "../../../test/support/conversation.ts";
import { type Connection, type Direction, type Exchange, Ledger } from "../../model/index.ts";
import { Analyzer } from "../analyzer.ts";
import { DETECTORS } from "../detectors.ts";
import { createTlsDetector } from "../tls/tls-detector.ts";

const REQUEST = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";
const RESPONSE = "HTTP/1.1 400 Bad Request\r\nContent-Length: 3\r\n\r\nbad";
const SETTINGS = "\0\0\x06\x04\0\0\0\0\0\0\x03\0\0\0\x64";
const PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const EMPTY_SETTINGS = "\0\0\0\x04\0\0\0\0\0";
const CLIENT_HELLO = "\x16\x03\x01\0\x05\x01\0\0\x01\0";
const PROXY_2 = "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\x01\x02\x03\x04\x05\x06\x07\x08\0\x01\0\x02";

const SOCKS = String.raw`"\u0005\u0001\u0000\u0005\u0001\u0000\u0001\u0001\u0002\u0003\u0004\u0000P" → "\u0005\u0000\u0005\u0000\u0000\u0001\u0000\u0000\u0000\u0000\u0000\u0000" | tcp complete`;

/** `>` is what the client sends, `<` what the server does. */
const CASES: readonly { name: string; conversation: readonly string[]; exchanges: readonly string[] }[] = [
  {
    name: "a request of HTTP/1 to a server that begins with HTTP/2's SETTINGS",
    conversation: [`<${SETTINGS}`, `>${REQUEST}`, "<\0\0\x08\x07\0\0\0\0\0\0\0\0\0\0\0\0\x01"],
    exchanges: ["GET /a → ? | unpaired request-without-response"],
  },
  {
    name: "a request of HTTP/1 that is answered with HTTP/2's SETTINGS",
    conversation: [`>${REQUEST}`, `<${SETTINGS}`],
    exchanges: ["GET /a → ? | unpaired request-without-response"],
  },
  {
    name: "HTTP/2's preface that is answered with HTTP/1",
    conversation: [`>${PREFACE}${EMPTY_SETTINGS}`, `<${RESPONSE}`],
    exchanges: ['? → 400 "bad" | unpaired response-without-request'],
  },
  {
    name: "SETTINGS that come before the preface",
    conversation: [
      `<${SETTINGS}`,
      `>${PREFACE}${EMPTY_SETTINGS}\0\0\x03\x01\x05\0\0\0\x01\x82\x84\x86`,
      "<\0\0\x01\x01\x05\0\0\0\x01\x88",
    ],
    exchanges: ["GET / → 200 | h2 complete"],
  },
  {
    name: "a PROXY header of version 1 in one piece with the request",
    conversation: [`>PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n${REQUEST}`, `<${RESPONSE}`],
    exchanges: ['GET /a → 400 "bad" | complete'],
  },
  {
    name: "a PROXY header of version 2 in one piece with the request",
    conversation: [`>${PROXY_2}${REQUEST}`, `<${RESPONSE}`],
    exchanges: ['GET /a → 400 "bad" | complete'],
  },
  {
    name: "a PROXY header before HTTP/2",
    conversation: [
      `>PROXY UNKNOWN\r\n${PREFACE}${EMPTY_SETTINGS}\0\0\x03\x01\x05\0\0\0\x01\x82\x84\x86`,
      `<${EMPTY_SETTINGS}\0\0\x01\x01\x05\0\0\0\x01\x88`,
    ],
    exchanges: ["GET / → 200 | h2 complete"],
  },
  {
    name: "SOCKS before HTTP/1, whose port is a letter",
    conversation: [
      ">\x05\x01\0",
      "<\x05\0",
      ">\x05\x01\0\x01\x01\x02\x03\x04\0P",
      "<\x05\0\0\x01\0\0\0\0\0\0",
      `>${REQUEST}`,
      `<${RESPONSE}`,
    ],
    exchanges: [SOCKS, 'GET /a → 400 "bad" | complete'],
  },
  {
    name: "SOCKS before HTTP/2",
    conversation: [
      ">\x05\x01\0",
      "<\x05\0",
      ">\x05\x01\0\x01\x01\x02\x03\x04\0P",
      "<\x05\0\0\x01\0\0\0\0\0\0",
      `>${PREFACE}${EMPTY_SETTINGS}\0\0\x03\x01\x05\0\0\0\x01\x82\x84\x86`,
      `<${EMPTY_SETTINGS}\0\0\x01\x01\x05\0\0\0\x01\x88`,
    ],
    exchanges: [SOCKS, "GET / → 200 | h2 complete"],
  },
  {
    name: "a request that stands within what a side says",
    conversation: [">\x06\x01\0", "<\x06\0", `>\x06\x01\0\x01${REQUEST}`, "<\x06\0"],
    exchanges: [
      String.raw`"\u0006\u0001\u0000\u0006\u0001\u0000\u0001GET /a HTTP/1.1\r\nHost: h\r\n\r\n" → "\u0006\u0000\u0006\u0000" | tcp complete`,
    ],
  },
];

for (const { name, conversation, exchanges } of CASES)
  test(`${name}, however it is split`, () => {
    assert.deepEqual(analyze(conversation, Number.POSITIVE_INFINITY), exchanges, "whole");
    for (const size of [1, 2, 3, 5, 9, 16, 24]) assert.deepEqual(analyze(conversation, size), exchanges, `by ${size}`);
  });

test("TLS that is answered in plain", () => {
  const exchanges = analyze([`>${CLIENT_HELLO}`, `<${RESPONSE}`], Number.POSITIVE_INFINITY);
  assert.ok(exchanges.includes('? → 400 "bad" | unpaired response-without-request'), exchanges.join("\n"));
});

test("tunnels inside of tunnels without end are not followed without end", () => {
  const one = [">CONNECT h:80 HTTP/1.1\r\nHost: h\r\n\r\n", "<HTTP/1.1 200 OK\r\n\r\n"];
  const connects = analyze(Array.from({ length: 5000 }, () => one).flat(), Number.POSITIVE_INFINITY);
  assert.equal(connects[0], "CONNECT h:80 → 200 | complete");
  const headers = analyze([`>${"PROXY UNKNOWN\r\n".repeat(20_000)}`], Number.POSITIVE_INFINITY);
  assert.equal(headers.length, 1);
});

/** Each piece of the conversation in chunks of at most `size` bytes. */
function analyze(conversation: readonly string[], size: number): string[] {
  const ledger = new Ledger();
  const exchanges: Exchange[] = [];
  const analyzer = new Analyzer({
    emit: (exchange) => exchanges.push(exchange),
    ledger,
    detectors: [createTlsDetector({ ledger }), ...DETECTORS],
  });
  const connection: Connection = {
    id: 1n,
    transport: "tcp",
    local: undefined,
    remote: undefined,
    role: "server",
    opened: at(0),
  };
  const offsets: Record<Direction, number> = { read: 0, write: 0 };
  for (const [index, turn] of conversation.entries()) {
    const direction: Direction = turn.startsWith(">") ? "read" : "write";
    const bytes = Buffer.from(turn.slice(1), "latin1");
    for (let start = 0; start < bytes.length; start += size) {
      const data = bytes.subarray(start, Math.min(bytes.length, start + size));
      analyzer.observe({ kind: "data", connection, time: at(index), direction, offset: offsets[direction], data });
      offsets[direction] += data.length;
    }
  }
  analyzer.observe({ kind: "close", connection, time: at(conversation.length), how: "fin" });
  assert.ok(ledger.balanced, ledger.format().join("\n"));
  assert.equal(analyzer.budget.used, 0, "what was held back is given back");
  return exchanges.map(summarize);
}
