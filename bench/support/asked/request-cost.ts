import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus } from "node:os";
import { promisify } from "node:util";
import { readCpuSeconds } from "../process-usage.ts";
import type { Peer } from "../proxy-peers.ts";

const CONNECTIONS = 64;
/** A number of them, not of seconds: where the machine is busy a proxy would not get warm in the time that it has. */
const REQUESTS = 40_000;

/** Seconds of CPU that a proxy takes for one request, with as many as 64 kept-alive connections send. */
export async function costOfRequest({ pid, port }: Peer, path: string, requests = REQUESTS): Promise<number> {
  const before = readCpuSeconds(pid);
  const url = `http://127.0.0.1:${port}${path}`;
  const output = await runBeside("h2load", ["--h1", "-c", String(CONNECTIONS), "-n", String(requests), url]);
  if (!output.includes(`${requests} 2xx`)) throw new Error(`h2load: ${output}`);
  return (readCpuSeconds(pid) - before) / requests;
}

/** Milliseconds until a response was there, at a steady rate of so many requests a second. @param log a path for what each took */
export async function measureLatency({ port }: Peer, path: string, rate: number, log: string): Promise<Latency> {
  await runBeside("h2load", [
    ...["--h1", "-c", String(CLIENTS), "--rps", String(rate / CLIENTS), "-D", String(LATENCY_SECONDS)],
    ...["--log-file", log, `http://127.0.0.1:${port}${path}`],
  ]);
  const millis = readFileSync(log, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => {
      const [, status, micros] = line.split("\t").map(Number);
      if (status !== 200) throw new Error(`status ${status}`);
      return micros! / 1000;
    })
    .sort((a, b) => a - b);
  const at = (share: number) => millis[Math.floor(millis.length * share)]!;
  return { p50: at(0.5), p99: at(0.99) };
}

const CLIENTS = 50;
const LATENCY_SECONDS = 5;

export interface Latency {
  readonly p50: number;
  readonly p99: number;
}

/** On the processor that the proxies do not have, where there are two. */
async function runBeside(program: string, args: readonly string[]): Promise<string> {
  const command = cpus().length > 1 ? ["taskset", "-c", "1", program, ...args] : [program, ...args];
  return (await promisify(execFile)(command[0]!, command.slice(1), { timeout: 300_000 })).stdout;
}
