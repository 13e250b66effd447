/**
 * The cost of forwarding, of a socket tap and of HTTP taps in two checkouts: CPU a request (64 keep-alive connections, replies of 1 KiB) of
 * each one's proxy, in turns under the same load; the median of the pairs' ratios. Two and a half minutes. Both must be installed.
 *
 *     node bench/compare-forwarding.ts BEFORE AFTER [ROUNDS [CASE…]]
 *
 * Needs nginx and wrk. Nothing is redacted: traces of taps are what passed.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { findFreePorts } from "../test/support/processes.ts";
import { median, readCpuSeconds } from "./support/process-usage.ts";
import { type Peer, ProxyPeers } from "./support/proxy-peers.ts";

const SECONDS = 2;

const [before, after, rounds = "5", ...wanted] = process.argv.slice(2);
if (before === undefined || after === undefined) {
  console.error("usage: node bench/compare-forwarding.ts BEFORE AFTER [ROUNDS [CASE…]]");
  process.exit(2);
}

const folder = mkdtempSync(join(tmpdir(), "tapline-bench-"));
const single = (format: string, path: string): string =>
  `{format: ${format}, file_per_tap: {path_prefix: ${path}, single_file: true, roll: {max_bytes: 67108864}, keep: 2}}`;
type Start = (peers: ProxyPeers, name: string, port: number, service: number, traces: string) => Promise<Peer>;
const CASES: Readonly<Record<string, Start>> = {
  forwarding: (peers, name, port, service) => peers.startTapline(name, port, service),
  "socket-tap": (peers, name, port, service, traces) => peers.startTapline(name, port, service, traces),
  http: (peers, name, port, service) => peers.startHttpTap(name, port, service),
  "http-tap-binary": (peers, name, port, service, traces) =>
    peers.startHttpTap(name, port, service, single("PROTO_BINARY_LENGTH_DELIMITED", join(traces, "tap"))),
  "http-tap-json": (peers, name, port, service, traces) =>
    peers.startHttpTap(name, port, service, single("JSON_BODY_AS_STRING", join(traces, "tap"))),
};

const checkouts = [before, after].map((checkout, i) => {
  const own = join(folder, String(i));
  mkdirSync(own);
  return { folder: own, peers: new ProxyPeers(own, [join(resolve(checkout), "bin/tapline")]) };
});
try {
  const [service] = (await findFreePorts(1)) as [number];
  await checkouts[0]!.peers.startNginx(service, 0);
  for (const [name, start] of Object.entries(CASES)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    await compare(name, start, service);
  }
} finally {
  for (const { peers } of checkouts) peers.stop();
  rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 });
}

async function compare(name: string, start: Start, service: number): Promise<void> {
  const ports = await findFreePorts(checkouts.length);
  const proxies: Peer[] = [];
  const traces = checkouts.map((checkout) => join(checkout.folder, `${name}-traces`));
  for (const [i, { peers }] of checkouts.entries()) {
    mkdirSync(traces[i]!);
    proxies.push(await start(peers, name, ports[i]!, service, traces[i]!));
  }
  for (const proxy of proxies) costOfRequest(proxy);
  const pairs: number[][] = [];
  for (let round = 0; round < Number(rounds); round++) {
    const costs: number[] = [];
    for (const i of round % 2 === 0 ? [0, 1] : [1, 0]) costs[i] = costOfRequest(proxies[i]!);
    pairs.push(costs);
    for (const path of traces) for (const file of readdirSync(path)) if (/pb$/.test(file)) rmSync(join(path, file));
  }
  for (const { pid } of proxies) process.kill(pid);
  const [one, other] = [0, 1].map((i) =>
    median(pairs.map((pair) => pair[i]! * 1e6))
      .toFixed(2)
      .padStart(7),
  );
  const ratios = pairs.map(([a, b]) => b! / a!);
  const [least, most] = [Math.min(...ratios), Math.max(...ratios)].map((ratio) => ratio.toFixed(3));
  const ratio = median(ratios).toFixed(3);
  console.log(`${name.padEnd(16)} before ${one} µs, after ${other} µs; after : before ${ratio} (${least} to ${most})`);
}

/** Seconds of CPU. */
function costOfRequest({ pid, port }: Peer): number {
  const used = readCpuSeconds(pid);
  const args = ["-t1", "-c64", `-d${SECONDS}s`, `http://127.0.0.1:${port}/small`];
  const output = execFileSync("wrk", args, { encoding: "utf8" });
  return (readCpuSeconds(pid) - used) / Number(/(\d+) requests in/.exec(output)![1]);
}
