import assert from "node:assert/strict";
import { test } from "node:test";
import { type ConversationOptions, type Step, summarize, understand } from "../../../../test/support/conversation.ts";

const GET = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";
const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const CLOSE: Step = ["close", "fin"];

const CASES: readonly {
  readonly name: string;
  readonly steps: readonly Step[];
  readonly exchanges: readonly string[];
  readonly options?: ConversationOptions;
}[] = [
  {
    name: "requests and responses in turn",
    steps: [["client", GET], ["server", OK], ["client", GET.replace("/a", "/b")], ["server", OK], CLOSE],
    exchanges: ['GET /a → 200 "ok" | complete', 'GET /b → 200 "ok" | complete'],
  },
  {
    name: "pipelining",
    steps: [
      ["client", GET + GET.replace("GET /a", "HEAD /b") + GET.replace("/a", "/c")],
      ["server", `${OK}${OK.slice(0, -2)}${OK}`],
      CLOSE,
    ],
    exchanges: ['GET /a → 200 "ok" | complete', "HEAD /b → 200 | complete", 'GET /c → 200 "ok" | complete'],
  },
  {
    name: "chunked both ways, with trailers",
    steps: [
      ["client", "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nT: 1\r\n\r\n"],
      ["server", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n"],
      CLOSE,
    ],
    exchanges: ['POST /a "abcde" → 200 "a" | complete'],
  },
  {
    name: "informational responses come before the final one",
    steps: [
      ["client", "PUT /a HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"],
      ["server", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"],
      ["client", "hi"],
      ["server", OK],
      CLOSE,
    ],
    exchanges: ['PUT /a "hi" → 100 103 200 "ok" | complete'],
  },
  {
    name: "204 and 304 have no body, whatever they say",
    steps: [
      ["client", GET + GET],
      ["server", "HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n"],
      CLOSE,
    ],
    exchanges: ["GET /a → 304 | complete", "GET /a → 204 | complete"],
  },
  {
    name: "a body that lasts until the server's end",
    steps: [
      ["client", "GET /a HTTP/1.0\r\n\r\n"],
      ["server", "HTTP/1.0 200 OK\r\n\r\nab"],
      ["server", "cd"],
      ["server-end"],
      CLOSE,
    ],
    exchanges: ['GET /a → 200 "abcd" | http/1.0 complete'],
  },
  {
    name: "a body that lasts until the end, and the input ends first",
    steps: [
      ["client", GET],
      ["server", "HTTP/1.1 200 OK\r\n\r\nab"],
    ],
    exchanges: ['GET /a → 200 "ab" | unfinished'],
  },
  {
    name: "a reset in the middle of a response",
    steps: [
      ["client", GET],
      ["server", OK.slice(0, -1)],
      ["close", "reset"],
    ],
    exchanges: ['GET /a → 200 "o" | unfinished connection-reset'],
  },
  {
    name: "an early response to a request that goes on",
    steps: [
      ["client", "POST /a HTTP/1.1\r\nContent-Length: 4\r\n\r\nab"],
      ["server", "HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n"],
      ["client", "cd"],
      CLOSE,
    ],
    exchanges: ['POST /a "abcd" → 413 | complete'],
  },
  {
    name: "a request without a response",
    steps: [["client", GET], CLOSE],
    exchanges: ["GET /a → ? | unpaired request-without-response"],
  },
  {
    name: "a response without a request",
    steps: [["server", OK], CLOSE],
    exchanges: ['? → 200 "ok" | unpaired response-without-request'],
  },
  {
    name: "only responses were captured",
    steps: [["server", OK.repeat(12)], CLOSE],
    exchanges: Array(12).fill('? → 200 "ok" | unpaired response-without-request'),
  },
  {
    name: "a response that is unasked for does not take the next request",
    steps: [["server", OK.replace("200", "408")], ["client", GET], ["server", OK], CLOSE],
    exchanges: ['? → 408 "ok" | unpaired response-without-request', 'GET /a → 200 "ok" | complete'],
  },
  {
    name: "conflicting lengths",
    steps: [
      ["client", "POST /a HTTP/1.1\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
      ["server", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok"],
      CLOSE,
    ],
    exchanges: ['POST /a → 200 "ok" | complete conflicting-length'],
  },
  {
    name: "a gap within a body",
    steps: [
      ["client", GET],
      ["server", "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\na"],
      ["server-gap", 4],
      ["server", `f${OK}`],
      ["client", GET],
      ["server", OK],
      CLOSE,
    ],
    exchanges: [
      'GET /a → 200 "a"+5 | gap',
      '? → 200 "ok" | unpaired response-without-request',
      'GET /a → 200 "ok" | complete',
    ],
  },
  {
    name: "a gap that swallows a response",
    steps: [["client", GET], ["server-gap", 40], ["client", GET.replace("/a", "/b")], ["server", OK], CLOSE],
    exchanges: ["GET /a → ? | unpaired response-lost request-without-response", 'GET /b → 200 "ok" | complete'],
  },
  {
    name: "a gap that swallows a request",
    steps: [["client-gap", 40], ["server", OK], ["client", GET], ["server", OK], CLOSE],
    exchanges: ['? → 200 "ok" | unpaired response-without-request', 'GET /a → 200 "ok" | complete'],
  },
  {
    name: "a gap within a response's head",
    steps: [
      ["client", GET],
      ["server", "HTTP/1.1 200 OK\r\nContent-"],
      ["server-gap", undefined],
      ["server", `xx\r\n\r\nok${OK}`],
      ["client", GET],
      ["server", OK],
      CLOSE,
    ],
    exchanges: [
      "GET /a → 200 | gap",
      '? → 200 "ok" | unpaired response-without-request',
      'GET /a → 200 "ok" | complete',
    ],
  },
  {
    name: "a gap within a request's head, noticed after the response",
    steps: [["client", "GET /a HTTP/1.1\r\nHo"], ["server", OK], ["client-gap", 9], CLOSE],
    exchanges: ['GET /a → 200 "ok" | gap'],
  },
  {
    name: "what the tap cut off is truncated, not lost",
    steps: [["client", GET], ["server", OK.slice(0, -1)], ["server-gap", 1, "truncated"], CLOSE],
    exchanges: ['GET /a → 200 "o"+1 | truncated'],
  },
  {
    name: "joined in the middle of a body",
    steps: [["server", "rest of a body"], ["client", GET], ["server", OK], CLOSE],
    exchanges: ['GET /a → 200 "ok" | complete'],
    options: { connection: { opened: undefined } as never },
  },
  {
    name: "joined in the middle of a request",
    steps: [["client", "st: h\r\n\r\n"], ["server", OK], ["client", GET], ["server", OK], CLOSE],
    exchanges: ['? → 200 "ok" | unpaired response-without-request', 'GET /a → 200 "ok" | complete'],
    options: { connection: { opened: undefined } as never },
  },
  {
    name: "what cannot be parsed is passed over up to the next message",
    steps: [
      ["client", "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"],
      ["client", GET.replace("/a", "/b")],
      ["server", OK + OK],
      CLOSE,
    ],
    exchanges: ['POST /a → 200 "ok" | unfinished invalid:invalid-chunk-size', 'GET /b → 200 "ok" | complete'],
  },
  {
    name: "CONNECT, and HTTP/1 inside the tunnel",
    steps: [
      ["client", "CONNECT x:80 HTTP/1.1\r\n\r\n"],
      ["server", "HTTP/1.1 200 Connection established\r\n\r\n"],
      ["client", GET],
      ["server", OK],
      CLOSE,
    ],
    exchanges: ["CONNECT x:80 → 200 | complete", 'GET /a → 200 "ok" | complete'],
  },
  {
    name: "CONNECT, and something else inside the tunnel, sent too early",
    steps: [["client", "CONNECT x:80 HTTP/1.1\r\n\r\n\x01\x02"], ["server", "HTTP/1.1 200 OK\r\n\r\n\x03"], CLOSE],
    exchanges: ["CONNECT x:80 → 200 | complete", '"\\u0001\\u0002" → "\\u0003" | tcp complete'],
  },
  {
    name: "CONNECT that is refused",
    steps: [
      ["client", `CONNECT x:80 HTTP/1.1\r\n\r\n${GET}`],
      ["server", "HTTP/1.1 407 No\r\nContent-Length: 2\r\n\r\nno"],
      ["server", OK],
      CLOSE,
    ],
    exchanges: ['CONNECT x:80 → 407 "no" | complete', 'GET /a → 200 "ok" | complete'],
  },
  {
    name: "an upgrade that is ignored",
    steps: [
      ["client", GET.replace("Host: h", "Connection: upgrade\r\nUpgrade: h2c")],
      ["server", OK],
      ["client", GET],
      ["server", OK],
      CLOSE,
    ],
    exchanges: ['GET /a → 200 "ok" | complete', 'GET /a → 200 "ok" | complete'],
  },
  {
    name: "an upgrade that is ignored, and its response was missed: the client goes on in HTTP/1",
    steps: [
      ["client", GET.replace("Host: h", "Connection: upgrade\r\nUpgrade: h2c")],
      ["server-gap", 60],
      ["client", GET.replace("/a", "/b").slice(0, 9)],
      ["client", GET.replace("/a", "/b").slice(9)],
      ["server", OK],
      CLOSE,
    ],
    exchanges: ["GET /a → ? | unpaired response-lost request-without-response", 'GET /b → 200 "ok" | complete'],
  },
  {
    name: "an upgrade whose response is missed only behind the next request",
    steps: [
      ["client", GET.replace("Host: h", "Connection: upgrade\r\nUpgrade: h2c") + GET.replace("/a", "/b")],
      ["server-gap", 60],
      ["server", OK],
      CLOSE,
    ],
    exchanges: ["GET /a → ? | unpaired response-lost request-without-response", 'GET /b → 200 "ok" | complete'],
  },
  {
    name: "the response to CONNECT was missed: what else can follow is inside of the tunnel",
    steps: [
      ["client", "CONNECT x:80 HTTP/1.1\r\n\r\n"],
      ["server-gap", 39],
      ["client", "\x01\x02"],
      ["server", "\x03"],
      CLOSE,
    ],
    exchanges: [
      "CONNECT x:80 → ? | unpaired response-lost request-without-response",
      '"\\u0001\\u0002" → "\\u0003" | tcp complete',
    ],
  },
  {
    name: "the beginning of the response to CONNECT was missed: its rest is nobody's",
    steps: [
      ["client", "CONNECT x:80 HTTP/1.1\r\n\r\n"],
      ["server-gap", 5],
      ["server", "1.1 200 OK\r\n\r\n"],
      ["client", "\x01\x02"],
      ["server", "\x03"],
      CLOSE,
    ],
    exchanges: [
      "CONNECT x:80 → ? | unpaired response-lost request-without-response",
      '"\\u0001\\u0002" → "\\u0003" | tcp complete',
    ],
  },
  {
    name: "the response to CONNECT was missed, and a request follows",
    steps: [["client", "CONNECT x:80 HTTP/1.1\r\n\r\n"], ["server-gap", 39], ["client", GET], ["server", OK], CLOSE],
    exchanges: ["CONNECT x:80 → ? | unpaired response-lost request-without-response", 'GET /a → 200 "ok" | complete'],
  },
  {
    name: "an upgrade to HTTP/2: the response comes on stream 1",
    steps: [
      [
        "client",
        GET.replace("Host: h", "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAAAA"),
      ],
      ["server", "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n\0\0\0\x04\0\0\0\0\0"],
      ["client", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0"],
      ["server", "\0\0\x01\x01\x04\0\0\0\x01\x88\0\0\x02\0\x01\0\0\0\x01ok"],
      ["client", "\0\0\x03\x01\x05\0\0\0\x03\x82\x84\x86"],
      ["server", "\0\0\x01\x01\x05\0\0\0\x03\x89"],
      CLOSE,
    ],
    exchanges: ['GET /a → 101 200 "ok" | h2 complete', "GET / → 204 | h2 complete"],
  },
  {
    name: "an upgrade to a protocol that is not known",
    steps: [
      ["client", GET.replace("Host: h", "Connection: upgrade\r\nUpgrade: tcp")],
      ["server", "HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n\x01"],
      ["client", "\x02"],
      CLOSE,
    ],
    exchanges: ["GET /a → 101 | complete", '"\\u0002" → "\\u0001" | tcp complete'],
  },
  {
    name: "Server-Sent Events",
    steps: [
      ["client", GET],
      ["server", "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n: hi\n\ndata: 1\nid: 7\n\n"],
      ["server", "data: 2\r\n\r\n\r\ndata: never"],
      ["server-end"],
      CLOSE,
    ],
    exchanges: [
      'GET /a → 200 ": hi\\n\\ndata: 1\\nid: 7\\n\\ndata: 2\\r\\n\\r\\n\\r\\ndata: never" [server event "data: 1\\nid: 7"] [server event "data: 2"] | sse complete',
    ],
  },
  {
    name: "something else",
    steps: [["client", "HELO\r\n"], ["server", "250 hi\r\n"], ["client", "QUIT\r\n"], CLOSE],
    exchanges: ['"HELO\\r\\nQUIT\\r\\n" → "250 hi\\r\\n" | tcp complete'],
  },
  {
    name: "bodies are kept up to the limit",
    steps: [["client", GET], ["server", "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nabcdefgh"], CLOSE],
    exchanges: ['GET /a → 200 "abc"+5 | truncated'],
    options: { limits: { bodyBytes: 3 } },
  },
  {
    name: "messages after the one that was to be the last",
    steps: [
      ["client", GET + GET.replace("GET", "HEAD")],
      ["server", OK.replace("\r\n", "\r\nConnection: close\r\n") + OK.slice(0, -2)],
      CLOSE,
    ],
    exchanges: ['GET /a → 200 "ok" | complete', "HEAD /a → 200 | complete data-after-close"],
  },
  {
    name: "a request after one that was to be the last",
    steps: [
      ["client", GET.replace("Host", "Connection: close\r\nHost")],
      ["server", OK],
      ["client", GET],
      ["server", OK],
      CLOSE,
    ],
    exchanges: ['GET /a → 200 "ok" | complete', 'GET /a → 200 "ok" | complete data-after-close'],
  },
  {
    name: "heads are kept up to the limit",
    steps: [["client", GET.replace("Host: h", `A: 1\r\nB: ${"2".repeat(100)}\r\nC: 3`)], ["server", OK], CLOSE],
    exchanges: ['GET /a → 200 "ok" | truncated head-limit'],
    options: { limits: { headBytes: 60 } },
  },
  {
    name: "pipelined requests beyond the limit",
    steps: [["client", GET + GET + GET], ["server", OK + OK], CLOSE],
    exchanges: [
      // The first response is that of the request that had to make room.
      "GET /a → ? | unpaired pending-exchange-limit request-without-response",
      '? → 200 "ok" | unpaired response-without-request',
      'GET /a → 200 "ok" | complete',
      "GET /a → ? | unpaired request-without-response",
    ],
    options: { limits: { pendingExchanges: 2 } },
  },
];

for (const { name, steps, exchanges, options } of CASES) {
  test(name, () => {
    for (const pieceSize of [Number.POSITIVE_INFINITY, 1, 7]) {
      for (const roleUnknown of [false, true]) {
        const { exchanges: actual, analyzer } = understand(steps, { ...options, pieceSize, roleUnknown });
        const where = `pieces of ${pieceSize}, role ${roleUnknown ? "un" : ""}known`;
        assert.deepEqual(actual.map(summarize), exchanges, where);
        const book = analyzer.ledger.book("bytes");
        assert.ok(analyzer.ledger.balanced && book.buffered === 0, `${where}: ${book.format()}`);
        assert.equal(analyzer.budget.used, 0, where);
      }
    }
  });
}
