import assert from "node:assert/strict";
import { test } from "node:test";
import { Random } from "../../../test/support/random.ts";
import { shareOf } from "../../../test/support/share-of.ts";
import { MemoryBudget } from "../../model/index.ts";
import { DEFAULT_MAX_FRAME_SIZE } from "./constants.ts";
import { FrameFinder } from "./frame-finder.ts";

const TIME = { seconds: 0, nanos: 0 };
const frame = (type: number, flags: number, stream: number, payload: readonly number[]): number[] => [
  ...[payload.length >> 16, (payload.length >> 8) & 255, payload.length & 255, type, flags],
  ...[0, 0, stream >> 8, stream & 255],
  ...payload,
];
/** `:status: 200` and a field, without Huffman code. */
const HEADERS = (stream: number) => frame(1, 4, stream, [0x88, 0x00, 1, 0x61, 1, 0x62]);
const DATA = (stream: number, size: number) => frame(0, 0, stream, new Array<number>(size).fill(0x7a));
const WINDOW_UPDATE = (stream: number) => frame(8, 0, stream, [0, 0, 16, 0]);

interface Found {
  /** Where in the stream, or -1. */
  readonly at: number;
  /** At the end less evidence is enough for these. */
  readonly atEnd: number;
}

function find(bytes: Uint8Array, cuts: readonly number[], limit: number, lastStreamId = 1): Found {
  const budget = new MemoryBudget(1e6);
  const finder = new FrameFinder(limit, budget);
  const known = { maxFrameSize: DEFAULT_MAX_FRAME_SIZE, lastStreamId };
  let at = 0;
  for (const cut of [...cuts, bytes.length]) {
    const found = finder.push(bytes, at, cut, TIME, known);
    if (found >= 0) {
      const place = finder.skipped + found;
      const pieces = finder.take(found);
      assert.equal(finder.skipped, place);
      assert.deepEqual(
        pieces.flatMap((piece) => [...piece.bytes]),
        [...bytes.subarray(place, cut)],
      );
      assert.equal(budget.used, 0);
      return { at: place, atEnd: -1 };
    }
    at = cut;
  }
  const likeliest = finder.finish(known);
  const atEnd = likeliest < 0 ? -1 : finder.skipped + likeliest;
  finder.clear();
  assert.equal(finder.skipped, bytes.length);
  assert.equal(budget.used, 0);
  return { at: -1, atEnd };
}

function makeStream(random: Random): { bytes: Uint8Array; frames: number } {
  const junk = Array.from(random.bytes(random.pick([0, 5, 300, 9000])), (byte) => (random.chance(3) ? 0 : byte));
  const stream = 1 + 2 * random.below(4);
  const frames = random.list(5, () =>
    random.pick([HEADERS(stream), DATA(stream, random.below(700)), WINDOW_UPDATE(stream)]),
  );
  return { bytes: Uint8Array.from([...junk, ...frames.flat(), ...random.bytes(20)]), frames: junk.length };
}

const ROUNDS = shareOf(150);

test("where frames begin does not depend on how the bytes are cut", (t) => {
  const random = new Random(process.env["SEED"] === undefined ? undefined : Number(process.env["SEED"]));
  t.diagnostic(`SEED=${random.seed}`);
  let found = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const { bytes } = makeStream(random);
    const limit = random.pick([512, 65_536]);
    const whole = find(bytes, [], limit);
    if (whole.at >= 0) found++;
    const each = Array.from({ length: bytes.length }, (_, i) => i);
    const some = each.filter(() => random.chance(50));
    for (const cuts of [each, some])
      assert.deepEqual(find(bytes, cuts, limit), whole, `SEED=${random.seed}, round ${round}`);
  }
  // A few rounds may have few.
  assert.ok(found > (ROUNDS < 100 ? 0 : 20), `${found}`);
});

