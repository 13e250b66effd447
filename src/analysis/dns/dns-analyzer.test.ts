import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { checkDocument } from "../../../test/support/check-document.ts";
import { type ConversationOptions, type Step, understand } from "../../../test/support/conversation.ts";
import { dnsFrame, dnsMessage, dnsName, dnsQuestion, dnsRecord, u32 } from "../../../test/support/dns-bytes.ts";
import type { Exchange } from "../../model/index.ts";
import { fieldsOf } from "../../wire/json/fields.ts";
import { EXCHANGE_CODEC, exchangeDocument, rowOf } from "../protocols/index.ts";
import { answerOf } from "./message-text.ts";

const TO_NAME = [0xc0, 12];

const query = (id: number, name: string, type = 1): Uint8Array =>
  dnsMessage({ id, questions: [dnsQuestion(name, type)] });

function answer(id: number, name: string, last = 1, flags = 0x8180): Uint8Array {
  const answers = (flags & 15) === 0 ? [dnsRecord(TO_NAME, 1, [192, 0, 2, last])] : [];
  return dnsMessage({ id, flags, questions: [dnsQuestion(name, 1)], answers });
}

/** `A example.com → NOERROR 192.0.2.1 | complete problems`. */
function summarize(exchange: Exchange): string {
  const { kind, quality, problems } = exchange;
  if (kind !== "dns") return `${kind} | ${quality}`;
  const row = rowOf(exchange);
  const { status = "?" } = row.cells(exchange);
  const facts = [quality, ...problems, exchange.request === undefined ? "no query" : ""];
  return `${row.operation(exchange)} → ${[status, answerOf(exchange)].filter(Boolean).join(" ")} | ${facts.filter(Boolean).join(" ")}`;
}

const UDP: ConversationOptions = {
  connection: { transport: "udp", opened: undefined } as unknown as NonNullable<ConversationOptions["connection"]>,
  roleUnknown: true,
  stepMillis: 10,
};
const TCP: ConversationOptions = { stepMillis: 10 };

function exchangesOf(steps: readonly Step[], options: ConversationOptions): string[] {
  const { emitted: exchanges, analyzer } = understand(steps, options);
  const book = analyzer.ledger.book("bytes");
  assert.equal(book.imbalance, 0);
  assert.equal(book.buffered, 0);
  assert.equal(analyzer.budget.used, 0);
  return exchanges.map(summarize);
}

/** Root, OPT, 1232 bytes, DO, a cookie. */
const EDNS = [0, 0, 41, 4, 208, ...u32(0x8000), 0, 12, 0, 10, 0, 8, "cookies!"];
const SOA = (serial: number) => [
  dnsName("ns"),
  dnsName("admin"),
  ...u32(serial),
  ...u32(1),
  ...u32(2),
  ...u32(3),
  ...u32(4),
];
const soaRecord = (serial: number) => dnsRecord(TO_NAME, 6, SOA(serial));
const transfer = (id: number, answers: readonly ReturnType<typeof dnsRecord>[], type = 252) =>
  dnsMessage({ id, flags: 0x8400, questions: [dnsQuestion("zone", type)], answers });

