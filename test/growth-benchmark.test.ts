import assert from "node:assert/strict";
import { test } from "node:test";
import { measureGrowth } from "../bench/support/growth/measure-growth.ts";

const IDLE = { cpuSeconds: 0.2, peakMegabytes: 60 };
const ofSize = (work: (size: number) => number, memory: (size: number) => number) => (size: number) =>
  Promise.resolve({
    cpuSeconds: IDLE.cpuSeconds + work(size) * 1e-4,
    peakMegabytes: IDLE.peakMegabytes + memory(size) * 1e-1,
  });

for (const [name, work, memory, tooFast] of [
  ["what is linear", (n: number) => n, (n: number) => n, []],
  ["what is sorted", (n: number) => n * Math.log2(n), () => 5, []],
  ["the square of it", (n: number) => n * n, (n: number) => n, ["CPU"]],
  ["a small part that is the square", (n: number) => n + n ** 2 / 1000, (n: number) => n, ["CPU"]],
  ["the square of next to nothing", (n: number) => n ** 2 / 1e6, () => 1, []],
  ["memory that is the square", (n: number) => n, (n: number) => n * n, ["memory"]],
  ["both", (n: number) => n ** 3, (n: number) => n ** 2, ["CPU", "memory"]],
] as const)
  test(`growth is named: ${name}`, async () => {
    const growth = await measureGrowth({ name, from: 1000, measure: ofSize(work, memory) }, IDLE);
    assert.deepEqual(growth.sizes, [1000, 2000, 4000, 8000]);
    assert.deepEqual(growth.tooFast, tooFast);
  });

test("the cheapest of three rounds counts", async () => {
  let calls = 0;
  const measure = (size: number) =>
    Promise.resolve({ cpuSeconds: size * (++calls % 3 === 0 ? 1 : 9), peakMegabytes: size });
  const { cpu, tooFast } = await measureGrowth(
    { name: "noise", from: 1, measure },
    { cpuSeconds: 0, peakMegabytes: 0 },
  );
  assert.equal(cpu, 2);
  assert.deepEqual(tooFast, []);
});
