/**
 * The cost of forwarding: seconds of CPU a request (64 keep-alive connections, replies of 1 KiB) and a gigabyte, of the tap
 * proxy, haproxy in TCP mode and `net.pipe`, in turns in one run; and whether memory stays flat over a million requests.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findProgram } from "../test/support/needs.ts";
import { findFreePorts } from "../test/support/processes.ts";
import { takeTurns } from "./support/asked/take-turns.ts";
import { median, readCpuSeconds, readResidentMebibytes } from "./support/process-usage.ts";
import { type Peer, ProxyPeers } from "./support/proxy-peers.ts";

const SECONDS = 2;
const BULK_BYTES = 256 * 1024 * 1024;
const BULK_REPEATS = 4;
const MILLION = 1_000_000;

const missing = ["nginx", "wrk", "curl", "haproxy"].filter((program) => findProgram(program) === undefined);
if (missing.length > 0) console.log(`missing: ${missing.join(", ")}`);
if (process.platform !== "linux") console.log("skipped: CPU times are read from /proc");
else if (missing.some((program) => program !== "haproxy")) console.log("skipped: nginx, wrk and curl are needed");
else await main();

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "tapline-bench-"));
  const peers = new ProxyPeers(folder);
  try {
    const [service, ...ports] = (await findFreePorts(6)) as [number, number, number, number, number, number];
    await peers.startNginx(service, BULK_BYTES);
    const proxies = [
      await peers.startHaproxy("haproxy", ports[0], service),
      await peers.startHaproxy("haproxy-splice", ports[1], service, "  option splice-auto"),
      await peers.startPipe(ports[2], service),
      await peers.startTapline("tapline", ports[3], service),
      await peers.startTapline("tapline+tap", ports[4], service, join(folder, "taps")),
    ].filter((peer) => peer !== undefined);
    report("CPU a request, µs", await measure(proxies, costOfRequest), 1e6);
    report("CPU a GB, s", await measure(proxies, costOfGigabyte), 1);
    showMemory(proxies.at(-1)!);
  } finally {
    peers.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The median of each, after one that does not count: what a proxy compiles is compiled then. */
async function measure(proxies: readonly Peer[], cost: (proxy: Peer) => number): Promise<Map<string, number>> {
  for (const proxy of proxies) cost(proxy);
  const costs = await takeTurns(proxies, cost);
  return new Map(proxies.map(({ name }, i) => [name, median(costs[i]!)]));
}

function costOfRequest({ pid, port }: Peer): number {
  const before = readCpuSeconds(pid);
  const requests = sendRequests(port, SECONDS);
  return (readCpuSeconds(pid) - before) / requests;
}

function costOfGigabyte({ pid, port }: Peer): number {
  const before = readCpuSeconds(pid);
  for (let repeat = 0; repeat < BULK_REPEATS; repeat++)
    execFileSync("curl", ["-sS", "-o", "/dev/null", `http://127.0.0.1:${port}/bulk`]);
  return (readCpuSeconds(pid) - before) / ((BULK_BYTES * BULK_REPEATS) / 1e9);
}

/** Gives how many requests were answered. */
function sendRequests(port: number, seconds: number): number {
  const args = ["-t1", "-c64", `-d${seconds}s`, `http://127.0.0.1:${port}/small`];
  const output = execFileSync("wrk", args, { encoding: "utf8" });
  return Number(/(\d+) requests in/.exec(output)![1]);
}

function report(title: string, costs: ReadonlyMap<string, number>, scale: number): void {
  console.log(title);
  const haproxy = costs.get("haproxy");
  const pipe = costs.get("net.pipe")!;
  for (const [name, cost] of costs) {
    const ratios = [haproxy && `${(cost / haproxy).toFixed(2)} x haproxy`, `${(cost / pipe).toFixed(2)} x net.pipe`];
    console.log(`  ${name.padEnd(16)} ${(cost * scale).toFixed(2).padStart(8)}  ${ratios.filter(Boolean).join(", ")}`);
  }
}

function showMemory({ name, pid, port }: Peer): void {
  console.log(`memory of ${name}, MiB resident`);
  let requests = 0;
  while (requests < MILLION) {
    requests += sendRequests(port, 3);
    console.log(`  after ${String(requests).padStart(8)} requests ${readResidentMebibytes(pid).toFixed(0)}`);
  }
}