describe("DnsAnalyzer of datagrams", () => {
  const CASES: readonly {
    name: string;
    steps: readonly Step[];
    expected: readonly string[];
    options?: ConversationOptions;
  }[] = [
    {
      name: "answers in another order, told by identifier and question",
      steps: [
        ["client", query(1, "a.example")],
        ["client", query(2, "b.example")],
        ["client", query(2, "c.example")],
        ["server", answer(2, "c.example", 3)],
        ["server", answer(2, "B.Example", 2)],
        ["server", answer(1, "a.example", 1, 0x8183)],
      ],
      expected: [
        "A c.example → NOERROR 192.0.2.3 | complete",
        "A b.example → NOERROR 192.0.2.2 | complete",
        "A a.example → NXDOMAIN | complete",
      ],
    },
    {
      name: "a query that is sent again, and two answers",
      steps: [
        ["client", query(1, "a.example")],
        ["client", query(1, "a.example")],
        ["server", answer(1, "a.example")],
        ["server", answer(1, "a.example")],
      ],
      expected: [
        "A a.example → NOERROR 192.0.2.1 | complete retransmitted-query",
        "A a.example → NOERROR 192.0.2.1 | unpaired duplicate-response no query",
      ],
    },
    {
      name: "no answer, and an answer to nothing",
      steps: [
        ["client", query(1, "a.example")],
        ["server", answer(9, "z.example")],
      ],
      expected: [
        "A z.example → NOERROR 192.0.2.1 | unpaired response-without-request no query",
        "A a.example → ? | unfinished request-without-response",
      ],
    },
    {
      name: "a query that was captured after its answer",
      steps: [
        ["client", query(1, "a.example")],
        ["server", answer(2, "b.example")],
        ["server", answer(1, "a.example")],
        ["client", query(2, "b.example")],
      ],
      expected: [
        "A a.example → NOERROR 192.0.2.1 | complete",
        "A b.example → NOERROR 192.0.2.1 | complete captured-out-of-order",
      ],
    },
    {
      name: "an answer that does not repeat the question",
      steps: [
        ["client", query(7, "a.example")],
        ["server", dnsMessage({ id: 7, flags: 0x8181 })],
      ],
      expected: ["A a.example → FORMERR | complete"],
    },
    {
      name: "an answer that was cut off by the capture",
      steps: [
        ["client", query(1, "a.example")],
        ["server", answer(1, "a.example").subarray(0, 40)],
      ],
      expected: ["A a.example → NOERROR | truncated short-dns-message"],
    },
    {
      name: "as many as are waited for",
      steps: [
        ["client", query(1, "a.example")],
        ["client", query(2, "b.example")],
        ["client", query(3, "c.example")],
      ],
      options: { limits: { pendingExchanges: 2 } },
      expected: [
        "A a.example → ? | unpaired request-without-response pending-limit",
        "A b.example → ? | unfinished request-without-response",
        "A c.example → ? | unfinished request-without-response",
      ],
    },
    {
      name: "as long as is waited for",
      steps: [
        ["client", query(1, "a.example")],
        ["client", query(2, "b.example")],
        ["server", answer(1, "a.example")],
      ],
      options: { stepMillis: 20_000 },
      expected: [
        "A a.example → ? | unpaired request-without-response",
        "A a.example → NOERROR 192.0.2.1 | unpaired response-without-request no query",
        "A b.example → ? | unfinished request-without-response",
      ],
    },
    {
      name: "other opcodes",
      steps: [
        ["client", dnsMessage({ id: 5, flags: 0x2400, questions: [dnsQuestion("zone", 6)] })],
        ["server", dnsMessage({ id: 5, flags: 0xa400, questions: [dnsQuestion("zone", 6)] })],
      ],
      expected: ["NOTIFY zone → NOERROR | complete"],
    },
  ];
  for (const { name, steps, expected, options } of CASES)
    it(name, () => assert.deepEqual(exchangesOf(steps, { ...UDP, ...options }), expected));

  it("finds out who asks", () => {
    const { connection } = understand([["client", query(1, "a.example")]], UDP);
    assert.equal(connection.role, "client");
  });

  it("skips datagrams that are no DNS", () => {
    const { analyzer } = understand(
      [
        ["client", query(1, "a.example")],
        ["server", new Uint8Array(40).fill(0xff)],
      ],
      UDP,
    );
    assert.deepEqual([...analyzer.ledger.book("bytes").skippedBy], [["not-dns", 40]]);
  });
});

