import assert from "node:assert/strict";
import { test } from "node:test";
import { logRecordMessage } from "../../../../test/support/cilium-log-record.ts";
import { FlowEventReader, INFO, JSON_OUTPUT, MonitorFormatter } from "../index.ts";
import { DialectFinder } from "./dialect-finder.ts";

/** 1.2.3.4:80 -> 5.6.7.8:443, SYN: 54 bytes, and without the Ethernet header. */
const PACKET =
  "0233456789ab0123456789ab0800450000280001000040066abc0102030405060708005001bb0000000000000000500220007dc40000";
const IP_PACKET = PACKET.slice(28);
const LATER = Number.POSITIVE_INFINITY;

const trace = (version: string, rest: string) =>
  `04000a00efbeadde360000003600${version}640000000200000014000000${"00".repeat(4)}${rest}${PACKET}`;
const drop = (version: string, rest: string, packet = PACKET) =>
  `01850a00efbeadde360000003600${version}640000000200000014000000${rest}${packet}`;
const policy = (rest: string) => `05000a00efbeadde3600000036000000c8000000ffffffffbb010601${rest}${PACKET}`;
const socket = {
  early: `0701${"0a000001".padEnd(32, "0")}5000${"01".padEnd(16, "0")}${"02".padEnd(16, "0")}0100`,
  later: `07010100500000000100000000000000020000000000000${"0a000001".padStart(9, "0").padEnd(33, "0")}`,
};

const RECORD = { Type: "Request", SourceEndpoint: { ID: 1, Labels: ["a"] } };
const STRUCT_RECORD = { Type: "Request", SourceEndpoint: { ID: 1, Labels: [{ Key: "a" }] } };

const CASES: readonly (readonly [what: string, message: string | Uint8Array, from: number, to: number])[] = [
  ["a debug message", "02010a00efbeadde010000000200000003000000", 9, LATER],
  ["a trace of version 0", trace("0000", ""), 9, 18],
  ["a trace of version 1", trace("0100", "00".repeat(16)), 9, 18],
  ["a trace of version 2", trace("0200", "00".repeat(24)), 19, LATER],
  ["a trace of a version to come", trace("0900", "00".repeat(24)), 9, LATER],
  ["a drop of 32 bytes", drop("0000", "00000000"), 9, 12],
  ["a drop of 32 bytes with a place in the source", drop("0000", "d2040800"), 10, 12],
  ["a drop of 32 bytes with a place that no version has", drop("0000", "ffffffff"), 9, 12],
  ["a drop of 32 bytes, padded", `${drop("0000", "00000000")}000000`, 9, 12],
  ["a drop of 36 bytes", drop("0000", "d204020000000000"), 13, 16],
  ["a drop of 36 bytes, or of 32 and padding", drop("0000", "d204020000000000", "00".repeat(54)), 9, LATER],
  ["a drop of version 1", drop("0100", "d204020000000000"), 17, 17],
  ["a drop of version 2", drop("0200", "d20402000000000000000000"), 18, 18],
  ["a drop of version 3", drop("0300", "d20402000000000000000000".padEnd(40, "0")), 19, LATER],
  ["a verdict of 32 bytes", policy("00000000"), 9, 18],
  ["a verdict of 40 bytes", policy("00".repeat(12)), 19, LATER],
  ["a debug capture that says no version", `03040a00efbeadde36000000360000000700000000000000${PACKET}`, 9, LATER],
  ["a debug capture of version 1", `03040a00efbeadde36000000360001000700000000000000${PACKET}`, 19, LATER],
  ["a recorder's packet", `06010100${"00".repeat(12)}3600000036000000${PACKET}`, 10, 18],
  ["a socket trace of 38 bytes", socket.early, 13, 18],
  ["a socket trace of 38 bytes, padded", `${socket.early}cafecafecafe`, 13, 18],
  ["a socket trace of 40 bytes", socket.later, 19, LATER],
  ["a socket trace of 40 bytes, padded", `${socket.later}cafecafe`, 19, LATER],
  ["labels that are texts", logRecordMessage(RECORD), 12, 15],
  ["addresses as bytes", logRecordMessage(STRUCT_RECORD, { labels: "structs", addresses: "bytes" }), 16, 16],
  [
    "addresses that encode themselves",
    logRecordMessage(STRUCT_RECORD, { labels: "structs", addresses: "binary" }),
    17,
    19,
  ],
  ["no Kafka", logRecordMessage(STRUCT_RECORD, { labels: "structs", addresses: "binary", kafka: false }), 20, LATER],
  [
    "endpoints with a digest of their labels",
    logRecordMessage(RECORD, { labels: "texts", addresses: "bytes", digest: true }),
    9,
    11,
  ],
  ["a record that is cut", logRecordMessage(RECORD).subarray(0, 100), 9, LATER],
  ["nothing", "", 9, LATER],
];

test("each kind of message narrows what its stream can come from", () => {
  for (const [what, message, from, to] of CASES) {
    const finder = new DialectFinder();
    choose(finder, message);
    assert.deepEqual(finder.versions, { from, to }, what);
  }
});

