import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  type DnsPart,
  dnsBytes,
  dnsFrame,
  dnsMessage,
  dnsName,
  dnsQuestion,
  dnsRecord,
  u16,
  u32,
} from "../../../test/support/dns-bytes.ts";
import { Random } from "../../../test/support/random.ts";
import { hexToBytes } from "../bytes/hex.ts";
import { decodeDnsMessage } from "./decode-dns-message.ts";
import { DnsFramer } from "./dns-framer.ts";
import { dnsRcodeName, dnsTypeName } from "./dns-names.ts";

const QUESTION = dnsQuestion("www.example.com", 1);
/** To the name of the first question. */
const TO_NAME = [0xc0, 12];

describe("decodeDnsMessage", () => {
  it("reads a question with EDNS, as dig asks it", () => {
    const message = decodeDnsMessage(
      dnsMessage({
        flags: 0x0120,
        questions: [QUESTION],
        additionals: [
          [0, ...u16(41), ...u16(1232), ...u32(0x8000), ...u16(12), ...u16(10), ...u16(8), "\u0001".repeat(8)],
        ],
      }),
    );
    assert.deepEqual(message, {
      id: 0x1234,
      isResponse: false,
      opcode: 0,
      authoritative: false,
      truncated: false,
      recursionDesired: true,
      recursionAvailable: false,
      authenticData: true,
      checkingDisabled: false,
      rcode: 0,
      questions: [{ name: "www.example.com", type: "A", class: "IN" }],
      answers: [],
      authorities: [],
      additionals: [],
      edns: {
        udpSize: 1232,
        version: 0,
        dnssecOk: true,
        options: [{ code: 10, name: "COOKIE", data: "0101010101010101" }],
      },
      counts: { answers: 0, authorities: 0, additionals: 1 },
    });
  });

  it("reads an answer with compressed names, and the upper bits of its rcode", () => {
    const message = decodeDnsMessage(
      dnsMessage({
        flags: 0x8580,
        questions: [QUESTION],
        answers: [
          dnsRecord(TO_NAME, 5, [3, "web", 0xc0, 16], 60),
          dnsRecord([3, "web", 0xc0, 16], 1, [192, 0, 2, 1], 3_000_000_000),
        ],
        authorities: [dnsRecord([0xc0, 16], 2, [2, "ns", 0xc0, 16])],
        additionals: [[0, ...u16(41), ...u16(4096), ...u32(0x01000000), 0, 0]],
      }),
    )!;
    assert.equal(message.problem, undefined);
    assert.equal(dnsRcodeName(message.rcode), "BADVERS");
    assert.ok(message.isResponse && message.authoritative && message.recursionAvailable && !message.truncated);
    assert.deepEqual(message.answers, [
      { name: "www.example.com", type: "CNAME", class: "IN", ttl: 60, data: "web.example.com" },
      { name: "web.example.com", type: "A", class: "IN", ttl: 3_000_000_000, data: "192.0.2.1" },
    ]);
    assert.equal(message.authorities[0]?.data, "ns.example.com");
  });

  const names: readonly [wire: DnsPart, text: string][] = [
    [[0], "."],
    [[3, "a.b", 0], "a\\.b"],
    [[5, '"$;@\\', 0], '\\"\\$\\;\\@\\\\'],
    [[4, " \u0000\u007f\u00ff", 0], "\\032\\000\\127\\255"],
    [[3, "WwW", 0], "WwW"],
    [[...Array<DnsPart>(127).fill([1, "x"]), 0], Array(127).fill("x").join(".")],
  ];
  for (const [wire, text] of names)
    it(`writes a name as ${text.slice(0, 30)}`, () => {
      const message = decodeDnsMessage(dnsMessage({ questions: [dnsQuestion(wire, 1)] }))!;
      assert.equal(message.problem, undefined);
      assert.equal(message.questions[0]?.name, text);
    });

  const bad: readonly [what: string, name: DnsPart, problem: string][] = [
    ["a pointer to itself", [0xc0, 12], "bad-compression-pointer"],
    ["a pointer forward", [0xc0, 20], "bad-compression-pointer"],
    ["a loop through a label", [1, "a", 0xc0, 12], "bad-compression-pointer"],
    ["a label of a reserved kind", [0x41, "a", 0], "bad-label"],
    ["a name of 256 bytes", [...Array<DnsPart>(127).fill([1, "x"]), 1, 0], "name-too-long"],
    ["a label beyond the end", [60, "abc"], "short-dns-message"],
    ["half a pointer", [0xc0], "short-dns-message"],
  ];
  for (const [what, name, problem] of bad)
    it(`refuses ${what}`, () => {
      const bytes = dnsBytes([...u16(1), 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, name]);
      assert.equal(decodeDnsMessage(bytes)?.problem, problem);
    });

  it("follows no more than 128 pointers, each to the one before it", () => {
    const long = dnsMessage({
      flags: 0x8000,
      questions: [dnsQuestion("x", 1)],
      answers: [
        dnsRecord([0], 10, [0, 0, Array.from({ length: 200 }, (_, at) => u16(0xc000 + 12 + 7 + 11 + 2 * at))]),
        dnsRecord([0], 2, u16(0xc000 + 12 + 7 + 11 + 2 * 128)),
        dnsRecord([0], 2, u16(0xc000 + 12 + 7 + 11 + 2 * 127)),
      ],
    });
    const message = decodeDnsMessage(long)!;
    assert.equal(message.problem, "bad-compression-pointer");
    assert.match(message.answers[1]!.data, /^\\# 2 /);
    assert.equal(message.answers[2]!.data, ".");
  });

  it("shows the records after one whose data is wrong", () => {
    const message = decodeDnsMessage(
      dnsMessage({
        flags: 0x8000,
        questions: [QUESTION],
        answers: [dnsRecord(TO_NAME, 1, [1, 2, 3]), dnsRecord(TO_NAME, 1, [1, 2, 3, 4])],
      }),
    )!;
    assert.deepEqual(
      message.answers.map(({ data }) => data),
      ["\\# 3 010203", "1.2.3.4"],
    );
    assert.equal(message.problem, "short-dns-message");
  });

  it("counts what it does not keep", () => {
    const bytes = dnsMessage({
      flags: 0x8000,
      questions: [QUESTION],
      answers: Array(5).fill(dnsRecord(TO_NAME, 1, [1, 2, 3, 4])),
    });
    const message = decodeDnsMessage(bytes, 0, bytes.length, 2)!;
    assert.equal(message.answers.length, 2);
    assert.equal(message.counts.answers, 5);
    assert.equal(message.problem, undefined);
  });

  it("gives what came before the cut", () => {
    const whole = dnsMessage({ flags: 0x8000, questions: [QUESTION], answers: [dnsRecord(TO_NAME, 1, [1, 2, 3, 4])] });
    assert.equal(decodeDnsMessage(whole)?.problem, undefined);
    for (let size = 0; size < whole.length; size++) {
      const message = decodeDnsMessage(whole, 0, size);
      if (size < 12) assert.equal(message, undefined);
      else {
        assert.equal(message?.problem, "short-dns-message");
        assert.equal(message?.answers.length, 0);
        assert.equal(message?.questions.length, size < 12 + 21 ? 0 : 1);
      }
    }
    assert.equal(decodeDnsMessage(dnsBytes([whole, 0]))?.problem, "trailing-dns-bytes");
  });
});

describe("the data of records", () => {
  const hex = (text: string): Uint8Array => hexToBytes(text.replaceAll(" ", ""));
  /** As zone files and dig have them. */
  const RECORDS: readonly [type: string, data: DnsPart, text: string][] = [
    ["A", [127, 0, 0, 1], "127.0.0.1"],
    ["AAAA", hex("20010db8000000000000000000000001"), "2001:db8::1"],
    ["NS", dnsName("ns.example"), "ns.example"],
    ["CNAME", dnsName("."), "."],
    ["PTR", dnsName("host.example"), "host.example"],
    ["DNAME", dnsName("example"), "example"],
    [
      "SOA",
      [
        dnsName("ns"),
        dnsName("admin.ns"),
        ...u32(2026010101),
        ...u32(7200),
        ...u32(3600),
        ...u32(1209600),
        ...u32(300),
      ],
      "ns admin.ns 2026010101 7200 3600 1209600 300",
    ],
    ["MX", [...u16(10), dnsName("mail.example")], "10 mail.example"],
    ["TXT", [5, 'a"\\ \u0001', 0, 2, "v="], '"a\\"\\\\ \\001" "" "v="'],
    ["HINFO", [3, "ARM", 5, "Linux"], '"ARM" "Linux"'],
    ["SRV", [...u16(1), ...u16(2), ...u16(8080), dnsName("a.b")], "1 2 8080 a.b"],
    [
      "NAPTR",
      [...u16(100), ...u16(10), 1, "S", 7, "SIP+D2U", 0, dnsName("_sip._udp.x")],
      '100 10 "S" "SIP+D2U" "" _sip._udp.x',
    ],
    ["CAA", [0, 5, "issue", "ca.example"], '0 issue "ca.example"'],
    ["URI", [...u16(10), ...u16(1), "https://x/"], '10 1 "https://x/"'],
    ["DS", [...u16(60485), 5, 1, hex("2bb183af")], "60485 5 1 2BB183AF"],
    ["DNSKEY", [...u16(256), 3, 8, hex("010203")], "256 3 8 AQID"],
    [
      "RRSIG",
      [...u16(1), 8, 2, ...u32(3600), ...u32(1700000000), ...u32(1690000000), ...u16(7), dnsName("x"), hex("00ff")],
      "A 8 2 3600 20231114221320 20230722042640 7 x AP8=",
    ],
    ["NSEC", [dnsName("b.x"), 0, 6, hex("400000000003"), 1, 1, 0x40], "b.x A RRSIG NSEC CAA"],
    ["NSEC3", [1, 1, ...u16(12), 4, hex("aabbccdd"), 5, hex("0001020304"), 0, 1, 0x40], "1 1 12 AABBCCDD 000G40O4 A"],
    ["NSEC3PARAM", [1, 0, ...u16(0), 0], "1 0 0 -"],
    ["TLSA", [3, 1, 1, hex("abcd")], "3 1 1 ABCD"],
    ["SSHFP", [4, 2, hex("0123")], "4 2 0123"],
    [
      "LOC",
      hex("00 12 16 13 89 17 2d d0 70 be 15 f0 00 98 8d 20"),
      "42 21 54.000 N 71 6 18.000 W -24.00m 1m 10000m 10m",
    ],
    ["EUI48", hex("00005e0053 2a"), "00-00-5e-00-53-2a"],
    [
      "HTTPS",
      [
        ...u16(1),
        0,
        ...u16(1),
        ...u16(6),
        2,
        "h2",
        2,
        "h3",
        ...u16(3),
        0,
        2,
        ...u16(8443),
        ...u16(4),
        0,
        4,
        192,
        0,
        2,
        1,
      ],
      '1 . alpn="h2,h3" port=8443 ipv4hint=192.0.2.1',
    ],
    ["SVCB", [...u16(0), dnsName("pool.x")], "0 pool.x"],
    [
      "APL",
      [...u16(1), 21, 3, 192, 168, 32, ...u16(2), 32, 0x84, hex("20010db8")],
      "1:192.168.32.0/21 !2:2001:db8::/32",
    ],
    ["IPSECKEY", [10, 3, 2, dnsName("gw.x"), hex("00ff")], "10 3 2 gw.x AP8="],
    ["AMTRELAY", [0, 0], "0 0 0 ."],
    ["AMTRELAY", [128, 0x81, 192, 0, 2, 1], "128 1 1 192.0.2.1"],
    ["HIP", [2, 2, ...u16(2), hex("abcd00ff"), dnsName("a.x"), dnsName("b.x")], "2 ABCD AP8= a.x b.x"],
    ["WKS", [192, 0, 2, 1, 6, 0, 0, 0x20, 0x40], "192.0.2.1 6 18 25"],
    ["A6", [64, hex("0000000000000001"), dnsName("p.x")], "64 ::1 p.x"],
    ["A6", [128, dnsName("p.x")], "128 p.x"],
    ["NXT", [dnsName("b.x"), 0x62, 1], "b.x A NS SOA MX"],
    ["DOA", [...u32(7), ...u32(8), 1, 1, "x", hex("00ff")], '7 8 1 "x" AP8='],
    ["TYPE65280", [1, 2], "\\# 2 0102"],
    ["TYPE65280", [], "\\# 0"],
    [
      "TSIG",
      [dnsName("hmac-sha256"), 0, 0, ...u32(1700000000), ...u16(300), ...u16(2), 1, 2, ...u16(77), 0, 0, 0, 0],
      "hmac-sha256 1700000000 300 2 AQI= 77 0 0",
    ],
  ];
  const numbers = new Map(Array.from({ length: 65_536 }, (_, number) => [dnsTypeName(number), number] as const));
  for (const [type, data, text] of RECORDS)
    it(`writes ${type} as ${text.slice(0, 50)}`, () => {
      const bytes = dnsMessage({
        flags: 0x8000,
        questions: [QUESTION],
        answers: [dnsRecord(TO_NAME, numbers.get(type)!, data), dnsRecord(TO_NAME, 1, [1, 2, 3, 4])],
      });
      const message = decodeDnsMessage(bytes)!;
      assert.equal(message.problem, undefined);
      assert.equal(message.answers[0]?.data, text);
      assert.equal(message.answers[0]?.type, type);
      // Data that is cut, or longer than it should be, is never taken for whole.
      assert.equal(message.answers[1]?.data, "1.2.3.4");
    });
});

describe("DNS, fuzzed", () => {
  it("takes any bytes", () => {
    const random = new Random();
    const whole = dnsMessage({
      flags: 0x8000,
      questions: [QUESTION],
      answers: [
        dnsRecord(TO_NAME, 6, [dnsName("ns"), TO_NAME, ...u32(1), ...u32(2), ...u32(3), ...u32(4), ...u32(5)]),
        dnsRecord(TO_NAME, 65, [...u16(1), 0, ...u16(1), ...u16(3), 2, "h2"]),
      ],
      additionals: [
        [0, ...u16(41), ...u16(1232), ...u32(0x8000), ...u16(12), ...u16(10), ...u16(8), "\u0001".repeat(8)],
      ],
    });
    for (let round = 0; round < 3000; round++) {
      const bytes = whole.slice(0, random.chance(2) ? whole.length : random.below(whole.length + 1));
      for (let damage = random.below(4); damage > 0 && bytes.length > 0; damage--)
        bytes[random.below(bytes.length)] = random.below(256);
      const message = decodeDnsMessage(bytes);
      const clue = `seed ${random.seed}, round ${round}`;
      assert.equal(message === undefined, bytes.length < 12, clue);
      if (message === undefined || message.problem !== undefined) continue;
      assert.equal(message.answers.length, message.counts.answers, clue);
      assert.equal(message.authorities.length, message.counts.authorities, clue);
    }
  });

  it("costs no more than a message's size allows", () => {
    // Each record's name is a chain through all pointers before it.
    const records = Array.from({ length: 5000 }, (_, at) => [
      ...u16(0xc000 + Math.min(0x3fff, at === 0 ? 12 : 11 + 12 * at)),
      ...[0, 10, 0, 1, 0, 0, 0, 0, 0, 0],
    ]);
    const bytes = dnsMessage({ flags: 0x8000, answers: [dnsRecord([0], 10, []), ...records] });
    const message = decodeDnsMessage(bytes)!;
    assert.equal(message.problem, "bad-compression-pointer");
    assert.equal(message.answers.length, 129);
  });
});

describe("DnsFramer", () => {
  it("finds the messages, however they are cut", () => {
    const messages = [dnsMessage({}), new Uint8Array(0), dnsMessage({ questions: [QUESTION] }), Uint8Array.of(7)];
    const stream = dnsBytes([...messages.map(dnsFrame), 0, 9, 1]);
    const frame = (pieces: readonly Uint8Array[]) => {
      const seen: string[] = [];
      const framer = new DnsFramer({
        message: (bytes, start, end) => seen.push(Buffer.from(bytes.subarray(start, end)).toString("hex")),
        lost: () => assert.fail(),
        reserve: () => true,
        release: () => {},
      });
      for (const piece of pieces) framer.push(piece);
      return { seen, held: framer.held };
    };
    const whole = frame([stream]);
    assert.deepEqual(
      whole.seen,
      messages.map((message) => Buffer.from(message).toString("hex")),
    );
    assert.equal(whole.held, 3);
    for (let at = 1; at < stream.length; at++)
      assert.deepEqual(frame([stream.subarray(0, at), stream.subarray(at)]), whole, `split at ${at}`);
    assert.deepEqual(frame(Array.from(stream, (byte) => Uint8Array.of(byte))), whole);
  });

  it("passes over a message with a hole in it, and over one that there is no room for", () => {
    const told: string[] = [];
    let room = 0;
    const framer = new DnsFramer({
      message: (_bytes, start, end) => told.push(`message ${end - start}`),
      lost: (size, pushed) => told.push(`lost ${size} ${pushed}`),
      reserve: (size) => size <= room,
      release: (size) => told.push(`release ${size}`),
    });
    framer.push(Uint8Array.of(0, 4, 1));
    framer.push(Uint8Array.of(2, 3, 4, 0));
    room = 10;
    framer.push(Uint8Array.of(6, 1));
    assert.equal(framer.skip(6), false);
    assert.equal(framer.skip(3), true);
    assert.equal(framer.held, 3);
    framer.push(Uint8Array.of(5, 6, 0, 1, 9));
    framer.push(Uint8Array.of(0, 2));
    assert.equal(framer.skip(2), true);
    assert.equal(framer.skip(1), false);
    assert.deepEqual(told, ["lost 6 6", "release 6", "lost 8 5", "message 1", "lost 4 2"]);
  });
});
