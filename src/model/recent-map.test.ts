import assert from "node:assert/strict";
import { test } from "node:test";
import { RecentMap } from "./recent-map.ts";

test("keeps what was asked for last, within its limit", () => {
  const map = new RecentMap<number, string>(10);
  for (let key = 0; key < 1000; key++) {
    map.set(key, String(key));
    assert.equal(map.get(0), "0", `after ${key}`);
    for (let recent = Math.max(0, key - 3); recent <= key; recent++) assert.equal(map.get(recent), String(recent));
    assert.ok(map.size <= 10, String(map.size));
  }
  assert.equal(map.get(500), undefined);
  map.set(999, "new");
  assert.equal(map.get(999), "new");
});
