import assert from "node:assert/strict";
import { test } from "node:test";
import { type Step, understand } from "../../test/support/conversation.ts";
import { dnsFrame, dnsMessage, dnsQuestion } from "../../test/support/dns-bytes.ts";
import { understandPackets } from "../../test/support/http1-packets.ts";
import { parseSegment } from "../../test/support/tcp-script.ts";
import { compileFilter } from "./filter/index.ts";
import { rowOf } from "./protocols/index.ts";

const REQUEST = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";
const ASKED: Step = ["client", REQUEST];

interface Case {
  readonly name: string;
  /** A second after one another. */
  readonly steps: readonly Step[];
  readonly outcome: string;
  readonly problems: readonly string[];
}

/** Requests that are not answered: who ended the connection, how, and how long after the request. */
const CASES: readonly Case[] = [
  {
    name: "the server closes",
    steps: [ASKED, ["server-end"], ["client-end"], ["close", "fin"]],
    outcome: "none closed by the server after 1000 ms, closed by the client after 2000 ms",
    problems: ["request-without-response", "closed-by-server:1000ms", "closed-by-client:2000ms"],
  },
  {
    name: "the server closes, and the client leaves it at that",
    steps: [ASKED, ["server-end"]],
    outcome: "none closed by the server after 1000 ms",
    problems: ["request-without-response", "closed-by-server:1000ms"],
  },
  {
    name: "the client half-closes, and the server closes without an answer",
    steps: [ASKED, ["client-end"], ["server-end"], ["close", "fin"]],
    outcome: "none closed by the client after 1000 ms, closed by the server after 2000 ms",
    problems: ["request-without-response", "closed-by-client:1000ms", "closed-by-server:2000ms"],
  },
  {
    name: "the client half-closes, and waits until the input ends",
    steps: [ASKED, ["client-end"]],
    outcome: "none closed by the client after 1000 ms",
    problems: ["request-without-response", "closed-by-client:1000ms"],
  },
  {
    name: "the server resets",
    steps: [ASKED, ["close", "reset", "server"]],
    outcome: "error reset by the server after 1000 ms",
    problems: ["connection-reset", "request-without-response", "reset-by-server:1000ms"],
  },
  {
    name: "the client resets",
    steps: [ASKED, ["client-end"], ["close", "reset", "client"]],
    outcome: "error closed by the client after 1000 ms, reset by the client after 2000 ms",
    problems: ["connection-reset", "request-without-response", "closed-by-client:1000ms", "reset-by-client:2000ms"],
  },
  {
    name: "a reset by nobody knows whom",
    steps: [ASKED, ["close", "reset"]],
    outcome: "error connection-reset",
    problems: ["connection-reset", "request-without-response"],
  },
  {
    name: "nothing moves any more",
    steps: [ASKED, ["close", "timeout"]],
    outcome: "none timed out after 1000 ms",
    problems: ["request-without-response", "timed-out:1000ms"],
  },
  {
    name: "the input ends first: no end was seen",
    steps: [ASKED],
    outcome: "none request-without-response",
    problems: ["request-without-response"],
  },
  {
    name: "what the server sent was missed: it may have been the answer",
    steps: [ASKED, ["server-gap", 100], ["server-end"], ["client-end"], ["close", "fin"]],
    outcome: "none response-lost",
    problems: ["response-lost", "request-without-response"],
  },
  {
    name: "what the server sent was missed, nobody knows how much",
    steps: [ASKED, ["server-gap", undefined], ["server-end"], ["close", "fin"]],
    outcome: "none response-lost",
    problems: ["response-lost", "request-without-response"],
  },
  {
    name: "a command of Redis",
    steps: [
      ["client", "*1\r\n$4\r\nPING\r\n"],
      ["server", "+PONG\r\n"],
      ["client", "*1\r\n$4\r\nPING\r\n"],
      ["server-end"],
      ["close", "fin"],
    ],
    outcome: "none closed by the server after 1000 ms",
    problems: ["request-without-response", "closed-by-server:1000ms"],
  },
];

for (const { name, steps, outcome, problems } of CASES)
  test(`without an answer: ${name}`, () => {
    const exchange = understand(steps).emitted.at(-1)!;
    const { result, reason } = rowOf(exchange).outcome(exchange)!;
    assert.deepEqual([`${result} ${reason}`, exchange.problems], [outcome, problems]);
    assert.ok(compileFilter("error").matches("exchange", exchange));
    assert.ok(compileFilter(`outcome.reason == ${JSON.stringify(reason)}`).matches("exchange", exchange));
  });

