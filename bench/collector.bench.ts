/**
 * How much a collector takes, durable, redacted and summed up: reports (`POST /publish`, 2 KB, keep-alive), access logs of SkyWalking's Rover
 * over gRPC, and exchanges by `--send`. The collector and all its threads have one CPU, the load another. CPU an item is the
 * figure to compare: the rate is what the machine left. Needs wrk and taskset.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findProgram } from "../test/support/needs.ts";
import { measureAccessLogs, measureSent } from "./support/collector/grpc-load.ts";
import { measureOverload, measureReports } from "./support/collector/http-load.ts";
import { startPinnedCollector } from "./support/collector/pinned-collector.ts";

const missing = ["wrk", "taskset"].filter((program) => findProgram(program) === undefined);
if (missing.length > 0) console.log(`missing: ${missing.join(", ")}`);
else if (process.platform !== "linux") console.log("skipped: CPU times are read from /proc");
else
  for (const [name, asked, measure] of [
    ["/publish POSTs", 8000, measureReports],
    ["access logs by gRPC", 40_000, measureAccessLogs],
    ["exchanges by --send", 30_000, measureSent],
  ] as const) {
    const folder = mkdtempSync(join(tmpdir(), "tapline-bench-"));
    const collector = await startPinnedCollector(folder);
    try {
      await measure(collector, 3);
      const before = collector.cpuSeconds();
      const { items, seconds } = await measure(collector, 6);
      const micros = ((collector.cpuSeconds() - before) / items) * 1e6;
      console.log(
        `${name.padEnd(20)} ${Math.round(items / seconds)} a second, CPU ${micros.toFixed(1)} µs each (${Math.round(1e6 / micros)} a second of one CPU; asked ${asked})`,
      );
      if (measure === measureReports) console.log(`above that           ${await measureOverload(collector)}`);
    } finally {
      await collector.stop();
      rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 });
    }
  }
