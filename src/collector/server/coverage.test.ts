import assert from "node:assert/strict";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { until } from "../../../test/support/proxy-harness.ts";
import { makeTemporaryFolder } from "../../../test/support/temporary-folder.ts";
import { Coverage } from "./coverage.ts";

const FIRST = 28_000_000;

function start(file?: string) {
  const nobody = undefined as number | undefined;
  const state = { minute: FIRST, lost: 0, lastSeen: nobody, awaitedUntil: nobody };
  const coverage = new Coverage({
    file,
    lost: () => state.lost,
    lastSeen: () => state.lastSeen,
    awaitedUntil: () => state.awaitedUntil,
    now: () => state.minute * 60_000,
  });
  const at = (minute: number, change: Partial<typeof state> = {}) => {
    Object.assign(state, { minute: FIRST + minute }, change);
    coverage.look();
  };
  return { coverage, at, state };
}

/** In minutes after the first. */
function gapsOf(coverage: Coverage, from: number, to: number, width = 1) {
  const micros = (minute: number) => (FIRST + minute) * 60e6;
  return coverage
    .gaps(micros(from), micros(to), width * 60e6)
    .map((gap) => [gap.reason, gap.from / 60e6 - FIRST, gap.to / 60e6 - FIRST]);
}

test("minutes without a source are gaps, those of one that is connected and quiet are none", () => {
  const { coverage, at, state } = start();
  at(0);
  at(1);
  const leave = coverage.attach();
  at(2.5);
  at(3);
  leave();
  leave();
  at(4);
  at(5, { lastSeen: (FIRST + 5) * 60_000 });
  at(6);
  coverage.see();
  at(7);
  assert.deepEqual(gapsOf(coverage, 0, 8), [
    ["no-source", 0, 1],
    ["no-source", 4, 5],
  ]);
  assert.deepEqual(gapsOf(coverage, -3, 0.5), [["no-source", -3, 0.5]]);
  assert.deepEqual(gapsOf(coverage, 7, 20), [], "of what is to come nothing is said");
  state.minute = FIRST + 9;
  assert.deepEqual(gapsOf(coverage, 6, 10), [["no-source", 7, 9]], "minutes in which nobody looked are not known");
});

test("a minute in which something was lost is a gap, whoever was there", () => {
  const { coverage, at } = start();
  coverage.attach();
  at(1, { lost: 3 });
  at(2, { lost: 4 });
  at(3);
  at(4, { lost: 9 });
  assert.deepEqual(gapsOf(coverage, 0, 5), [
    ["lost", 1, 3],
    ["lost", 4, 5],
  ]);
});

test("who is awaited is there, however silent, also after a restart", async () => {
  const folder = makeTemporaryFolder();
  try {
    const file = join(folder.path, "coverage");
    const { coverage, at } = start(file);
    at(0);
    at(1, { lastSeen: (FIRST + 1) * 60_000, awaitedUntil: (FIRST + 9) * 60_000 });
    for (const minute of [2, 3, 4]) at(minute);
    assert.deepEqual(gapsOf(coverage, 0, 5), [["no-source", 0, 1]]);
    coverage.close();
    await until(
      () => statSync(file, { throwIfNoEntry: false })?.size === 5 * "28000001 1 0 28000009\n".length,
      () => "it is written",
    );
    const second = start(file);
    for (const minute of [7, 8, 9, 10, 11, 12]) second.at(minute);
    assert.deepEqual(gapsOf(second.coverage, 0, 13), [
      ["no-source", 0, 1],
      ["no-source", 5, 7],
      ["no-source", 10, 12],
    ]);
  } finally {
    folder.remove();
  }
});

test("gaps within a bucket are one, as long as all of them", () => {
  const { coverage, at } = start();
  for (let minute = 0; minute < 1440; minute++) {
    at(minute, { lost: Math.floor(minute / 6) });
    if (minute % 2 === 0) coverage.attach()();
  }
  assert.equal(gapsOf(coverage, 0, 1440).length, 720 - 1 + 239);

  const gaps = gapsOf(coverage, 0, 1440, 16) as [string, number, number][];
  assert.ok(gaps.length <= 2 * 90, `${gaps.length}`);
  const missing = gaps.filter(([reason]) => reason === "no-source");
  assert.equal(
    missing.reduce((sum, [, from, to]) => sum + to - from, 0),
    720 - 1,
  );
  for (const [, from, to] of missing) assert.equal(Math.floor(from / 16), Math.floor((to - 0.001) / 16));
});

test("the file holds the minutes that are remembered, and a day more at most", async () => {
  const folder = makeTemporaryFolder();
  try {
    const file = join(folder.path, "coverage");
    const last31Days = 31 * 24 * 60;
    const minutes = Array.from({ length: last31Days - 1 }, (_, index) => FIRST - last31Days + 1 + index);
    const again = Array.from({ length: 24 * 60 - 2 }, () => FIRST - 1);
    writeFileSync(file, [...minutes, ...again].map((minute) => `${minute} 1 0\n`).join(""));
    const { coverage, at } = start(file);
    for (let minute = 0; minute < 8; minute++) at(minute);
    const isWritten = (minute: number) => readFileSync(file, "latin1").includes(`\n${FIRST + minute} `);
    // They are written without waiting.
    await until(() => [0, 1, 2, 3, 4, 5, 6].every(isWritten), "all minutes are in the file");
    const lines = readFileSync(file, "latin1").split("\n").length - 1;
    assert.ok(lines >= last31Days && lines < last31Days + 8, `${lines} lines`);
    assert.deepEqual(gapsOf(coverage, -9, 8), [["no-source", 0, 7]]);
  } finally {
    folder.remove();
  }
});

test("it is kept from one run to the next, in a file that nobody else reads", async () => {
  const folder = makeTemporaryFolder();
  try {
    const file = join(folder.path, "coverage");
    const first = start(file);
    first.coverage.attach();
    first.at(1, { lost: 1 });
    first.at(2);
    first.coverage.close();
    await until(
      () => statSync(file, { throwIfNoEntry: false })?.size === 3 * "28000000 1 0\n".length,
      () => "it is written",
    );
    assert.equal(statSync(file).mode & 0o777, 0o600);
    const second = start(file);
    second.at(5);
    assert.deepEqual(gapsOf(second.coverage, 0, 6), [
      ["lost", 1, 2],
      ["no-source", 3, 5],
    ]);
    // Long after, what is too long ago is left out.
    const late = start(file);
    late.state.minute = FIRST + 40 * 24 * 60;
    assert.deepEqual(gapsOf(late.coverage, 0, 3), [["no-source", 0, 3]]);
    assert.match(readFileSync(file, "latin1"), /^(?:\d+ [01] [01]\n){3,}$/);
  } finally {
    folder.remove();
  }
});
