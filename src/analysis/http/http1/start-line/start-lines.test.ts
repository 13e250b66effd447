import assert from "node:assert/strict";
import { test } from "node:test";
import { type Step, summarize, understand } from "../../../../../test/support/conversation.ts";

const GET = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";
const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const CLOSE: Step = ["close", "fin"];

/** Start lines against the grammar, each with an answer or a request that is whole. */
const REQUESTS: readonly (readonly [line: string, exchange: string])[] = [
  ["GET  /a HTTP/1.1", 'GET /a → 200 "ok" | complete invalid:request-line'],
  ["GET /a b HTTP/1.1", 'GET /a b → 200 "ok" | complete invalid:request-line'],
  ["GET /a  HTTP/1.1", 'GET /a → 200 "ok" | complete invalid:request-line'],
  ["GET /a HTTP/1.1 ", 'GET /a → 200 "ok" | complete invalid:request-line'],
  ["GET\t/a\tHTTP/1.1", 'GET /a → 200 "ok" | complete invalid:request-line'],
  ["GET /a\0b HTTP/1.1", 'GET /a\0b → 200 "ok" | complete invalid:request-line'],
  ["GET /a HTTP/1.", 'GET /a → 200 "ok" | complete invalid:version'],
  ["GET /a HTTP/1.01", 'GET /a → 200 "ok" | complete invalid:version'],
  ["GET /a HTTP/11", 'GET /a → 200 "ok" | complete invalid:version'],
  ["GET /a", 'GET /a → 200 "ok" | http/0.9 complete invalid:version'],
  ["\tGET /a HTTP/1.1", 'GET /a → 200 "ok" | complete invalid:request-line'],
  [" GET /a HTTP/1.1", 'GET /a → 200 "ok" | complete invalid:request-line'],
  ["GET\x0b/a\x0cHTTP/1.1", 'GET /a → 200 "ok" | complete invalid:request-line'],
  ["GET\r/a\rHTTP/1.1", 'GET /a → 200 "ok" | complete invalid:request-line'],
  ["GET /a\rHTTP/1.1", 'GET /a → 200 "ok" | complete invalid:request-line'],
  ["GET /a HTTP/1.1\r", 'GET /a → 200 "ok" | complete invalid:request-line'],
  ["GET /a http/1.1", 'GET /a → 200 "ok" | complete invalid:version'],
  ["GET /a HTTP/2.0", 'GET /a → 200 "ok" | http/2.0 complete invalid:version'],
  ["GET /a HTTP/9.9", 'GET /a → 200 "ok" | http/9.9 complete invalid:version'],
  ["GET HTTP/1.1", 'GET → 200 "ok" | complete invalid:request-line'],
  ["GET  HTTP/1.1", 'GET → 200 "ok" | complete invalid:request-line'],
  ["GET HTTP/1.1x HTTP/1.1", 'GET HTTP/1.1x → 200 "ok" | complete'],
  ["GET: /a HTTP/1.1", 'GET: /a → 200 "ok" | complete invalid:request-line'],
  ["G@T /a HTTP/1.1", 'G@T /a → 200 "ok" | complete invalid:request-line'],
  [`${"M".repeat(60)} /a HTTP/1.1`, `${"M".repeat(60)} /a → 200 "ok" | complete`],
  ["get /a HTTP/1.1", 'get /a → 200 "ok" | complete'],
  // The fields of a head that follow show that it is a request.
  ["GET/ HTTP/1.1", 'GET/ → 200 "ok" | complete invalid:request-line'],
  ["/a HTTP/1.1", '/a → 200 "ok" | complete invalid:request-line'],
  ["  /a HTTP/1.1", '/a → 200 "ok" | complete invalid:request-line'],
  ["G(T \t/a HTTP/1.", 'G(T /a → 200 "ok" | complete invalid:version invalid:request-line'],
  ["G\0T  /a HTTP/1.1", 'G\0T /a → 200 "ok" | complete invalid:request-line'],
  ["FOO \t HTTP/1.1", 'FOO → 200 "ok" | complete invalid:request-line'],
  ["GET *HTTP/1.1", 'GET *HTTP/1.1 → 200 "ok" | http/0.9 complete invalid:version'],
  ["FROB /a", 'FROB /a → 200 "ok" | http/0.9 complete invalid:version'],
  ["FROB http://h/a", 'FROB http://h/a → 200 "ok" | http/0.9 complete invalid:version'],
  ["FROB /aHTTP/1.1", 'FROB /aHTTP/1.1 → 200 "ok" | http/0.9 complete invalid:version'],
  ["FROB /a HTTP /1.1", 'FROB /a HTTP /1.1 → 200 "ok" | http/0.9 complete invalid:request-line invalid:version'],
  ["FROB /a HTTP/ 1.1", 'FROB /a HTTP/ 1.1 → 200 "ok" | http/0.9 complete invalid:request-line invalid:version'],
  ['"GET /a HTTP/1.1"', '"GET /a → 200 "ok" | complete invalid:version invalid:request-line'],
  ["GET a b cHTTP/1.1 ", 'GET a b cHTTP/1.1 → 200 "ok" | http/0.9 complete invalid:request-line invalid:version'],
];

