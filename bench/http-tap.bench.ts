/**
 * The cost of an HTTP tap on every request: CPU a request (64 keep-alive connections, replies of 1 KiB, bodies kept up to
 * 1 KiB) with traces written to one file and to a file each, beside haproxy in TCP mode and the proxy without a tap, in turns
 * in one run. Needs nginx, wrk and haproxy.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findProgram } from "../test/support/needs.ts";
import { findFreePorts } from "../test/support/processes.ts";
import { takeTurns } from "./support/asked/take-turns.ts";
import { median, readCpuSeconds } from "./support/process-usage.ts";
import { type Peer, ProxyPeers } from "./support/proxy-peers.ts";

const SECONDS = 2;

const missing = ["nginx", "wrk", "haproxy"].filter((program) => findProgram(program) === undefined);
if (missing.length > 0) console.log(`missing: ${missing.join(", ")}`);
else if (process.platform !== "linux") console.log("skipped: CPU times are read from /proc");
else await main();

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "tapline-bench-"));
  const traces = (name: string) => {
    mkdirSync(join(folder, name));
    return join(folder, name, "tap");
  };
  const peers = new ProxyPeers(folder);
  try {
    const [service, ...ports] = (await findFreePorts(7)) as [number, number, number, number, number, number, number];
    await peers.startNginx(service, 0);
    const single = (path: string) =>
      `file_per_tap: {path_prefix: ${path}, single_file: true, roll: {max_bytes: 67108864}, keep: 2}`;
    const proxies = [
      (await peers.startHaproxy("haproxy", ports[0], service))!,
      await peers.startHttpTap("no tap", ports[1], service),
      await peers.startHttpTap(
        "one file, binary",
        ports[2],
        service,
        `{format: PROTO_BINARY_LENGTH_DELIMITED, ${single(traces("binary"))}}`,
      ),
      await peers.startHttpTap(
        "one file, JSON",
        ports[3],
        service,
        `{format: JSON_BODY_AS_STRING, ${single(traces("json"))}}`,
      ),
      await peers.startHttpTap(
        "a file each",
        ports[4],
        service,
        `{format: PROTO_BINARY, file_per_tap: {path_prefix: ${traces("each")}}}`,
      ),
    ];
    report(await measure(proxies, () => emptyFolder(join(folder, "each"))));
  } finally {
    peers.stop();
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 });
  }
}

/** The median of each, after one that does not count: what a proxy compiles is compiled then. */
async function measure(proxies: readonly Peer[], tidy: () => void): Promise<Map<string, number>> {
  for (const proxy of proxies) costOfRequest(proxy);
  const costs = await takeTurns(proxies, (proxy) => {
    const cost = costOfRequest(proxy);
    tidy();
    return cost;
  });
  return new Map(proxies.map(({ name }, i) => [name, median(costs[i]!)]));
}

function costOfRequest({ pid, port }: Peer): number {
  const before = readCpuSeconds(pid);
  const output = execFileSync("wrk", ["-t1", "-c64", `-d${SECONDS}s`, `http://127.0.0.1:${port}/small`], {
    encoding: "utf8",
  });
  return (readCpuSeconds(pid) - before) / Number(/(\d+) requests in/.exec(output)![1]);
}

function emptyFolder(folder: string): void {
  for (const name of readdirSync(folder)) rmSync(join(folder, name), { force: true });
}

function report(costs: ReadonlyMap<string, number>): void {
  console.log("CPU a request, µs");
  for (const [name, cost] of costs) {
    const ratio = cost / costs.get("haproxy")!;
    console.log(`  ${name.padEnd(18)} ${(cost * 1e6).toFixed(1).padStart(6)}  ${ratio.toFixed(2)} x haproxy`);
  }
}