const ANY = [0xde, 0xad, 0xbe, 0xef, 0x99];
/** A block of a field that nobody saw: what speaks for it is 33, where the others' is 47, 56, 20, 40, 52, 30, 29 (cut), 7 (cut), and 23 for DATA. */
const UNSEEN = (stream: number) => frame(1, 4, stream, [0xbe]);
const RESET = (stream: number) => frame(3, 0, stream, [0, 0, 0, 8]);
const PING = frame(6, 0, 0, [1, 2, 3, 4, 5, 6, 7, 8]);
const [SETTINGS, SETTINGS_ACK] = [frame(4, 0, 0, []), frame(4, 1, 0, [])];
const ONE_SETTING = frame(4, 0, 0, [0, 3, 0, 0, 0, 100]);
const PRIORITY_UPDATE = frame(0x10, 0, 0, [0, 0, 0, 3]);
const headerOf = (whole: readonly number[]) => whole.slice(0, 9);
const CASES: readonly (readonly [name: string, bytes: readonly number[], at: number, atEnd: number])[] = [
  ["header blocks in a row", [...ANY, ...HEADERS(1), ...HEADERS(3)], 5, -1],
  ["three headers of DATA and a window", [...ANY, ...DATA(1, 4), ...WINDOW_UPDATE(1), ...DATA(1, 4)], 5, -1],
  ["one whole header block where the search began", HEADERS(1), 0, -1],
  ["one behind other bytes, only when nothing follows", [...ANY, ...HEADERS(1)], -1, 5],
  ["one behind other bytes, and more bytes that are none", [...ANY, ...HEADERS(1), ...ANY], -1, -1],
  ["one DATA frame is no evidence", [...ANY, ...DATA(3, 4)], -1, -1],
  ["the preface", [...ANY, ...Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")], 5, -1],
  ["the preface, cut", [...ANY, ...Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n")], -1, -1],
  ["unknown flags", [...frame(0, 0x40, 1, [1]), ...frame(0, 0x40, 1, [1]), ...frame(0, 0x40, 1, [1])], -1, -1],
  ["nothing", [], -1, -1],
  ["three headers, 72", [...ANY, ...DATA(3, 4), ...SETTINGS, ...headerOf(HEADERS(5))], 5, -1],
  ["three headers, 71", [...ANY, ...RESET(3), ...DATA(5, 17_000), ...headerOf(frame(7, 0, 0, ANY.concat(ANY)))], -1, 5],
  ["two headers, 90", [...ANY, ...UNSEEN(3), ...headerOf(RESET(3))], 5, -1],
  ["two headers, 89", [...ANY, ...UNSEEN(3), ...headerOf(PING)], -1, 5],
  ["two whole frames, 80", [...ANY, ...UNSEEN(3), ...RESET(5)], 5, -1],
  ["two frames, 80, the second cut", [...ANY, ...UNSEEN(3), ...RESET(5).slice(0, -1)], -1, 5],
  ["two whole frames, 79", [...ANY, ...DATA(3, 4), ...PING], -1, 5],
  ["two headers at the end, 60", [...ANY, ...SETTINGS_ACK, ...SETTINGS], -1, 5],
  ["two headers at the end, 59", [...ANY, ...PRIORITY_UPDATE, ...headerOf(HEADERS(3))], -1, -1],
  ["one whole frame where the search began, 53", DATA(1, 4), 0, -1],
  ["one whole frame where the search began, 52", ONE_SETTING, 0, -1],
  ["one whole frame where the search began, 47", RESET(3), -1, 0],
  ["one whole frame where the search began, 40", SETTINGS_ACK, -1, 0],
  ["one cut frame where the search began, 47", RESET(3).slice(0, -1), -1, 0],
  ["one whole frame where the search began, 33", UNSEEN(3), -1, -1],
  ["one whole frame behind other bytes, 56", [...ANY, ...PING], -1, -1],
  ["one whole frame behind other bytes, 77", [...ANY, ...RESET(1)], -1, 5],
  ["one cut frame behind other bytes, 77", [...ANY, ...RESET(1).slice(0, -1)], -1, -1],
];

for (const [name, bytes, at, atEnd] of CASES)
  test(name, () => {
    const each = Array.from({ length: bytes.length }, (_, i) => i);
    for (const cuts of [[], each]) assert.deepEqual(find(Uint8Array.from(bytes), cuts, 65_536), { at, atEnd });
  });

test("messages of other protocols that repeat at one distance are no frames", () => {
  // MongoDB's opcode 2013, as the length 221 of a GOAWAY that stands before its like.
  const opcode = [0, 0, 0, 0xdd, 7, 0, 0, 0, 0, 0];
  const mongo = [opcode, Array<number>(220).fill(0x61), opcode, Array<number>(220).fill(0x61), opcode].flat();
  // Empty results of 16 bytes each, in which a DATA frame of 7 bytes on stream 1 could be seen.
  const results = Array.from({ length: 6 }, (_, i) => [0x84, 0, 0, i, 8, 0, 0, 0, 7, 0, 0, 0, 0, 0, 1, 0]).flat();
  for (const bytes of [mongo, results])
    assert.deepEqual(find(Uint8Array.from(bytes), [], 65_536, 0), { at: -1, atEnd: -1 });
});

test("a stream of small messages of gRPC is found, and so is a connection's end", () => {
  const message = frame(0, 0, 1, [0, 0, 0, 0, 4, 1, 2, 3, 4]);
  const junk = [0xff, 0xfe, 0xfd];
  for (const frames of [
    [message, message, message],
    [WINDOW_UPDATE(1), frame(7, 0, 0, [0, 0, 0, 5, 0, 0, 0, 0])],
  ])
    assert.equal(find(Uint8Array.from([...junk, ...frames.flat()]), [], 65_536, 0).at, junk.length);
});