const RESPONSES: readonly (readonly [line: string, exchange: string])[] = [
  ["HTTP/1.1  200 OK", 'GET /a → 200 "ok" | complete invalid:status-line'],
  ["HTTP /1.1 200 OK", 'GET /a → 200 "ok" | complete invalid:status-line'],
  ["HTTP /1. 200 OK", 'GET /a → 200 "ok" | complete invalid:version invalid:status-line'],
  ["HTTP/1.1\t200 OK", 'GET /a → 200 "ok" | complete invalid:status-line'],
  ["HTTP/1.1 2000 OK", 'GET /a → 2000 "ok" | complete invalid:status'],
  ["HTTP/1.1 20 OK", 'GET /a → 20 "ok" | complete invalid:status'],
  ["HTTP/1.1 2XX OK", 'GET /a → "ok" | complete invalid:status'],
  ["HTTP/1. 200 OK", 'GET /a → 200 "ok" | complete invalid:version'],
  ["HTTP/1.01 200 OK", 'GET /a → 200 "ok" | complete invalid:version'],
  ["ICY 200 OK", 'GET /a → 200 "ok" | complete invalid:version'],
  [" HTTP/1.1 200 OK", 'GET /a → 200 "ok" | complete invalid:status-line'],
  ["HTTP/1.1\x0b200\x0cOK", 'GET /a → 200 "ok" | complete invalid:status-line'],
  ["HTTP/1.1 200 O\rK", 'GET /a → 200 "ok" | complete invalid:status-line'],
  ["HTTP/1.1 200 OK\r", 'GET /a → 200 "ok" | complete invalid:status-line'],
  ["http/1.1 200 OK", 'GET /a → 200 "ok" | complete invalid:version'],
  ["HTTP/2.0 200 OK", 'GET /a → 200 "ok" | complete invalid:version'],
  ["HTTP 200 OK", 'GET /a → 200 "ok" | complete invalid:version'],
  ["200 OK", 'GET /a → 200 "ok" | complete invalid:version'],
  ["RTSP/1.0 200 OK", 'GET /a → 200 "ok" | complete invalid:version'],
  ["HTTP/1.1 000 x", 'GET /a → "ok" | complete invalid:status'],
  ["HTTP/1.1 200", 'GET /a → 200 "ok" | complete'],
];

const REST = "\r\nContent-Length: 2\r\n\r\nok";

for (const [line, expected] of REQUESTS)
  test(`a request: ${JSON.stringify(line)}`, () => {
    check([["client", `${line}\r\nHost: h\r\n\r\n`], ["server", OK], CLOSE], [expected]);
  });

for (const [line, expected] of RESPONSES)
  test(`a response: ${JSON.stringify(line)}`, () => {
    // Without a version it is the last, as one of HTTP/1.0 would be.
    const after = /^(?:ICY|200)/.test(line) ? " data-after-close" : "";
    const second = `GET /a → 200 "ok" | complete${after}`;
    check([["client", GET], ["server", line + REST], ["client", GET], ["server", OK], CLOSE], [expected, second]);
  });

