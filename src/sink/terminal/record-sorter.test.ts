import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { after, test } from "node:test";
import { Random } from "../../../test/support/random.ts";
import { makeTemporaryFolder } from "../../../test/support/temporary-folder.ts";
import { MemoryBudget } from "../../model/index.ts";
import { RecordSorter } from "./record-sorter.ts";

const { path, remove } = makeTemporaryFolder();
process.env["TMPDIR"] = path;
after(remove);

for (const memory of [1_000_000, 5000, 100])
  test(`texts in the order of their keys, equal ones as they came, within ${memory} bytes`, () => {
    const random = new Random();
    const budget = new MemoryBudget(memory);
    const sorter = new RecordSorter(budget);
    const texts = Array.from({ length: 2000 }, (_, at) => ({
      key: [random.below(20), random.below(3)],
      text: `${at} ${'é\n"'.repeat(random.below(5))}`,
    }));
    for (const { key, text } of texts) sorter.add(key, text);
    assert.ok(budget.used <= memory);
    assert.equal(sorter.spills > 0, memory < 1_000_000);
    const sorted = texts.toSorted((a, b) => a.key[0]! - b.key[0]! || a.key[1]! - b.key[1]!);
    assert.deepEqual(
      [...sorter.read()].map(({ text }) => text),
      sorted.map(({ text }) => text),
      `seed ${random.seed}`,
    );
    assert.equal(budget.used, 0);
    assert.deepEqual(
      readdirSync(tmpdir()).filter((name) => name.endsWith(".sort")),
      [],
    );
  });

test("what is not read is forgotten", () => {
  const budget = new MemoryBudget(1000);
  const sorter = new RecordSorter(budget);
  for (let i = 0; i < 50; i++) sorter.add([i], "x".repeat(50));
  sorter.close();
  assert.equal(budget.used, 0);
  const cut = new RecordSorter(budget);
  for (let i = 0; i < 50; i++) cut.add([i], "x");
  for (const _ of cut.read()) break;
  assert.equal(budget.used, 0);
});