test("a message cut anywhere tells nothing that the whole one does not", () => {
  for (const [what, message, from, to] of CASES) {
    const bytes = bytesOf(message);
    for (let end = 0; end < bytes.length; end++) {
      const finder = new DialectFinder();
      finder.choose(bytes, 0, end);
      assert.ok(finder.versions.from <= finder.versions.to, `${what}, cut after ${end} bytes, ${from} to ${to}`);
    }
  }
});

test("a drop of 32 bytes with a place is v1.12's: its numbers have the names of later versions, and what it says is shown", () => {
  const drops = ["88", "a1", "b6"].map((reason) => drop("0000", "d20402f3").replace("0185", `01${reason}`));
  const print = (options: object) => {
    const formatter = new MonitorFormatter({ dialect: "auto", ...options });
    return drops.map((message) => formatter.formatSample(bytesOf(message), 0));
  };
  const reasons = [
    "Fragmentation needed, -13",
    "NAT 46/64 not enabled, -13",
    "VLAN traffic disallowed by VLAN filter, -13",
  ];
  const tail = "identity 100->2: 1.2.3.4:80 -> 5.6.7.8:443 tcp SYN\n";
  assert.deepEqual(
    print({ verbosity: INFO }),
    reasons.map((reason) => `xx drop (${reason}) flow 0xdeadbeef to endpoint 20, file 2:1234, ${tail}`),
  );
  for (const [index, text] of print({ verbosity: JSON_OUTPUT }).entries()) {
    const { reason, Line, File, ExtError, Ifindex } = JSON.parse(text) as Record<string, unknown>;
    assert.deepEqual([reason, Line, File, ExtError, Ifindex], [reasons[index], 1234, 2, -13, undefined]);
  }
  const compat = print({ dialect: "v1.9", compat: true });
  assert.match(compat[0]!, /^xx drop \(CT: Missing TCP ACK flag\) flow 0xdeadbeef to endpoint 20, identity/);
});

test("what was seen is remembered, and what contradicts it begins anew", () => {
  const finder = new DialectFinder();
  const nothing = "02010a00efbeadde010000000200000003000000";
  assert.equal(choose(finder, nothing), "v1.19");
  assert.equal(choose(finder, policy("00000000")), "v1.19");
  assert.equal(choose(finder, drop("0000", "00000000")), "v1.9");
  assert.equal(choose(finder, nothing), "v1.9");
  assert.deepEqual(finder.versions, { from: 9, to: 12 });
  assert.equal(choose(finder, trace("0200", "00".repeat(24))), "v1.19");
  assert.equal(choose(finder, logRecordMessage({}, { labels: "structs", addresses: "binary", kafka: false })), "v1.20");
  assert.equal(choose(finder, nothing), "v1.20");
});

test("what the agent says of itself is taken before all", () => {
  for (const [version, dialect] of [
    ["1.9.18", "v1.9"],
    ["1.12.0", "v1.9"],
    ["1.13.1", "v1.19"],
    ["v1.19.4", "v1.19"],
    ["1.20.2", "v1.20"],
    ["1.21.0-dev", "v1.20"],
    ["unknown", "v1.19"],
  ] as const) {
    const finder = new DialectFinder(version);
    assert.equal(finder.dialect, dialect, version);
    if (version !== "unknown") assert.equal(choose(finder, trace("0200", "00".repeat(24))), dialect, version);
  }
});

test("texts and flows follow, message by message", () => {
  const formatter = new MonitorFormatter({ dialect: "auto", verbosity: INFO });
  const l3 = trace("0200", "00".repeat(24)).replace(PACKET, IP_PACKET).replace("36000000360002", "28000000280002");
  const device = Uint8Array.from(bytesOf(l3)).fill(2, 27, 28);
  assert.match(formatter.formatSample(device, 0), /: 1\.2\.3\.4:80 -> 5\.6\.7\.8:443 tcp SYN\n$/);
  assert.match(
    formatter.formatSample(bytesOf(drop("0000", "00000000")), 0),
    /^xx drop \(Policy denied\) .* identity 100->2: /,
  );
  assert.equal(formatter.printer.dialect, "v1.9");
  const flows = new FlowEventReader({ dialect: "auto" });
  const flow = flows.read({
    bytes: device,
    start: 0,
    end: device.length,
    limit: device.length,
    cpu: 0,
    lost: 0n,
    type: 9,
  });
  assert.ok(typeof flow !== "string");
  assert.deepEqual(flow.source, { kind: "ip", address: "1.2.3.4", port: 80 });
  assert.throws(() => new MonitorFormatter({ dialect: "auto", compat: true }), /auto is none/);
});

test("a drop of a version to come is refused, and no packet is made of it", () => {
  for (const dialect of ["auto", "v1.9", "v1.19", "v1.20"] as const)
    assert.match(
      new MonitorFormatter({ dialect }).formatSample(
        bytesOf(drop("0400", "d20402000000000000000000".padEnd(40, "0"))),
        0,
      ),
      /Unrecognized drop event \(version 4\)\n$/,
      dialect,
    );
});

function choose(finder: DialectFinder, message: string | Uint8Array) {
  const bytes = bytesOf(message);
  return finder.choose(bytes, 0, bytes.length);
}

function bytesOf(message: string | Uint8Array): Uint8Array {
  return typeof message === "string" ? Uint8Array.from(Buffer.from(message, "hex")) : message;
}
