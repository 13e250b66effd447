/** The rows of the page's list: what is asked for and held while more comes than anybody can read. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import type { DataSource, ListItem, ListQuery } from "../page/source/data-source.ts";
import { Rows } from "../page/state/rows.ts";

const item = (id: number): ListItem => ({ id, time: id * 1000 }) as ListItem;

/** A store of exchanges with the numbers from 1 on, which counts how often it is asked. */
function countingStore() {
  const store = { stored: 0, asked: 0 };
  const list = async ({ cursor, limit }: ListQuery) => {
    store.asked++;
    const from = cursor === undefined ? store.stored : Number(cursor);
    const items = Array.from({ length: Math.min(limit, from) }, (_, index) => item(from - index));
    const next = from - items.length;
    return { items, scanned: items.length, ...(next > 0 && { cursor: String(next) }) };
  };
  return { store, source: { list } as unknown as DataSource };
}

function listOf(source: DataSource) {
  const faults: Error[] = [];
  const rows = new Rows(
    source,
    { order: "newest" },
    () => {},
    (error) => faults.push(error),
  );
  return { rows, faults };
}

test("100 000 rows that come in a minute are shown as they come: none is asked for again but one page in thousands", async () => {
  const { store, source } = countingStore();
  store.stored = 1000;
  const { rows, faults } = listOf(source);
  await turn();
  for (let batch = 0; batch < 170; batch++) {
    const items = Array.from({ length: 600 }, (_, index) => item(store.stored + index + 1));
    store.stored += items.length;
    rows.prepend(items);
    assert.equal(rows.at(0)?.id, store.stored, "the newest is the first, also while the pages are made anew");
    assert.ok(rows.held <= 20_000);
    if (batch % 3 === 0) await turn();
  }
  await turn();
  assert.deepEqual(faults, []);
  assert.ok(store.asked <= 40, `the store was asked ${store.asked} times`);
  assert.deepEqual(
    [0, 1, 599, 700, 4100].map((index) => rows.at(index)?.id ?? store.stored - index),
    [0, 1, 599, 700, 4100].map((index) => store.stored - index),
    "and the others follow, without one that is missing or twice",
  );
});

test("what was only counted is asked for, and what comes meanwhile stands before it", async () => {
  const { store, source } = countingStore();
  store.stored = 10;
  const { rows, faults } = listOf(source);
  await turn();
  store.stored = 5000;
  rows.prepend([item(4999), item(5000)], 4988);
  store.stored = 5001;
  rows.prepend([item(5001)]);
  assert.equal(rows.at(0)?.id, 5001);
  await turn();
  assert.deepEqual(
    [0, 1, 2, 3, 199].map((index) => rows.at(index)?.id),
    [5001, 5000, 4999, 4998, 4802],
  );
  assert.equal(store.asked, 2);
  assert.deepEqual(faults, []);
});
