import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type ConversationOptions, type Step, understand } from "../../../test/support/conversation.ts";
import { bulk, command, redisOf, summarize } from "../../../test/support/redis/summarize.ts";
import { rowOf } from "../protocols/index.ts";

/** The exchanges that are understood; with every way of cutting, the same. The ledger balances, and nothing stays reserved. */
function exchangesOf(steps: readonly Step[], options: ConversationOptions = {}): string[] {
  const look = (pieceSize: number | undefined): string[] => {
    const { emitted: exchanges, analyzer } = understand(steps, {
      ...options,
      ...(pieceSize !== undefined && { pieceSize }),
    });
    const book = analyzer.ledger.book("bytes");
    assert.equal(book.imbalance, 0);
    assert.equal(book.buffered, 0);
    assert.equal(analyzer.budget.used, 0);
    return exchanges.map(summarize);
  };
  const whole = look(undefined);
  for (const size of [1, 2, 3, 7]) assert.deepEqual(look(size), whole, `in pieces of ${size}`);
  return whole;
}

const CASES: readonly {
  name: string;
  steps: readonly Step[];
  expected: readonly string[];
  options?: ConversationOptions;
}[] = [
  {
    name: "a command and its reply",
    steps: [
      ["client", command("SET", "k", "two words")],
      ["server", "+OK\r\n"],
    ],
    expected: ['SET k "two words" → OK | complete'],
  },
  {
    name: "pipelined commands",
    steps: [
      ["client", command("SET", "a", "1") + command("GET", "a") + command("GET", "b")],
      ["server", "+OK\r\n$1\r\n1\r\n"],
      ["server", "$-1\r\n"],
    ],
    expected: ["SET a 1 → OK | complete", 'GET a → "1" | complete', "GET b → (nil) | complete"],
  },
  {
    name: "errors",
    steps: [
      ["client", command("LPOP", "k")],
      ["server", "-WRONGTYPE Operation against a key\r\n"],
    ],
    expected: ["LPOP k → (error) WRONGTYPE Operation against a key | complete"],
  },
  {
    name: "a transaction",
    steps: [
      ["client", command("MULTI") + command("INCR", "a") + command("EXEC")],
      ["server", "+OK\r\n+QUEUED\r\n*1\r\n:1\r\n"],
    ],
    expected: ["MULTI → OK | complete", "INCR a → QUEUED | complete", "EXEC → (array of 1) | complete"],
  },
  {
    name: "inline commands, known by what the server replies",
    steps: [
      ["client", 'PING\r\nset k "a b"\r\n\r\n'],
      ["server", "+PONG\r\n+OK\r\n"],
    ],
    expected: ["PING → PONG | complete", 'set k "a b" → OK | complete'],
  },
  {
    name: "inline commands after empty lines",
    steps: [
      ["client", "\r\n\nPING\r\n"],
      ["server", "+PONG\r\n"],
    ],
    expected: ["PING → PONG | complete"],
  },
  {
    name: "commands that are none, before and between others",
    steps: [
      ["client", `*-5\r\n\r\n*0\r\n${command("PING")}*-1\r\nPING\r\n*-12\r\n${command("GET", "k")}`],
      ["server", "+PONG\r\n+PONG\r\n$-1\r\n"],
    ],
    expected: ["PING → PONG | complete", "PING → PONG | complete", "GET k → (nil) | complete"],
  },
  {
    name: "inline commands after one that is none",
    steps: [
      ["client", "*-5\r\nPING\r\n"],
      ["server", "+PONG\r\n"],
    ],
    expected: ["PING → PONG | complete"],
  },
  {
    name: "RESP3: the switch, maps, attributes, pushes between replies",
    steps: [
      ["client", command("HELLO", "3") + command("HGETALL", "h") + command("GET", "k")],
      ["server", `%1\r\n${bulk("proto")}:3\r\n`],
      ["server", `%1\r\n${bulk("f")}${bulk("v")}`],
      ["server", `>2\r\n${bulk("invalidate")}*1\r\n${bulk("k")}`],
      ["server", `|1\r\n+ttl\r\n:9\r\n${bulk("v")}`],
    ],
    expected: [
      "HELLO 3 → (map of 1) | resp3 complete",
      "HGETALL h → (map of 1) | resp3 complete",
      "? → (push of 2) | resp3 complete pushed",
      'GET k → "v" | resp3 complete',
    ],
  },
  {
    name: "subscriptions of RESP2",
    steps: [
      ["client", command("SUBSCRIBE", "a", "b")],
      ["server", `*3\r\n${bulk("subscribe")}${bulk("a")}:1\r\n*3\r\n${bulk("subscribe")}${bulk("b")}:2\r\n`],
      ["server", `*3\r\n${bulk("message")}${bulk("a")}${bulk("hi")}`],
      ["client", command("PING")],
      ["server", `*3\r\n${bulk("message")}${bulk("b")}${bulk("ho")}*2\r\n${bulk("pong")}${bulk("")}`],
      ["client", command("UNSUBSCRIBE")],
      ["server", `*3\r\n${bulk("unsubscribe")}${bulk("b")}:1\r\n*3\r\n${bulk("unsubscribe")}${bulk("a")}:0\r\n`],
      ["client", command("GET", "k")],
      ["server", `*3\r\n${bulk("message")}${bulk("x")}${bulk("y")}`],
    ],
    expected: [
      "SUBSCRIBE a b → (array of 3) x2 | complete",
      "? → (array of 3) | complete pushed",
      "? → (array of 3) | complete pushed",
      "PING → (array of 2) | complete",
      "UNSUBSCRIBE → (array of 3) | complete",
      "? → (array of 3) | complete pushed",
      "GET k → (array of 3) | complete",
    ],
  },
  {
    name: "subscriptions of RESP3 beside commands",
    steps: [
      ["client", command("HELLO", "3")],
      ["server", `%1\r\n${bulk("proto")}:3\r\n`],
      ["client", command("SUBSCRIBE", "a") + command("GET", "k")],
      [
        "server",
        `>3\r\n${bulk("subscribe")}${bulk("a")}:1\r\n>3\r\n${bulk("message")}${bulk("a")}${bulk("m")}${bulk("v")}`,
      ],
    ],
    expected: [
      "HELLO 3 → (map of 1) | resp3 complete",
      "SUBSCRIBE a → (push of 3) | resp3 complete",
      "? → (push of 3) | resp3 complete pushed",
      'GET k → "v" | resp3 complete',
    ],
  },
  {
    name: "MONITOR",
    steps: [
      ["client", command("MONITOR")],
      ["server", '+OK\r\n+1339518083.107412 [0 127.0.0.1:60866] "keys" "*"\r\n'],
      ["client", command("QUIT")],
      ["server", "+OK\r\n"],
    ],
    expected: [
      "MONITOR → OK | complete",
      '? → 1339518083.107412 [0 127.0.0.1:60866] "keys" "*" | complete pushed',
      "QUIT → OK | complete",
    ],
  },
  {
    name: "replies that are switched off",
    steps: [
      ["client", command("CLIENT", "REPLY", "OFF") + command("SET", "a", "1") + command("CLIENT", "REPLY", "ON")],
      ["server", "+OK\r\n"],
      ["client", command("CLIENT", "REPLY", "SKIP") + command("SET", "b", "1") + command("GET", "b")],
      ["server", "$1\r\n1\r\n"],
    ],
    expected: [
      "CLIENT REPLY OFF → ? | complete unanswered",
      "SET a 1 → ? | complete unanswered",
      "CLIENT REPLY ON → OK | complete",
      "CLIENT REPLY SKIP → ? | complete unanswered",
      "SET b 1 → ? | complete unanswered",
      'GET b → "1" | complete',
    ],
  },
  {
    name: "no answer before the end",
    steps: [
      ["client", command("BLPOP", "q", "0")],
      ["close", "reset"],
    ],
    expected: ["BLPOP q 0 → ? | unfinished request-without-response connection-reset"],
  },
  {
    name: "a refusal before anything was asked",
    steps: [
      ["client", command("GET", "k")],
      ["server", "-LOADING Redis is loading\r\n"],
    ],
    expected: ["GET k → (error) LOADING Redis is loading | complete"],
  },
  {
    name: "a reply that was captured before its command",
    steps: [
      ["client", command("GET", "a")],
      ["server", "$1\r\n1\r\n$1\r\n2\r\n"],
      ["client", command("GET", "b")],
    ],
    expected: ['GET a → "1" | complete', 'GET b → "2" | complete captured-out-of-order'],
  },
  {
    name: "a hole inside a value",
    steps: [
      ["client", `*3\r\n${bulk("SET")}${bulk("k")}$10\r\nab`],
      ["client-gap", 6],
      ["client", `ij\r\n${command("GET", "k")}`],
      ["server", "+OK\r\n$1\r\nv\r\n"],
    ],
    expected: ["SET k ab… → OK | gap", 'GET k → "v" | complete'],
  },
  {
    name: "a hole up to a command's end, and up to a reply's",
    steps: [
      ["client", `*3\r\n${bulk("SET")}${bulk("k")}$10\r\nab`],
      ["client-gap", 10],
      ["client", command("GET", "k")],
      ["server", "+OK\r\n$10\r\n"],
      ["server-gap", 12],
      ["client", command("GET", "l")],
      ["server", "$1\r\nv\r\n"],
    ],
    expected: ["SET k ab… → OK | gap", 'GET k → ""… | gap', 'GET l → "v" | complete'],
  },
  {
    name: "a hole from inside a command over the next ones",
    steps: [
      ["client", `*3\r\n${bulk("SET")}${bulk("k")}$10\r\nab`],
      ["client-gap", 40],
      ["close", "fin"],
    ],
    expected: ["SET k ab… → ? | gap request-without-response"],
  },
  {
    name: "a broken stream: what comes after is no reply to what was asked before",
    steps: [
      ["client", command("GET", "a")],
      ["server", "?nonsense\r\n"],
      ["server", "$1\r\n1\r\n:5\r\n"],
    ],
    expected: [
      "GET a → ? | gap request-without-response",
      '? → "1" | gap response-without-request',
      "? → (integer) 5 | gap response-without-request",
    ],
  },
  {
    name: "replication",
    steps: [
      ["client", command("PSYNC", "?", "-1")],
      ["server", "+FULLRESYNC abc 0\r\n"],
      ["server", "$5\r\nREDIS"],
      ["client", command("REPLCONF", "ACK", "1")],
    ],
    expected: ["PSYNC ? -1 → FULLRESYNC abc 0 | complete"],
  },
];

