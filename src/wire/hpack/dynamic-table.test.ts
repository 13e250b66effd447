import assert from "node:assert/strict";
import { test } from "node:test";
import { DynamicTable, sizeOfEntry } from "./dynamic-table.ts";

/** An entry of 40 bytes. */
const entry = (letter: string) => ({ name: letter.repeat(4), value: letter.repeat(4) });
const [a, b, c] = [entry("a"), entry("b"), entry("c")];

test("an entry goes when the next one does not fit beside it, and not before (RFC 7541 §4.4)", () => {
  assert.equal(sizeOfEntry(a), 40);
  for (const [capacity, expected] of [
    [79, [b, undefined]],
    [80, [b, a]],
  ] as const) {
    const table = new DynamicTable(4096, capacity, false);
    table.insert(a);
    table.insert(b);
    assert.deepEqual([table.get(1), table.get(2)], expected, String(capacity));
    assert.equal(table.size, table.count * 40);
  }
});

test("a smaller limit evicts the oldest, one that is larger than the table empties it", () => {
  for (const [capacity, expected] of [
    [119, [c, b, undefined]],
    [120, [c, b, a]],
    [40, [c, undefined, undefined]],
    [39, [undefined, undefined, undefined]],
  ] as const) {
    const table = new DynamicTable(4096, 4096, false);
    for (const header of [a, b, c]) table.insert(header);
    table.resize(capacity);
    assert.deepEqual([table.get(1), table.get(2), table.get(3)], expected, String(capacity));
  }
  const table = new DynamicTable(4096, 79, false);
  table.insert(a);
  table.insert({ name: "x", value: "y".repeat(47) });
  assert.deepEqual([table.count, table.size], [0, 0]);
});

test("what is evicted proves that nothing unseen is left; what found no memory may still be named", () => {
  const late = new DynamicTable(4096, 80, true);
  late.insert(a);
  assert.ok(late.hasUnseen);
  late.insert(b);
  // No entry has less than 32 bytes.
  assert.ok(!late.hasUnseen);
  for (const [memory, count, hasUnseen] of [
    [79, 1, true],
    [80, 2, false],
  ] as const) {
    const table = new DynamicTable(memory, 4096, false);
    table.insert(a);
    table.insert(b);
    assert.deepEqual([table.count, table.hasUnseen], [count, hasUnseen], String(memory));
  }
});

test("where memory is short the oldest go, as few as make room; what fits alone is kept, what does not empties the table", () => {
  const large = { name: "x", value: "y".repeat(8) };
  for (const [memory, inserted, kept] of [
    [80, [a, b, c], [c, b]],
    [81, [a, b, c], [c, b]],
    [79, [a, b, c], [c]],
    [40, [a, b], [b]],
    [41, [a, large], [large]],
    [40, [a, large], []],
  ] as const) {
    const table = new DynamicTable(memory, 4096, false);
    for (const header of inserted) table.insert(header);
    const found = Array.from({ length: table.count }, (_, index) => table.get(index + 1));
    assert.deepEqual(found, kept, `${memory} ${inserted.length}`);
    assert.equal(
      table.size,
      kept.reduce((sum: number, header) => sum + sizeOfEntry(header), 0),
    );
    assert.ok(table.hasUnseen);
  }
});

test("entries that nobody saw are gone when there is no room for the smallest, 32 octets", () => {
  for (const [capacity, hasUnseen] of [
    [73, true],
    [72, true],
    [71, false],
    [40, false],
  ] as const) {
    const table = new DynamicTable(4096, capacity, true);
    table.insert(a);
    assert.equal(table.hasUnseen, hasUnseen, `inserted, ${capacity}`);
    const resized = new DynamicTable(4096, Number.POSITIVE_INFINITY, true);
    resized.insert(a);
    resized.resize(capacity);
    assert.equal(resized.hasUnseen, hasUnseen, `resized, ${capacity}`);
  }
});
