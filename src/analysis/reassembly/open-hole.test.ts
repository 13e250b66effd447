import assert from "node:assert/strict";
import { test } from "node:test";
import { OpenHole } from "./open-hole.ts";
import { DEFAULT_REASSEMBLY_LIMITS } from "./reassembly-limits.ts";

const LIMITS = {
  ...DEFAULT_REASSEMBLY_LIMITS,
  holePackets: 10,
  holeSeconds: 5,
  acknowledgedHolePackets: 3,
  acknowledgedHoleSeconds: 1,
};
/** A second of this year. */
const NOW = 1_796_000_000;

test("a hole is over by what has passed since it was noticed, in whatever year that was, and whichever way the clock went", () => {
  for (const start of [0, 1, NOW])
    for (const [isAcknowledged, packets, seconds] of [
      [false, 10, 5],
      [true, 3, 1],
    ] as const) {
      const hole = new OpenHole();
      hole.notice(100, isAcknowledged, 7, start);
      for (const [later, elapsed, isOver] of [
        [packets - 1, seconds, false],
        [packets, 0, true],
        [0, seconds + 1, true],
        [0, -seconds, false],
        [0, -seconds - 1, true],
      ] as const)
        assert.equal(
          hole.isOver(LIMITS, 7 + later, start + elapsed),
          isOver,
          `${start} ${isAcknowledged} ${later} ${elapsed}`,
        );
    }
});

test("a hole is another one where it stands elsewhere, or is known to be acknowledged", () => {
  const hole = new OpenHole();
  assert.equal(hole.isOpen, false);
  assert.equal(hole.notice(100, false, 0, NOW), true);
  assert.equal(hole.notice(100, false, 9, NOW), false);
  assert.equal(hole.isOver(LIMITS, 10, NOW), true);
  assert.equal(hole.notice(100, true, 9, NOW), true);
  assert.equal(hole.isOver(LIMITS, 11, NOW), false);
  assert.equal(hole.notice(101, true, 11, NOW), true);
  assert.equal(hole.isOver(LIMITS, 13, NOW), false);
  hole.close();
  assert.equal(hole.isOpen, false);
  assert.equal(hole.notice(101, true, 20, NOW), true);
});
