import assert from "node:assert/strict";
import { test } from "node:test";
import { EventSample, encodePayload, PAYLOAD_DEFINITION } from "../../wire/cilium/index.ts";
import { MonitorReader } from "./monitor-reader.ts";

const SESSION = Buffer.concat([
  PAYLOAD_DEFINITION,
  encodePayload({ data: Uint8Array.of(4, 1), cpu: 2, lost: 0n, type: EventSample }),
  encodePayload({ data: new Uint8Array(0), cpu: 0, lost: 7n, type: 2 }),
]);

const LINES = `# a comment
3 0401
0402

{"cpu":"CPU 05:","type":"drop","reason":"Policy denied"}
Press Ctrl-C to quit
Policy verdict log: flow 0xa local EP ID 10, remote ID 200, proto 6, ingress, action deny, match none, 1.1.1.1:1 -> 2.2.2.2:2 tcp SYN
CPU 05: Lost 17 events
what is this
{"cut":
`;

test("a session and lines are told apart, and read alike however they are split", () => {
  for (const [input, expected] of [
    [SESSION, ["2 0401", "0 lost 7"]],
    [
      Buffer.from(LINES),
      [
        "3 0401",
        "0 0402",
        'json {"cpu":"CPU 05:","type":"drop","reason":"Policy denied"}',
        'json {"type":"policy-verdict","mark":"0xa","source":10,"remoteLabel":200,"proto":6,"direction":"ingress","action":"deny","match":"none","summary":"1.1.1.1:1 -> 2.2.2.2:2 tcp SYN"}',
        'json {"cpu":"CPU 05:","type":"lost","events":17}',
        "9 is neither a message in hexadecimal ([CPU ]HEX) nor an event in JSON",
        "10 is no JSON: at character 8 a value was expected",
      ],
    ],
  ] as const)
    for (let split = 0; split <= input.length; split++)
      assert.deepEqual(read([input.subarray(0, split), input.subarray(split)]).events, expected, `split at ${split}`);
});

test("a recording that ends within a message says so", () => {
  assert.equal(read([SESSION]).error, undefined);
  assert.equal(read([SESSION.subarray(0, -1)]).error, "unexpected EOF");
  assert.equal(read([]).error, undefined);
});

test("a packet capture is named as what it is, wherever it is split", () => {
  for (const [hex, name] of [
    ["d4c3b2a1020004000000000000000000", "pcap"],
    ["a1b23c4d0002000400000000", "pcap"],
    ["0a0d0d0a1c0000004d3c2b1a", "pcapng"],
  ] as const) {
    const input = Uint8Array.from(Buffer.from(hex, "hex"));
    for (let split = 0; split <= input.length; split++) {
      const reader = new MonitorReader({ payload: () => {}, json: () => {}, problem: () => {} });
      const error = reader.push(input.subarray(0, split)) ?? reader.push(input.subarray(split));
      assert.match(error ?? "", new RegExp(`^this is a ${name} capture, `), `${name} split at ${split}`);
    }
  }
});

test("any bytes at all are read to an end", () => {
  let state = 20261120;
  const random = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  for (let round = 0; round < 500; round++)
    assert.doesNotThrow(() => read([Uint8Array.from({ length: random(200) }, () => random(256))]));
});

function read(chunks: readonly Uint8Array[]): { events: string[]; error: string | undefined } {
  const events: string[] = [];
  const reader = new MonitorReader({
    payload: ({ bytes, start, end, cpu, lost, type }) =>
      events.push(
        type === EventSample
          ? `${cpu} ${Buffer.from(bytes.subarray(start, end)).toString("hex")}`
          : `${cpu} lost ${lost}`,
      ),
    json: (_, line) => events.push(`json ${line}`),
    problem: (line, message) => events.push(`${line} ${message}`),
  });
  for (const chunk of chunks) if (reader.push(chunk) !== undefined) break;
  return { events, error: reader.finish() };
}

test("a recording is known by its beginning, before a message of it is handed on; a stream by what came", () => {
  const packet = `0233456789ab0123456789ab0800450000280001000040066abc0102030405060708005001bb0000000000000000500220007dc40000`;
  const trace = `04000a00efbeadde3600000036000000640000000200000014000000${"00".repeat(4)}${packet}`;
  const early = `01850a00efbeadde360000003600000064000000020000001400000000000000${packet}`;
  const current = `01850a00efbeadde360000003600030064000000020000001400000000${"00".repeat(19)}${packet}`;
  const debug = "02010a00efbeadde010000000200000003000000";
  const far = Array.from({ length: 4000 }, () => trace);
  for (const [messages, looksAhead, expected] of [
    [[debug, trace, early, trace], true, ["v1.9", "v1.9", "v1.9", "v1.9"]],
    [[debug, trace, early, trace], false, ["v1.19", "v1.19", "v1.9", "v1.9"]],
    // Two recordings in one: each tells of itself.
    [[debug, early, current, debug], true, ["v1.9", "v1.9", "v1.19", "v1.19"]],
    [[...far, early], true, [...far.map(() => "v1.19"), "v1.9"]],
  ] as const)
    for (const input of [
      Buffer.from(messages.join("\n")),
      Buffer.concat([
        PAYLOAD_DEFINITION,
        ...messages.map((hex) => encodePayload({ data: Buffer.from(hex, "hex"), cpu: 0, lost: 0n, type: EventSample })),
      ]),
    ]) {
      const dialects: (string | undefined)[] = [];
      const payload = ({ dialect }: { dialect?: string | undefined }) => void dialects.push(dialect);
      const reader = new MonitorReader({ payload, json() {}, problem() {} }, { looksAhead });
      assert.equal(reader.push(input) ?? reader.finish(), undefined);
      assert.deepEqual(dialects, expected);
    }
});
