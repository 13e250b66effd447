import assert from "node:assert/strict";
import { test } from "node:test";
import { Random } from "../../../../test/support/random.ts";
import { EventSample, encodePayload, PAYLOAD_DEFINITION } from "./payload.ts";
import { PayloadSession } from "./payload-session.ts";

const SEED = Number(process.env["SEED"] ?? 1);
const LENGTHS = [3, 200, 40, 90, 1, 300, 40, 64];
const random = new Random(SEED);
const PAYLOADS = LENGTHS.map((length) => Uint8Array.from({ length }, () => random.below(256)));
const MESSAGES = PAYLOADS.map((data, i) => encodePayload({ data, cpu: i, lost: 0n, type: EventSample }));
const SESSION = new Uint8Array(Buffer.concat([PAYLOAD_DEFINITION, ...MESSAGES]));

test(`a byte of a recorded session is changed: every payload but its own and the next is read (SEED=${SEED})`, () => {
  const starts = MESSAGES.map(
    (_, i) => PAYLOAD_DEFINITION.length + MESSAGES.slice(0, i).reduce((sum, { length }) => sum + length, 0),
  );
  for (let at = PAYLOAD_DEFINITION.length; at < SESSION.length; at++)
    for (const value of [0, 255, 0xfd, random.below(256), SESSION[at]! ^ 1]) {
      const bytes = SESSION.slice();
      bytes[at] = value;
      const own = starts.findLastIndex((start) => start <= at);
      const { payloads, damages, end } = read([bytes]);
      for (const [i, data] of PAYLOADS.entries())
        if (i !== own && i !== own + 1) assert.ok(payloads.includes(text(data)), `${i}, byte ${at} is ${value}`);
      assert.ok(
        payloads.includes(text(PAYLOADS[own + 1] ?? PAYLOADS[0]!)) || damages.length > 0,
        `byte ${at} is ${value}`,
      );
      assert.ok(
        payloads.length >= MESSAGES.length - 1 || damages.length > 0 || end !== "EOF",
        `byte ${at} is ${value}`,
      );
    }
});

test("what a damaged session gives does not depend on how it comes", () => {
  for (let round = 0; round < 60; round++) {
    const bytes = SESSION.slice();
    bytes[PAYLOAD_DEFINITION.length + random.below(bytes.length - PAYLOAD_DEFINITION.length)] = random.below(256);
    const whole = read([bytes]);
    for (const size of [1, 2, 7, 100]) {
      const pieces: Uint8Array[] = [];
      for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
      assert.deepEqual(read(pieces), whole, `pieces of ${size}`);
    }
  }
});

test("a length that reaches beyond the end hides nothing", () => {
  const bytes = SESSION.slice();
  bytes.set([0xfd, 0x10, 0, 0], PAYLOAD_DEFINITION.length);
  const { payloads, damages } = read([bytes]);
  assert.deepEqual(payloads, PAYLOADS.slice(1).map(text));
  assert.deepEqual(damages, ["unexpected EOF"]);
});

test("many lengths that reach beyond the end do not move what is behind them each time", (context) => {
  const last = MESSAGES.at(-1)!;
  // Its length is that of a mebibyte, and it begins as a payload does.
  const hollow = Uint8Array.from([0xfd, 0x10, 0, 0, ...last.subarray(1, 4)]);
  const bytes = new Uint8Array(Buffer.concat([SESSION, ...Array.from({ length: 200 }, () => [hollow, last]).flat()]));
  const moves = context.mock.method(Uint8Array.prototype, "copyWithin");
  const { payloads, damages } = read([bytes]);
  assert.deepEqual([payloads.length, damages.length], [MESSAGES.length + 200, 200]);
  assert.ok(moves.mock.callCount() <= 2, `${moves.mock.callCount()} times`);
});

test("a length that is too large swallows nothing", () => {
  const bytes = SESSION.slice();
  const last = bytes.length - MESSAGES.at(-1)!.length - MESSAGES.at(-2)!.length;
  bytes[last]! += 10;
  const { payloads, damages } = read([bytes]);
  assert.deepEqual(payloads, PAYLOADS.toSpliced(-2, 1).map(text));
  assert.equal(damages.length, 1);
});

test("a session that is cut loses its last payload alone, and says so", () => {
  const { payloads, damages, end } = read([SESSION.subarray(0, -5)]);
  assert.deepEqual([payloads, damages, end], [PAYLOADS.slice(0, -1).map(text), [], "unexpected EOF"]);
});

test("without a reader of damages a session ends at the first", () => {
  const bytes = SESSION.slice();
  bytes[PAYLOAD_DEFINITION.length] = 0xf0;
  const session = new PayloadSession({ onPayload: () => assert.fail("nothing can be read") });
  assert.equal(session.push(bytes), "gob: encoded unsigned integer out of range");
});

function read(pieces: readonly Uint8Array[]): { payloads: string[]; damages: string[]; end: string } {
  const payloads: string[] = [];
  const damages: string[] = [];
  const session = new PayloadSession({
    onPayload: ({ bytes, start, end }) => payloads.push(text(bytes.subarray(start, end))),
    onDamage: (message) => damages.push(message),
  });
  for (const piece of pieces) assert.equal(session.push(piece), undefined);
  return { payloads, damages, end: session.finish() };
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
