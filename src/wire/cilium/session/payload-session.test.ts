import assert from "node:assert/strict";
import { test } from "node:test";
import { EventSample, encodePayload, PAYLOAD_DEFINITION, type Payload, RecordLost } from "./payload.ts";
import { PayloadSession, type PayloadSessionOptions } from "./payload-session.ts";

const PAYLOADS: readonly Payload[] = [
  { data: Uint8Array.of(4, 1, 2), cpu: 3, lost: 0n, type: EventSample },
  { data: new Uint8Array(0), cpu: 0, lost: 18446744073709551615n, type: RecordLost },
  { data: new Uint8Array(300).fill(7), cpu: -1, lost: 0n, type: EventSample },
  { data: new Uint8Array(0), cpu: 0, lost: 0n, type: 0 },
];
const SESSION = concat([PAYLOAD_DEFINITION, ...PAYLOADS.map((payload) => encodePayload(payload))]);

test("a session gives the same payloads however its bytes are split", () => {
  for (let split = 0; split <= SESSION.length; split++) {
    const { payloads, error } = run([SESSION.subarray(0, split), SESSION.subarray(split)]);
    assert.deepEqual(payloads, PAYLOADS, `split at ${split}`);
    assert.equal(error, "EOF");
  }
});

test("a cut within a message is an unexpected end, between messages it is not", () => {
  const ends = [PAYLOAD_DEFINITION.length];
  for (const payload of PAYLOADS) ends.push(ends.at(-1)! + encodePayload(payload).length);
  for (let cut = 0; cut < SESSION.length; cut++) {
    const { payloads, error } = run([SESSION.subarray(0, cut)]);
    const whole = ends.filter((end) => end <= cut).length - 1;
    assert.equal(payloads.length, Math.max(0, whole), `cut at ${cut}`);
    // After the definition a value must come.
    assert.equal(
      error,
      cut === 0 || whole > 0 ? (ends.includes(cut) || cut === 0 ? "EOF" : "unexpected EOF") : "unexpected EOF",
    );
  }
});

test("one payload for all keeps what gob leaves out", () => {
  const { payloads } = run([SESSION], { reuse: true });
  assert.deepEqual(
    payloads.map(({ cpu, type, lost }) => [cpu, type, lost]),
    [
      [3, EventSample, 0n],
      [3, RecordLost, 18446744073709551615n],
      [-1, EventSample, 18446744073709551615n],
      [-1, EventSample, 18446744073709551615n],
    ],
  );
});

test("a message beyond the limit ends the session before it is buffered", () => {
  const { error } = run([SESSION], { maxMessage: 200 });
  assert.match(error, /a message of \d+ bytes is longer than the limit of 200/);
});

const BROKEN: readonly (readonly [what: string, hex: string, error: RegExp])[] = [
  ["a type twice", `${hexOf(PAYLOAD_DEFINITION)}${hexOf(PAYLOAD_DEFINITION)}`, /duplicate type received/],
  ["a value of a type that is not defined", "03ff8200", /unknown type id or corrupted data/],
  ["a length of nine bytes", "f7010101010101010101", /encoded unsigned integer out of range/],
  ["a message of nothing", `${hexOf(PAYLOAD_DEFINITION)}00`, /^EOF$/],
  ["a field number beyond the struct", `${hexOf(PAYLOAD_DEFINITION)}04ff820500`, /field numbers out of bounds/],
  ["data longer than its message", `${hexOf(PAYLOAD_DEFINITION)}05ff82017f01`, /bad \[\]uint8 slice length/],
];

test("what cannot be decoded ends the session with Go's reason", () => {
  for (const [what, hex, expected] of BROKEN)
    assert.match(run([Uint8Array.from(Buffer.from(hex, "hex"))]).error, expected, what);
});

test("any bytes at all end in an error or an end, and keep no more than was pushed", () => {
  const seed = Number(process.env["TAPLINE_SEED"] ?? 20261120);
  const random = createRandom(seed);
  for (let round = 0; round < 3000; round++) {
    const bytes = SESSION.slice();
    for (let i = 0; i < 1 + random(6); i++) bytes[random(bytes.length)] = random(256);
    const session = new PayloadSession({ onPayload: () => {} });
    const cut = random(bytes.length);
    session.push(bytes.subarray(0, cut));
    session.push(bytes.subarray(cut));
    assert.ok(session.buffered <= bytes.length, `seed ${seed}, round ${round}`);
    assert.equal(typeof session.finish(), "string");
  }
});

function run(
  chunks: readonly Uint8Array[],
  options: Partial<PayloadSessionOptions> = {},
): { payloads: Payload[]; error: string } {
  const payloads: Payload[] = [];
  const session = new PayloadSession({
    ...options,
    onPayload: ({ bytes, start, end, cpu, lost, type }) =>
      payloads.push({ data: bytes.slice(start, end), cpu, lost, type }),
  });
  for (const chunk of chunks) session.push(chunk);
  return { payloads, error: session.finish() };
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

function createRandom(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
