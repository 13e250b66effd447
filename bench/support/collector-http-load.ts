import { execFile, execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { reportScript } from "./collector-reports.ts";
import { LOAD, type PinnedCollector } from "./pinned-collector.ts";

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

/** With eight times as many connections, more come than can be taken: how long the answers take, and what is kept. */
export async function measureOverload(collector: PinnedCollector, folder: string): Promise<string> {
  const script = join(folder, "refused.lua");
  writeFileSync(
    script,
    `${reportScript()}
local refused = 0
response = function(status) if status == 503 then refused = refused + 1 end end`,
  );
  const output = await wrk(collector.ingest, 5, 8 * CONNECTIONS);
  const [, all] = /(\d+) requests in/.exec(output)!;
  const refused = /Non-2xx or 3xx responses: (\d+)/.exec(output)?.[1] ?? "0";
  const latency = [50, 90, 99].map((share) => `${share} % ${new RegExp(`${share}%\\s+(\\S+)`).exec(output)?.[1]}`);
  const metrics = execFileSync("curl", ["-s", `http://127.0.0.1:${collector.page}/metrics`], { encoding: "utf8" });
  const kept = /^tapline_store_exchanges(?:\{\})? (\d+)/m.exec(metrics)?.[1] ?? "?";
  return `${all} answered, ${refused} of them by 503; latency ${latency.join(", ")}; ${kept} kept in all; ${Math.round(collector.residentMebibytes())} MiB resident`;
}

async function wrk(port: number, seconds: number, connections: number): Promise<string> {
  const script = `/tmp/tapline-bench-${process.pid}.lua`;
  writeFileSync(script, reportScript());
  const args = ["-t1", `-c${connections}`, `-d${seconds}s`, "--latency", "-s", script, `http://127.0.0.1:${port}`];
  const [command, ...first] = LOAD as [string, ...string[]];
  const { stdout } = await promisify(execFile)(command, [...first, "wrk", ...args, "--", String(++run)]);
  return stdout;
}
