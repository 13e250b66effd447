import { execFile, execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Flood } from "./flood.ts";
import { LOAD, type PinnedCollector } from "./pinned-collector.ts";
import { reportScript } from "./reports.ts";

const CONNECTIONS = 128;

interface Measured {
  readonly items: number;
  readonly seconds: number;
}

let run = 0;

/** Posts reports as fast as they are answered; only those that were taken count. */
export async function measureReports({ ingest }: PinnedCollector, seconds: number): Promise<Measured> {
  const output = await wrk(ingest, seconds, CONNECTIONS);
  const refused = Number(/Non-2xx or 3xx responses: (\d+)/.exec(output)?.[1] ?? 0);
  return { items: Number(/(\d+) requests in/.exec(output)![1]) - refused, seconds };
}

/** With more open at once than wait for the disk: how long those wait that are refused, and what is kept. */
export async function measureOverload(collector: PinnedCollector): Promise<string> {
  const [command, ...first] = LOAD as [string, ...string[]];
  const flood = join(import.meta.dirname, "flood.ts");
  const { stdout } = await promisify(execFile)(command, [
    ...first,
    process.execPath,
    flood,
    String(collector.ingest),
    "5",
  ]);
  const { taken, refused, millis, own } = JSON.parse(stdout) as Flood;
  const metrics = execFileSync("curl", ["-s", `http://127.0.0.1:${collector.page}/metrics`], { encoding: "utf8" });
  const kept = /^tapline_store_exchanges(?:\{\})? (\d+)/m.exec(metrics)?.[1] ?? "?";
  return `${taken} taken, ${refused} answered by 503, those after ${millis.join(", ")} ms (50, 90, 99 %, the most; asked 50; the one who measures was late by ${own} at 99 %); ${kept} kept in all; ${Math.round(collector.residentMebibytes())} MiB resident`;
}

async function wrk(port: number, seconds: number, connections: number): Promise<string> {
  const script = `/tmp/tapline-bench-${process.pid}.lua`;
  writeFileSync(script, reportScript());
  const args = ["-t1", `-c${connections}`, `-d${seconds}s`, "--latency", "-s", script, `http://127.0.0.1:${port}`];
  const [command, ...first] = LOAD as [string, ...string[]];
  const { stdout } = await promisify(execFile)(command, [...first, "wrk", ...args, "--", String(++run)]);
  return stdout;
}
