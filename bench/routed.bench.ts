/**
 * The cost of routed mode: CPU a request (64 keep-alive connections, replies of 1 KiB) of a manager that chooses a route, beside a plain proxy
 * of node:http, which does the same work without a choice, and beside verbatim forwarding; in turns in one run.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findProgram } from "../test/support/needs.ts";
import { findFreePorts } from "../test/support/processes.ts";
import { median, readCpuSeconds } from "./support/process-usage.ts";
import { type Peer, ProxyPeers } from "./support/proxy-peers.ts";

const ROUNDS = 5;
const SECONDS = 2;

const missing = ["nginx", "wrk"].filter((program) => findProgram(program) === undefined);
if (process.platform !== "linux") console.log("skipped: CPU times are read from /proc");
else if (missing.length > 0) console.log(`skipped: ${missing.join(" and ")} missing`);
else await main();

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "tapline-bench-"));
  const peers = new ProxyPeers(folder);
  try {
    const [service, plain, routed, verbatim] = (await findFreePorts(4)) as [number, number, number, number];
    await peers.startNginx(service, 1024);
    const proxies = [
      await peers.startNodeHttp(plain, service),
      await peers.startRouted("routed", routed, service),
      await peers.startHttpProxy("verbatim", verbatim, service, ""),
    ];
    for (const path of ["/small", "/publish"]) {
      for (const proxy of proxies) sendRequests(proxy, path);
      const costs = new Map(proxies.map(({ name }) => [name, [] as number[]]));
      for (let round = 0; round < ROUNDS; round++)
        for (const proxy of proxies) costs.get(proxy.name)!.push(costOfRequest(proxy, path));
      report(path, costs);
    }
  } finally {
    peers.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function costOfRequest(proxy: Peer, path: string): number {
  const before = readCpuSeconds(proxy.pid);
  const requests = sendRequests(proxy, path);
  return (readCpuSeconds(proxy.pid) - before) / requests;
}

/** Gives how many requests were answered. */
function sendRequests({ port }: Peer, path: string): number {
  const headers = ["-H", "accept: */*", "-H", "accept-encoding: gzip", "-H", "user-agent: wrk", "-H", "cookie: a=b"];
  const args = ["-t1", "-c64", `-d${SECONDS}s`, ...headers, `http://127.0.0.1:${port}${path}`];
  return Number(/(\d+) requests in/.exec(execFileSync("wrk", args, { encoding: "utf8" }))![1]);
}

function report(path: string, costs: ReadonlyMap<string, readonly number[]>): void {
  console.log(`CPU a request, µs: GET ${path}`);
  const plain = costs.get("node:http")!;
  for (const [name, values] of costs) {
    const pairs = values.map((value, round) => value / plain[round]!);
    const cost = (median(values) * 1e6).toFixed(1).padStart(8);
    console.log(
      `  ${name.padEnd(10)} ${cost}  ${median(pairs).toFixed(2)} x node:http (pairs ${Math.min(...pairs).toFixed(2)}–${Math.max(...pairs).toFixed(2)})`,
    );
  }
}
