import assert from "node:assert/strict";
import { test } from "node:test";
import { type ConnectionKey, ConnectionTable, copyKey } from "./connection-table.ts";

interface Entry {
  readonly key: ConnectionKey;
  nextInBucket: Entry | undefined;
}

/** Two addresses, the source first. */
type Ends = readonly [source: readonly number[], destination: readonly number[], from: number, to: number];

function find(table: ConnectionTable<Entry>, [source, destination, from, to]: Ends): Entry | undefined {
  const bytes = Uint8Array.from([...source, ...destination]);
  return table.find(bytes, 0, source.length, source.length as 4 | 16, from, to);
}

function add(table: ConnectionTable<Entry>, ends: Ends): Entry {
  assert.equal(find(table, ends), undefined);
  const entry: Entry = {
    key: { hash: 0, addressSize: 4, words: [], lowPort: 0, highPort: 0 },
    nextInBucket: undefined,
  };
  copyKey(table.key, entry.key);
  table.add(entry);
  return entry;
}

const A = [10, 0, 0, 1];
const B = [10, 0, 0, 2];

test("both directions find the same connection, and say from which end they come", () => {
  const table = new ConnectionTable<Entry>();
  const entry = add(table, [A, B, 80, 5555]);
  assert.deepEqual([find(table, [A, B, 80, 5555]), table.fromHigh], [entry, false]);
  assert.deepEqual([find(table, [B, A, 5555, 80]), table.fromHigh], [entry, true]);
  const itself = add(table, [A, A, 80, 81]);
  assert.deepEqual([find(table, [A, A, 81, 80]), table.fromHigh], [itself, true]);
});

test("each byte of an address and each port tells connections apart", () => {
  const table = new ConnectionTable<Entry>();
  const addresses = [A, B, [10, 0, 1, 1], [10, 1, 0, 1], [11, 0, 0, 1]];
  const ends: Ends[] = [
    ...addresses.slice(1).map((address): Ends => [A, address, 1, 2]),
    [A, B, 2, 1],
    [A, B, 1, 3],
    ...Array.from(
      { length: 16 },
      (_, i): Ends => [Array(16).fill(1), Array.from({ length: 16 }, (_, at) => (at === i ? 3 : 1)), 1, 2],
    ),
  ];
  const entries = ends.map((each) => add(table, each));
  assert.equal(table.size, ends.length);
  assert.deepEqual(
    ends.map((each) => entries.indexOf(find(table, each)!)),
    entries.map((_, i) => i),
  );
});

test("thousands of connections are found, and any of a bucket can be taken away", () => {
  const table = new ConnectionTable<Entry>();
  const ends = Array.from({ length: 5000 }, (_, i): Ends => [A, B, i + 1, 60_000 - i]);
  const entries = ends.map((each) => add(table, each));
  const inBucket = entries.filter(({ nextInBucket }) => nextInBucket?.nextInBucket !== undefined);
  assert.ok(inBucket.length > 10);
  const gone = new Set(inBucket.flatMap((entry, i) => [i % 2 === 0 ? entry.nextInBucket! : entry]));
  for (const entry of gone) table.remove(entry);
  assert.equal(table.size, ends.length - gone.size);
  ends.forEach((each, i) => {
    const entry = entries[i]!;
    assert.equal(find(table, each), gone.has(entry) ? undefined : entry);
  });
  for (const entry of gone) assert.equal(entry.nextInBucket, undefined);
  for (const entry of gone) table.remove(entry);
  assert.equal(table.size, ends.length - gone.size, "what is not there is not taken away again");
});

test("connections of one hash are told apart", () => {
  const table = new ConnectionTable<Entry>();
  const seen = new Map<number, Ends>();
  let second: Ends | undefined;
  // Two of so many have the same hash of 30 bits nearly surely.
  for (let i = 0; second === undefined && i < 300_000; i++) {
    const ends: Ends = [spread(i, 0x9e3779b1), spread(i, 0x85ebca77), 1, 2];
    find(table, ends);
    if (seen.has(table.key.hash)) second = ends;
    else seen.set(table.key.hash, ends);
  }
  assert.ok(second !== undefined);
  const first = seen.get(table.key.hash)!;
  const entries = [add(table, first), add(table, second)];
  assert.deepEqual([find(table, first), find(table, second)], entries);
});

test("connections of one hash and the same addresses are told apart by either port", () => {
  for (const isLow of [true, false]) {
    const table = new ConnectionTable<Entry>();
    let pair: readonly [Ends, Ends] | undefined;
    for (let other = 1; pair === undefined && other < 20; other++) {
      const seen = new Map<number, Ends>();
      for (let port = 0; pair === undefined && port < 0x1_0000; port++) {
        const ends: Ends = isLow ? [A, B, port, other] : [A, B, other, port];
        find(table, ends);
        const first = seen.get(table.key.hash);
        if (first === undefined) seen.set(table.key.hash, ends);
        else pair = [first, ends];
      }
    }
    assert.ok(pair !== undefined);
    const entries = pair.map((ends) => add(table, ends));
    assert.deepEqual(
      pair.map((ends) => find(table, ends)),
      entries,
    );
  }
});

/** An address of four bytes. */
function spread(i: number, by: number): number[] {
  const word = Math.imul(i, by);
  return [word >>> 24, (word >> 16) & 255, (word >> 8) & 255, word & 255];
}
