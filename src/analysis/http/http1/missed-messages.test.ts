import assert from "node:assert/strict";
import { test } from "node:test";
import { type Step, summarize, understand } from "../../../../test/support/conversation.ts";
import type { HttpExchange } from "../../../model/index.ts";

/** A request, and the response that names it in its body. */
function ask(...names: string[]): Step {
  return ["client", names.map((name) => `GET /${name} HTTP/1.1\r\nHost: h\r\n\r\n`).join("")];
}
function answer(...names: string[]): Step {
  return ["server", names.map((name) => `HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n${name}`).join("")];
}
function pair(name: string, quality = "complete"): string {
  return `GET /${name} → 200 "${name}" | ${quality}`;
}
const lost = (name: string): string => `GET /${name} → ? | unpaired response-lost request-without-response`;
const orphan = (name: string): string => `? → 200 "${name}" | unpaired response-without-request`;
const BREAKS_OFF: Step = ["server", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"];
const MISSED_RESPONSE: Step = ["server-gap", 40];
const MISSED_REQUEST: Step = ["client-gap", 30];
const SIX_BURSTS = ["gh", "ij", "kl", "mn", "op", "qr"].map((names) => [...names]);
const CLOSE: Step = ["close", "fin"];

const CASES: readonly {
  readonly name: string;
  readonly steps: readonly Step[];
  readonly exchanges: readonly string[];
}[] = [
  {
    name: "a request that was missed shows, too, that the response before it was missed",
    steps: [ask("a"), MISSED_RESPONSE, MISSED_REQUEST, answer("b"), ask("c"), answer("c"), CLOSE],
    exchanges: [lost("a"), orphan("b"), pair("c")],
  },
  {
    name: "the same, told in the other order",
    steps: [ask("a"), MISSED_REQUEST, MISSED_RESPONSE, answer("b"), ask("c"), answer("c"), CLOSE],
    exchanges: [lost("a"), orphan("b"), pair("c")],
  },
  {
    name: "one request after a body that was still sent",
    steps: [
      ["client", "POST /a HTTP/1.1\r\nContent-Length: 2\r\n\r\n"],
      MISSED_RESPONSE,
      ["client", "ok"],
      MISSED_REQUEST,
      answer("b"),
      ask("c"),
      answer("c"),
      CLOSE,
    ],
    exchanges: ['POST /a "ok" → ? | unpaired response-lost request-without-response', orphan("b"), pair("c")],
  },
  {
    name: "an informational response was all that was missed",
    steps: [ask("a"), MISSED_RESPONSE, answer("a"), ask("b"), answer("b"), CLOSE],
    exchanges: [pair("a"), pair("b")],
  },
  {
    name: "of a burst, the rest of the first response was missed",
    steps: [ask("a", "b", "c"), BREAKS_OFF, MISSED_RESPONSE, answer("b", "c"), ask("d"), answer("d"), CLOSE],
    exchanges: ['GET /a → 200 "ab" | gap', pair("b"), pair("c"), pair("d")],
  },
  {
    name: "of a burst, the rest of the first response and the second were missed",
    steps: [
      ask("a", "b", "c"),
      BREAKS_OFF,
      MISSED_RESPONSE,
      answer("c"),
      ask("d"),
      answer("d"),
      ask("e"),
      answer("e"),
      CLOSE,
    ],
    exchanges: [
      'GET /a → 200 "ab" | gap',
      lost("b"),
      pair("c", "gap uncertain-pairing"),
      pair("d", "gap uncertain-pairing"),
      // It waited once for what it had asked for: that is no habit.
      pair("e", "gap uncertain-pairing"),
    ],
  },
  // Or it did not wait, and all that follows is off by one: it has to show again that it does.
  {
    name: "the same of a client that has always waited for its bursts",
    steps: [
      ...["1", "2", "3", "4"].flatMap((n) => [ask(`f${n}`, `g${n}`), answer("x", "y")]),
      ...[ask("a", "b", "c"), BREAKS_OFF, MISSED_RESPONSE, answer("c")],
      ...SIX_BURSTS.flatMap((names) => [ask(...names), answer(...names)]),
      ...[ask("d"), answer("d"), CLOSE],
    ],
    exchanges: [
      ...["1", "2", "3", "4"].flatMap((n) => [`GET /f${n} → 200 "x" | complete`, `GET /g${n} → 200 "y" | complete`]),
      ...['GET /a → 200 "ab" | gap', lost("b"), pair("c", "gap uncertain-pairing")],
      ..."ghijklmnop".split("").map((name) => pair(name, "gap uncertain-pairing")),
      ...["q", "r", "d"].map((name) => pair(name)),
    ],
  },
  {
    name: "one request, of a client that asks while it is answered",
    steps: [
      ...[ask("a"), MISSED_REQUEST, ask("c"), answer("a", "b"), ask("d"), answer("c"), ask("e"), answer("d", "e")],
      CLOSE,
    ],
    exchanges: [pair("a"), orphan("b"), pair("c"), pair("d"), pair("e")],
  },
  {
    name: "the first letters of a request: it is no other one, with a method of its own",
    steps: [
      ask("a"),
      ["client-gap", 2],
      ["client", "ST /b HTTP/1.1\r\nContent-Length: 2\r\n\r\nok"],
      ...[ask("c"), answer("a", "b", "c"), CLOSE],
    ],
    exchanges: [pair("a"), orphan("b"), pair("c")],
  },
  {
    name: "the last byte of a request, noticed after its response: no other request was missed",
    steps: [
      ["client", "GET /a HTTP/1.1\r\nHost: h\r\n\r"],
      ...[answer("a"), ["client-gap", 1] as const, ask("b"), answer("b"), ask("c"), answer("c"), CLOSE],
    ],
    exchanges: [pair("a", "gap"), pair("b"), pair("c")],
  },
  {
    name: "the first request of all, and its response comes",
    steps: [MISSED_REQUEST, ask("b", "c"), answer("a", "b", "c"), CLOSE],
    exchanges: [orphan("a"), pair("b"), pair("c")],
  },
  {
    name: "two requests of a burst where one was thought to be missed: one response too many shows it",
    steps: [ask("a"), ["client-gap", 80], ask("d", "e"), answer("a", "b", "c", "d", "e"), CLOSE],
    exchanges: [
      pair("a"),
      orphan("b"),
      orphan("c"),
      pair("d", "gap uncertain-pairing"),
      pair("e", "gap uncertain-pairing"),
    ],
  },
  {
    name: "the rest of a body of known length, and a whole response behind it",
    steps: [
      ask("a", "b", "c", "d"),
      ["server", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\na"],
      ["server-gap", 8 + 40],
      ...[answer("c", "d"), ask("e"), answer("e"), CLOSE],
    ],
    exchanges: ['GET /a → 200 "a"+8 | gap', lost("b"), pair("c"), pair("d"), pair("e")],
  },
  {
    name: "of a burst, a response was missed whole",
    steps: [ask("a", "b", "c"), answer("a"), MISSED_RESPONSE, answer("c"), ask("d"), answer("d"), CLOSE],
    exchanges: [pair("a"), lost("b"), pair("c"), pair("d")],
  },
  {
    name: "of a burst, only an informational response was missed",
    steps: [ask("a", "b"), MISSED_RESPONSE, answer("a", "b"), ask("c"), answer("c"), CLOSE],
    exchanges: [pair("a"), pair("b"), pair("c")],
  },
  {
    name: "a burst was missed, and the next comes when it was answered",
    steps: [ask("a", "b"), answer("a", "b"), MISSED_REQUEST, answer("c", "d"), ask("e", "f"), answer("e", "f"), CLOSE],
    exchanges: [pair("a"), pair("b"), orphan("c"), orphan("d"), pair("e"), pair("f")],
  },
  {
    name: "a client that asks while it is answered: all is known when all have their response",
    steps: [
      ask("a", "b"),
      answer("a"),
      ask("c"),
      answer("b"),
      ask("d"),
      BREAKS_OFF,
      MISSED_RESPONSE,
      ask("e"),
      answer("d"),
      ask("f"),
      answer("e", "f"),
      ask("g"),
      answer("g"),
      CLOSE,
    ],
    exchanges: [pair("a"), pair("b"), 'GET /c → 200 "ab" | gap', ...["d", "e", "f", "g"].map((name) => pair(name))],
  },
  {
    name: "responses were missed until the end",
    steps: [ask("a", "b"), BREAKS_OFF, MISSED_RESPONSE, CLOSE],
    exchanges: ['GET /a → 200 "ab" | gap', lost("b")],
  },
];

for (const { name, steps, exchanges } of CASES)
  test(name, () => {
    for (const pieceSize of [Number.POSITIVE_INFINITY, 1, 7]) {
      const { exchanges: actual, analyzer } = understand(steps, { pieceSize });
      assert.deepEqual(actual.map(summarize), exchanges, `pieces of ${pieceSize}`);
      assert.ok(analyzer.ledger.balanced);
      assert.equal(analyzer.budget.used, 0);
    }
  });

test("one response more than requests, where no more may wait: to make room for its request hands on the oldest", () => {
  const steps = [
    ["client-gap", 200],
    ask("a"),
    ask("b"),
    answer("a"),
    answer("b"),
    answer("c"),
    ["server-gap", 60],
    CLOSE,
  ];
  const { exchanges } = understand(steps as Step[], { limits: { pendingExchanges: 2 } });
  assert.deepEqual(exchanges.map(summarize), [
    orphan("a"),
    pair("a", "gap pending-exchange-limit uncertain-pairing").replace('"a"', '"b"'),
    orphan("c"),
    "GET /b → ? | unpaired response-lost request-without-response",
  ]);
});

/** A client that does not wait for all that it asked for, and one response or two missed. */
const OVERLAPPING: readonly Step[] = [
  ...[ask("a", "b"), answer("a"), ask("c"), answer("b"), ask("d"), ask("e"), MISSED_RESPONSE],
];
const APART = ["GET /d → ? | unpaired uncertain-pairing request-without-response", `${orphan("e")} uncertain-pairing`];

test("where both ends are done, what came since responses were missed are the last ones", () => {
  const { exchanges } = understand([...OVERLAPPING, answer("e"), CLOSE]);
  const shown = [pair("a"), pair("b"), lost("c"), lost("d"), pair("e", "gap uncertain-pairing")];
  assert.deepEqual(exchanges.map(summarize), shown);
});

test("where nothing says so, or what was asked last had no answer, request and response are shown apart", () => {
  const last: Step = ["server", "HTTP/1.1 200 OK\r\nConnection: x, Close\r\nContent-Length: 1\r\n\r\ne"];
  const old: Step = ["server", "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\ne"];
  for (const end of [[answer("e")], [last, CLOSE], [old, CLOSE]]) {
    const { exchanges, analyzer } = understand([...OVERLAPPING, ...end, ["close", "unknown"]] as Step[]);
    const shown = exchanges.map((exchange) => summarize(exchange).replace("http/1.0 ", ""));
    assert.deepEqual(shown, [pair("a"), pair("b"), lost("c"), ...APART, lost("e")]);
    assert.equal(analyzer.budget.used, 0);
  }
  const kept: Step = ["server", "HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 1\r\n\r\ne"];
  const { exchanges } = understand([...OVERLAPPING, kept, CLOSE]);
  assert.equal(summarize(exchanges.at(-1)!), pair("e", "gap uncertain-pairing"));
});

for (const [kind, fields] of [
  ["a length", "Content-Length: 48"],
  ["a length of several answers", "Content-Length: 4000"],
  ["chunks", "Transfer-Encoding: chunked"],
  ["neither", "Server: x"],
] as const)
  for (const pieceSize of [Number.POSITIVE_INFINITY, 1, 2, 3, 7])
    test(`a HEAD that was missed: its answer with ${kind} has no body (in pieces of ${pieceSize})`, () => {
      const head: Step = ["server", `HTTP/1.1 200 OK\r\n${fields}\r\n\r\n`];
      const steps = [ask("a"), answer("a"), MISSED_REQUEST, head, ask("b"), answer("b"), ask("c"), answer("c"), CLOSE];
      const { exchanges } = understand(steps, { pieceSize });
      const shown = [pair("a"), "? → 200 | unpaired response-without-request", pair("b"), pair("c")];
      assert.deepEqual(exchanges.map(summarize), shown);
    });

for (const body of ["HTTP/2 is new", "HTTP/1", "H", "HTML", ""])
  for (const pieceSize of [Number.POSITIVE_INFINITY, 1, 2, 3, 7])
    test(`the body of an answer to nothing that was seen stays one: ${JSON.stringify(body)} (in pieces of ${pieceSize})`, () => {
      const answered: Step = ["server", `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`];
      const { exchanges } = understand([ask("a"), answer("a"), MISSED_REQUEST, answered, CLOSE], { pieceSize });
      const told = body === "" ? "" : ` "${body}"`;
      assert.deepEqual(exchanges.map(summarize), [pair("a"), `? → 200${told} | unpaired response-without-request`]);
    });

test("what was held back of such a body is its own where the connection ends, and where bytes are missed", () => {
  const cut: Step = ["server", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nHTT"];
  for (const end of [[], [["server-gap", 6]]] as const) {
    const { exchanges, analyzer } = understand([ask("a"), answer("a"), MISSED_REQUEST, cut, ...end, CLOSE]);
    const { body } = (exchanges[1] as HttpExchange).response!;
    assert.equal(Buffer.from(body.bytes).toString(), "HTT");
    assert.ok(analyzer.ledger.balanced);
  }
});

for (const [what, end] of [
  ["a hole gives it up", ["server-gap", undefined]],
  ["the server ends", ["server-end"]],
  ["the connection is reset", ["close", "reset"]],
  ["the capture is cut there", ["server-gap", 60, "truncated"]],
] as const)
  test(`where an answer that may have no body is not over and ${what}, what follows is read on`, () => {
    for (const field of ["Content-Length: 48", "Transfer-Encoding: chunked", "Server: x"])
      for (const pieceSize of [Number.POSITIVE_INFINITY, 1, 7]) {
        const doubtful: Step = ["server", `HTTP/1.1 200 OK\r\n${field}\r\n\r\n`];
        const steps = [ask("a"), answer("a"), MISSED_REQUEST, doubtful, end as Step, answer("b"), CLOSE];
        const { analyzer, exchanges } = understand(steps, { pieceSize });
        assert.ok(analyzer.ledger.balanced, `pieces of ${pieceSize}`);
        assert.equal(analyzer.budget.used, 0);
        assert.match(summarize(exchanges[1]!), /^\? → 200 /);
      }
  });

test("a cut start line that leads to another protocol: what stands behind it is accounted for", () => {
  for (const pieceSize of [Number.POSITIVE_INFINITY, 1, 7]) {
    const steps: Step[] = [
      ask("a"),
      ["client-gap", 50],
      ["client", "CONNECT h:1.1\r\nHost: h\r\n\r\nrest"],
      ["client-gap", 20, "truncated"],
      CLOSE,
    ];
    const { analyzer } = understand(steps, { pieceSize });
    assert.ok(analyzer.ledger.balanced, `pieces of ${pieceSize}`);
    assert.equal(analyzer.budget.used, 0);
  }
});