test("bytes that stand before a method are told with its request, unless they are so many that they are something else's", () => {
  const first = 'GET /a → 200 "ok" | complete';
  for (const [stray, expected] of [
    ["\0", `${first} invalid:request-line`],
    ["\xff", `${first} invalid:request-line`],
    ["\x01\x02", `${first} invalid:request-line`],
    ["\x05\x01\0", first],
  ] as const)
    for (const cut of [0, 1, 4]) {
      const second = Buffer.from(stray + GET, "latin1");
      const pieces = [second.subarray(0, cut), second.subarray(cut)].filter(({ length }) => length > 0);
      const steps = pieces.map((piece): Step => ["client", piece]);
      check([["client", GET], ["server", OK], ...steps, ["server", OK], CLOSE], [first, expected]);
    }
  const lost: Step = ["client-gap", 5];
  check(
    [
      ["client", GET],
      ["server", OK],
      ["client", Buffer.from("\xff", "latin1")],
      lost,
      ["client", GET],
      ["server", OK],
      CLOSE,
    ],
    [first, first],
  );
});

test("the body that a server sends to HEAD begins no status line, however it is cut", () => {
  const answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  for (const cut of [answer.length, answer.length - 1, answer.length - 2, 9]) {
    const rest: Step[] = cut < answer.length ? [["server", answer.slice(cut)]] : [];
    check(
      [
        ["client", "HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n"],
        ["server", answer.slice(0, cut)],
        ...rest,
        ["client", GET],
        ["server", OK],
        CLOSE,
      ],
      ["HEAD /a → 200 | complete", 'GET /a → 200 "ok" | complete'],
    );
  }
});

test("HTTP/0.9, with an empty line and without", () => {
  for (const line of ["GET /a\r\n", "GET /a\r\n\r\n", "GET /a\n"])
    check(
      [["client", line], ["server", "<p>old</p>"], CLOSE],
      ['GET /a → "<p>old</p>" | http/0.9 complete'].map((text) => (line === "GET /a\n" ? `${text} bare-lf` : text)),
    );
});

test("a request without a version that is answered by a later one", () => {
  check([["client", "GET /a\r\n\r\n"], ["server", OK], CLOSE], ['GET /a → 200 "ok" | http/0.9 complete']);
});

test("lines of other protocols are none", () => {
  for (const line of [
    "OPTIONS rtsp://h RTSP/1.0",
    "INVITE sip:a@b SIP/2.0",
    "GET key",
    "EHLO host",
    "USER anonymous",
    "MAIL FROM:<a@b>",
    "SET /a b",
    // Without a version it is a host that shows it.
    "SEND /queue/a\r\nreceipt: 1\r\n",
    "FROB /a",
  ])
    assert.deepEqual(
      understand([["client", `${line}\r\n`], CLOSE]).exchanges.map(({ kind }) => kind),
      ["opaque"],
      line,
    );
});

for (const method of ["G\xc9T", "GE\x7f", "\xc7ET", "\xef\xbb\xbfGET"])
  test(`a method with bytes that no method has: ${JSON.stringify(method)}`, () => {
    const odd = GET.replace("GET", method);
    const pair = `${method} /a → 200 "ok" | complete invalid:request-line`;
    check([["client", odd], ["server", OK], CLOSE], [pair]);
    if (method.charCodeAt(0) < 0x7f)
      check(
        [["client", GET], ["server", OK], ["client", odd + GET], ["server", OK + OK], CLOSE],
        ['GET /a → 200 "ok" | complete', pair, 'GET /a → 200 "ok" | complete'],
      );
  });

test("the side that accepted asks: it is the client of the exchange", () => {
  const { exchanges } = understand([["server", GET], ["client", OK], CLOSE]);
  assert.deepEqual(exchanges.map(summarize), ['GET /a → 200 "ok" | complete']);
  assert.equal(exchanges[0]!.connection.role, "client");
});

test("start lines that the tap cut", () => {
  const steps: Step[] = [
    ["client", "GET /images/sf.n"],
    ["client-gap", 40, "snaplen"],
    ["server", "HTTP/1.1 200 OK"],
    ["server-gap", 100, "snaplen"],
    ["client", "GET /next"],
    ["client-gap", 40, "snaplen"],
    ["server", "HTTP/1.1 404 N"],
    ["server-gap", 100, "snaplen"],
    CLOSE,
  ];
  assert.deepEqual(understand(steps).exchanges.map(summarize), [
    "GET /images/sf.n → 200 | truncated",
    "GET /next → 404 | truncated",
  ]);
});

