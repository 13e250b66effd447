/**
 * Each kind of work beside another program, or beside itself without what it is to cost little for, and how much of that one's CPU it may
 * take: whole commands, medians of five pairs in turns, several kinds of input, of which the table has the worst. The table is
 * docs/performance.md's. `npm run bench -- asked`; `ROWS=read,start` chooses. Forty minutes on an idle machine with two processors.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { findProgram } from "../test/support/needs.ts";
import { type Finding, formatRow, worstOf } from "./support/asked/asked-row.ts";
import { CONVERT_ROWS } from "./support/asked/convert-rows.ts";
import { MONITOR_ROWS } from "./support/asked/monitor-rows.ts";
import { READ_ROWS } from "./support/asked/read-rows.ts";
import { TAP_ROWS } from "./support/asked/tap-rows.ts";

const chosen = process.env["ROWS"]?.split(",");
const all = [...READ_ROWS, ...CONVERT_ROWS, ...MONITOR_ROWS, ...TAP_ROWS];
const unknown = chosen?.filter((name) => !all.some((rows) => rows.name === name)) ?? [];
if (unknown.length > 0)
  throw new Error(`ROWS=${unknown.join(",")}: there are ${all.map(({ name }) => name).join(", ")}`);

const findings: Finding[] = [];
for (const { name, needs, measure } of all) {
  if (chosen?.includes(name) === false) continue;
  const missing = needs.filter((program) => findProgram(program) === undefined);
  if (missing.length > 0) {
    console.log(`${name}: missing: ${missing.join(", ")}`);
    continue;
  }
  const folder = mkdtempSync(join(tmpdir(), "tapline-bench-"));
  try {
    for await (const finding of measure(folder)) {
      findings.push(finding);
      console.log(`${formatRow(finding)} ${finding.costs}; load ${loadavg()[0]!.toFixed(1)}`);
    }
  } catch (error) {
    // The other rows tell something all the same.
    console.log(`${name}: ${(error as Error).stack}`);
    process.exitCode = 1;
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 });
  }
}
console.log("\n| work | peer | asked, at most | at its worst |\n|---|---|---|---|");
for (const row of worstOf(findings)) console.log(formatRow(row));
