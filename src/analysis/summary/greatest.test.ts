import assert from "node:assert/strict";
import { test } from "node:test";
import { Random } from "../../../test/support/random.ts";
import { type Example, Greatest } from "./greatest.ts";

test("the greatest are kept in order, of equal ones the first", () => {
  for (let round = 0; round < 100; round++) {
    const random = new Random();
    const most = 1 + random.below(6);
    const greatest = new Greatest(most);
    const values = random.list(40, () => (random.chance(8) ? undefined : random.below(12)));
    for (const [id, value] of values.entries()) if (greatest.takes(value)) greatest.add(value, { id } as Example);
    const expected = values
      .map((value = 0, id) => ({ value, id }))
      .filter(({ value }) => value > 0)
      .sort((a, b) => b.value - a.value || a.id - b.id)
      .slice(0, most);
    assert.deepEqual(
      greatest.examples.map(({ id }) => id),
      expected.map(({ id }) => id),
      `seed ${random.seed}`,
    );
  }
});