test("an answered exchange is told nothing of the connection's end, one behind it is", () => {
  const steps: Step[] = [ASKED, ["server", "HTTP/1.1 204 No Content\r\n\r\n"], ASKED, ["server-end"], ["close", "fin"]];
  assert.deepEqual(
    understand(steps).exchanges.map(({ problems }) => problems),
    [[], ["request-without-response", "closed-by-server:1000ms"]],
  );
});

test("a response that a reset breaks off says who did it", () => {
  const steps: Step[] = [
    ASKED,
    ["server", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"],
    ["close", "reset", "client"],
  ];
  const [exchange] = understand(steps).exchanges;
  assert.deepEqual(exchange!.problems, ["connection-reset", "reset-by-client:2000ms"]);
  assert.deepEqual(rowOf(exchange!).outcome(exchange!), {
    result: "error",
    reason: "reset by the client after 2000 ms",
  });
});

const CHUNKED = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

/** Responses whose end never came. */
const PARTS = {
  "a head": "HTTP/1.1 200 OK\r\nContent-Ty",
  "a head before its empty line": "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n",
  "a head without its body": "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
  "a body": "HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\nabcd",
  "a chunk": `${CHUNKED}5\r\nab`,
  "chunks without the last": `${CHUNKED}2\r\nab\r\n`,
  trailers: `${CHUNKED}0\r\nx: y\r\n`,
} as const;

for (const [what, part] of Object.entries(PARTS))
  test(`a response that its connection's end cuts is an error: ${what}`, () => {
    const outcomeOf = (...end: readonly Step[]) => {
      const [exchange] = understand([ASKED, ["server", part], ...end]).exchanges;
      assert.equal(exchange!.quality, "unfinished");
      const { result, reason } = rowOf(exchange!).outcome(exchange!)!;
      assert.equal(compileFilter("error").matches("exchange", exchange!), result === "error");
      return `${result} ${reason ?? ""}`;
    };
    assert.equal(outcomeOf(["server-end"], ["close", "fin"]), "error closed by the server after 2000 ms");
    assert.equal(outcomeOf(["client-end"]), "error closed by the client after 2000 ms");
    assert.equal(outcomeOf(["close", "timeout"]), "error timed out after 2000 ms");
    assert.notEqual(outcomeOf().split(" ")[0], "error", "what goes on when the input ends may still come");
  });

/** The same of packets, a millisecond after one another. */
test("a part of an answer says who ended it; a body whose end is the connection's is whole", () => {
  const end: readonly Step[] = [["server-end"], ["close", "fin"]];
  for (const [head, problems] of [
    ["HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", ["closed-by-server:2000ms"]],
    ["HTTP/1.1 200 OK\r\n\r\n", []],
  ] as const) {
    const steps: Step[] = [ASKED, ["server", `${head}abc`], ...end];
    const [exchange] = understand(steps).exchanges;
    assert.deepEqual(exchange!.problems, problems);
    assert.equal(exchange!.quality, problems.length > 0 ? "unfinished" : "complete");
  }
});

const PACKETS: readonly [name: string, segments: readonly string[], outcome: string][] = [
  [
    "FIN",
    ["S FA 300 128", "C A 128 301", "C FA 128 301", "S A 301 129"],
    "none closed by the server after 1 ms, closed by the client after 3 ms",
  ],
  ["nothing more", ["S A 300 128"], "none request-without-response"],
  ["a client that half-closes first", ["C FA 128 300", "S A 300 129"], "none closed by the client after 1 ms"],
];

for (const [name, segments, outcome] of PACKETS)
  test(`without an answer, in packets: ${name}`, () => {
    const handshake = ["C S 99", "S SA 299 100", "C A 100 300"].map(parseSegment);
    const request = { ...parseSegment("C PA 100 300"), data: REQUEST };
    const { exchanges } = understandPackets([...handshake, request, ...segments.map(parseSegment)]);
    const [exchange] = exchanges;
    const { result, reason } = rowOf(exchange!).outcome(exchange!)!;
    assert.equal(`${result} ${reason}`, outcome);
  });

test("whatever is asked, a reset is an error and a silent end is no answer, with who ended it", () => {
  const query = dnsFrame(dnsMessage({ id: 1, questions: [dnsQuestion("a.example", 1)] }));
  for (const asked of [REQUEST, "*1\r\n$4\r\nPING\r\n", query]) {
    const outcomeOf = (...end: Step[]): string => {
      const { emitted } = understand([["client", asked], ...end], { stepMillis: 1000 });
      assert.equal(emitted.length, 1);
      const { result, reason } = rowOf(emitted[0]!).outcome(emitted[0]!)!;
      return `${result} ${reason}`;
    };
    assert.equal(outcomeOf(["close", "reset", "server"]), "error reset by the server after 1000 ms");
    assert.equal(outcomeOf(["server-end"], ["close", "fin"]), "none closed by the server after 1000 ms");
  }
});
