import assert from "node:assert/strict";
import { test } from "node:test";
import { PacedTurns } from "./paced-turns.ts";

const BOUND = { timeout: 10_000 };

/** Tasks that take so long each, by a clock that only they move. */
function pace(millis: number) {
  let now = 0;
  const turns = new PacedTurns(() => now);
  const done: number[] = [];
  const add = (name: number): void =>
    turns.run(() => {
      now += millis;
      done.push(name);
    });
  return { turns, done, add };
}

/** A turn of the event loop: what was scheduled before has been done. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

test("so much is done in a turn, the rest in those that follow, in its order", BOUND, async () => {
  const { turns, done, add } = pace(2);
  for (let name = 0; name < 10; name++) add(name);
  assert.deepEqual(done, [0, 1, 2], "the first that pass 5 ms are the last of a turn");
  assert.equal(turns.waiting, 7);
  const counts: number[] = [];
  while (turns.waiting > 0) {
    await turn();
    counts.push(done.length);
  }
  assert.deepEqual(counts, [6, 9, 10]);
  assert.deepEqual(done, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test("what comes while others wait does not overtake them, and a quiet turn does all at once", BOUND, async () => {
  const { turns, done, add } = pace(6);
  add(0);
  add(1);
  assert.deepEqual(done, [0]);
  await turn();
  add(2);
  assert.deepEqual(done, [0, 1], "the turn that has done enough does no more, though nothing waited");
  await turn();
  await turn();
  assert.equal(turns.waiting, 0);
  add(3);
  assert.deepEqual(done, [0, 1, 2, 3]);
});