describe("DnsAnalyzer over TCP", () => {
  it("takes pipelined queries and answers in any order, however they are cut", () => {
    const steps: Step[] = [
      ["client", Buffer.concat([dnsFrame(query(1, "a.example")), dnsFrame(query(2, "b.example"))])],
      ["server", Buffer.concat([dnsFrame(answer(2, "b.example", 2)), dnsFrame(answer(1, "a.example"))])],
    ];
    for (const pieceSize of [1, 2, 3, 7, 1460])
      assert.deepEqual(exchangesOf(steps, { ...TCP, pieceSize }), [
        "A b.example → NOERROR 192.0.2.2 | complete",
        "A a.example → NOERROR 192.0.2.1 | complete",
      ]);
  });

  it("puts a zone transfer together", () => {
    const steps: Step[] = [
      ["client", dnsFrame(query(1, "zone", 252))],
      ["server", dnsFrame(transfer(1, [soaRecord(7), dnsRecord(TO_NAME, 1, [1, 2, 3, 4])]))],
      ["server", dnsFrame(transfer(1, Array(300).fill(dnsRecord(TO_NAME, 1, [1, 2, 3, 5]))))],
      ["server", dnsFrame(transfer(1, [soaRecord(7)]))],
      ["client", dnsFrame(query(2, "a.example"))],
      ["server", dnsFrame(answer(2, "a.example"))],
    ];
    const { emitted: exchanges } = understand(steps, TCP);
    const [first, second] = exchanges;
    assert.equal(exchanges.length, 2);
    assert.ok(first?.kind === "dns" && second?.kind === "dns");
    assert.equal(first.response?.messages, 3);
    assert.equal(first.response.message.counts.answers, 303);
    assert.equal(first.response.message.answers.length, 256);
    assert.equal(summarize(second), "A a.example → NOERROR 192.0.2.1 | complete");
  });

  it("knows where incremental transfers end", () => {
    const record = dnsRecord(TO_NAME, 1, [1, 2, 3, 4]);
    const ANSWERS: readonly (readonly ReturnType<typeof dnsRecord>[])[] = [
      [soaRecord(9)],
      [soaRecord(9), record, soaRecord(9)],
      [soaRecord(9), soaRecord(8), record, soaRecord(9), record, soaRecord(9)],
    ];
    for (const answers of ANSWERS) {
      const steps: Step[] = [
        ["client", dnsFrame(query(1, "zone", 251))],
        ["server", dnsFrame(transfer(1, answers, 251))],
      ];
      const [exchange] = exchangesOf(steps, TCP);
      assert.match(exchange!, /complete/);
    }
  });

  it("says of a transfer that broke off that it did", () => {
    const steps: Step[] = [
      ["client", dnsFrame(query(1, "zone", 252))],
      ["server", dnsFrame(transfer(1, [soaRecord(7), dnsRecord(TO_NAME, 1, [1, 2, 3, 4])]))],
      ["close", "reset"],
    ];
    assert.deepEqual(exchangesOf(steps, TCP), [
      "AXFR zone → NOERROR ns admin 7 1 2 3 4 +1 | unfinished unfinished-transfer connection-reset",
    ]);
  });

  it("loses what a hole has in it, and finds what comes after", () => {
    const first = dnsFrame(answer(1, "a.example"));
    const steps: Step[] = [
      [
        "client",
        Buffer.concat([
          dnsFrame(query(1, "a.example")),
          dnsFrame(query(2, "b.example")),
          dnsFrame(query(3, "c.example")),
        ]),
      ],
      ["server", first.subarray(0, 10)],
      ["server-gap", first.length - 10],
      ["server", dnsFrame(answer(2, "b.example"))],
      ["server-gap", 30],
      ["server", dnsFrame(answer(3, "c.example"))],
    ];
    assert.deepEqual(exchangesOf(steps, TCP), [
      "A b.example → NOERROR 192.0.2.1 | complete",
      "A c.example → NOERROR 192.0.2.1 | complete",
      "A a.example → ? | unfinished request-without-response",
    ]);
  });

  it("takes no other protocol for DNS", () => {
    const OTHERS: readonly (readonly [client: string, server: string])[] = [
      // Kafka's ApiVersions, MySQL's greeting, PostgreSQL's startup, AMQP, MQTT's CONNECT, ZooKeeper's connect.
      ["\0\0\0\x14\0\x12\0\x03\0\0\0\x01\0\x04test\0\0\0\0\0\0", "\0\0\0\x06\0\0\0\x01\0\0"],
      ["\x20\0\0\x01\x85\xa6\x03\0\0\0\0\x01\x08", "\x4a\0\0\0\x0a8.0.36\0"],
      ["\0\0\0\x08\x04\xd2\x16\x2f", "S"],
      ["AMQP\0\0\x09\x01", "\x01\0\0\0\0\x01\xdc\0\x0a\0\x0a\0\x09"],
      ["\x10\x10\0\x04MQTT\x04\x02\0\x3c\0\x04test", "\x20\x02\0\0"],
      [`\0\0\0\x2d${"\0".repeat(45)}`, `\0\0\0\x25${"\0".repeat(37)}`],
    ];
    for (const [client, server] of OTHERS)
      for (const exchange of understand(
        [
          ["client", client],
          ["server", server],
        ],
        TCP,
      ).emitted)
        assert.equal(exchange.kind, "opaque", JSON.stringify(client));
  });
});

describe("DNS exchanges", () => {
  it("are read back from their documents without loss", () => {
    const steps: Step[] = [
      ["client", query(1, "a.example")],
      ["server", answer(1, "a.example")],
      ["client", dnsMessage({ id: 2, questions: [dnsQuestion("b.example", 1)], additionals: [EDNS] })],
      ["server", answer(2, "b.example").subarray(0, 40)],
    ];
    const { emitted, connection } = understand(steps, UDP);
    assert.equal(emitted.length, 2);
    for (const exchange of emitted) {
      const document = JSON.parse(JSON.stringify(exchangeDocument(exchange)));
      checkDocument(document);
      assert.deepEqual(EXCHANGE_CODEC.readDocument(fieldsOf(document), connection), exchange);
    }
  });

  it("tell what a program can ask of them", () => {
    const { emitted: exchanges } = understand(
      [
        ["client", query(1, "a.example")],
        ["server", answer(1, "a.example", 1, 0x8183)],
      ],
      UDP,
    );
    const document = exchangeDocument(exchanges[0]!) as Record<string, unknown>;
    assert.equal(document["operation"], "A a.example");
    assert.deepEqual(document["outcome"], { result: "error", reason: "NXDOMAIN" });
    assert.equal(document["protocol"], "dns/udp");
    const none = understand([["client", query(1, "a.example")]], UDP).emitted[0]!;
    assert.deepEqual(rowOf(none).outcome(none), { result: "none", reason: "request-without-response" });
  });
});