describe("RedisAnalyzer", () => {
  for (const { name, steps, expected, options } of CASES)
    it(name, () => assert.deepEqual(exchangesOf(steps, options), expected));

  it("says what was on the wire, and when", () => {
    const steps: Step[] = [
      ["client", command("GET", "k").slice(0, 9)],
      ["client", command("GET", "k").slice(9)],
      ["server", "$3\r\nab"],
      ["server", "c\r\n"],
    ];
    const [exchange] = redisOf(understand(steps).emitted);
    assert.equal(exchange!.request!.size, 20);
    assert.equal(exchange!.response!.size, 9);
    const { requestStart, requestEnd, responseStart, responseEnd } = exchange!.times;
    assert.deepEqual(
      [requestStart, requestEnd, responseStart, responseEnd].map((time) => time?.seconds),
      [1, 2, 3, 4],
    );
    assert.deepEqual(rowOf(exchange!).sizes(exchange!), { request: 20, response: 9 });
  });

  it("keeps so much of a value, and counts the rest", () => {
    const value = "x".repeat(5000);
    const list = `*300\r\n${bulk("0123456789").repeat(300)}`;
    const steps: Step[] = [
      ["client", command("SET", "k", value) + command("LRANGE", "l", "0", "-1")],
      ["server", `+OK\r\n${list}`],
    ];
    const { emitted: exchanges, analyzer } = understand(steps, { limits: { bodyBytes: 1000 } });
    const [set, range] = redisOf(exchanges);
    assert.equal(set!.quality, "truncated");
    assert.equal(set!.request!.words[2]!.size, 5000);
    assert.ok(set!.request!.words[2]!.bytes.length <= 1000);
    const { value: array } = range!.response!;
    assert.ok("values" in array && array.count === 300 && array.values.length < 60);
    assert.equal(range!.quality, "truncated");
    const book = analyzer.ledger.book("bytes");
    assert.equal(book.imbalance, 0);
    assert.ok(book.truncated > 4000);
  });

  it("gives up the oldest command where too many wait", () => {
    const steps: Step[] = [
      ["client", command("GET", "a") + command("GET", "b") + command("GET", "c")],
      ["server", "$1\r\n1\r\n$1\r\n2\r\n"],
    ];
    assert.deepEqual(exchangesOf(steps, { limits: { pendingExchanges: 2 } }), [
      "GET a → ? | unpaired request-without-response pending-limit",
      '? → "1" | unpaired response-without-request pending-limit',
      'GET b → "2" | complete',
      "GET c → ? | unfinished request-without-response",
    ]);
  });
});