for (const line of [
  "PATCH http://example.com/81 HTTP/1.1\r\n",
  "GET https://example.com/a",
  "OPTIONS * HTTP/1.1\r\nHo",
  "CONNECT example.com:443 HT",
  "CONNECT [::1]:443 HT",
])
  test(`a cut start line whose target is no path, behind another one: ${JSON.stringify(line)}`, () => {
    const steps: Step[] = [
      ["client", "GET /images/sf.n"],
      ["client-gap", 40, "snaplen"],
      ["server", "HTTP/1.1 200 OK"],
      ["server-gap", 100, "snaplen"],
      ["client", line],
      ["client-gap", 40, "snaplen"],
      ["server", "HTTP/1.1 404 N"],
      ["server-gap", 100, "snaplen"],
      CLOSE,
    ];
    const [method, target] = line.split(" ");
    const shown = [`GET /images/sf.n → 200 | truncated`, `${method} ${target} → 404 | truncated`];
    assert.deepEqual(understand(steps).exchanges.map(summarize), shown);
  });

test("start lines that the tap cut, behind what is left of bodies in chunks", () => {
  const upload: Step[] = [
    ["client", "PUT /up HTTP/1.1\r\nTransfer-Enc"],
    ["client-gap", 40, "snaplen"],
  ];
  const answer: Step[] = [
    ["server", "HTTP/1.1 200 OK"],
    ["server-gap", 100, "snaplen"],
  ];
  for (const rest of ["0\r\n\r\n", "2\r\ncc\r\n0\r\n\r\n", "2\r\n0\r\r\n0\r\n\r\n"])
    check(
      [
        ...upload,
        ...answer,
        ["client", `${rest}HEAD /next HTTP/1`],
        ["client-gap", 40, "snaplen"],
        ["server", `${rest}HTTP/1.1 404 N`],
        ["server-gap", 100, "snaplen"],
        CLOSE,
      ],
      ["PUT /up → 200 | truncated", "HEAD /next → 404 | truncated"],
    );
  // Where the packet begins that was cut, but for pieces that are no packets.
  const behindBody: Step[] = [
    ...upload,
    ["client", "ccccc"],
    ...answer,
    ["client", "PUT /next HTTP/1"],
    ["client-gap", 40, "snaplen"],
    ["server", "HTTP/1.1 404 N"],
    ["server-gap", 100, "snaplen"],
    CLOSE,
  ];
  assert.deepEqual(understand(behindBody).exchanges.map(summarize), [
    "PUT /up → 200 | truncated",
    "PUT /next → 404 | truncated",
  ]);
  // A text that somebody wrote is no request, whatever the line before it is.
  check(
    [...upload, ["client", "see 10\r\n\r\nGET /text"], ["client-gap", 40, "snaplen"], ...answer, CLOSE],
    ["PUT /up → 200 | truncated"],
  );
});

test("bytes that could begin a start line which the tap cut, and begin none, are skipped", () => {
  // A field that has no name in the grammar: what follows is searched for the next request.
  const request = "GET /a HTTP/1.1\r\nH\xefst: h\r\n\r\n";
  for (const bytes of ["\x88\x82\0", "\x88", "\0GE"]) {
    const steps: Step[] = [["client", request], ["client", bytes], ["client-gap", 1, "truncated"], CLOSE];
    const { analyzer } = understand(steps, { isJoinedLate: true });
    assert.equal(analyzer.ledger.book("bytes").skipped, bytes.length);
  }
});

for (const [name, bytes] of [
  ["white space behind a version", `FOO /x HTTP/1${" ".repeat(16_000)}x\r\n`],
  ["white space in a folded field", `GET /a HTTP/1.1\r\nHost: h\r\n b${" ".repeat(60_000)}c\r\n\r\n`],
  [
    "letters of an authority that a target ends with a return",
    `GET a://${"x".repeat(60_000)}\rz HTTP/1.1\r\nHost: h\r\n\r\n`,
  ],
] as const)
  test(`a long run of ${name} is looked at once`, () => {
    const began = process.threadCpuUsage();
    understand([["client", bytes], CLOSE]);
    const { user, system } = process.threadCpuUsage(began);
    // It takes some ten milliseconds, and took seconds.
    assert.ok(user + system < 200_000, `${user + system} µs`);
  });

/** The same however the bytes are cut. */
function check(steps: readonly Step[], expected: readonly string[]): void {
  for (const pieces of [Number.POSITIVE_INFINITY, 1, 2, 3, 7])
    assert.deepEqual(
      understand(steps, { pieceSize: pieces }).exchanges.map(summarize),
      expected,
      `pieces of ${pieces}`,
    );
}
