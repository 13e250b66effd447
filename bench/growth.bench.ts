/**
 * Doubles each dimension of the input three times while the others stay, and names where CPU or memory of the whole command grows by more
 * than 2.3 times a doubling. `npm run bench -- growth`.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createGrowthDimensions, measureIdle } from "./support/growth/dimensions.ts";
import { type Growth, measureGrowth } from "./support/growth/measure-growth.ts";

const folder = mkdtempSync(join(tmpdir(), "tapline-bench-"));
const named: Growth[] = [];
try {
  mkdirSync(folder, { recursive: true });
  const idle = await measureIdle(folder);
  for (const dimension of createGrowthDimensions(folder)) {
    const growth = await measureGrowth(dimension, idle);
    const costs = growth.usages.map(
      ({ cpuSeconds, peakMegabytes }, i) =>
        `${growth.sizes[i]}: ${cpuSeconds.toFixed(2)} s ${peakMegabytes.toFixed(0)} MB`,
    );
    console.log(
      `${growth.name}: CPU ${growth.cpu.toFixed(2)}, memory ${growth.memory.toFixed(2)} a doubling (${costs.join(", ")})`,
    );
    if (growth.tooFast.length > 0) named.push(growth);
  }
} finally {
  rmSync(folder, { recursive: true });
}
if (named.length === 0) console.log("nothing grows faster than its input");
for (const { name, tooFast } of named) console.log(`GROWS TOO FAST: ${name}: ${tooFast.join(" and ")}`);
