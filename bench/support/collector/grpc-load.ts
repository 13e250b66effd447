import { spawn } from "node:child_process";
import { join } from "node:path";
import { LOAD, type PinnedCollector } from "./pinned-collector.ts";

interface Measured {
  readonly items: number;
  readonly seconds: number;
}

export function measureAccessLogs({ grpc }: PinnedCollector, seconds: number): Promise<Measured> {
  return run("access-logs", grpc, seconds);
}

export function measureSent({ grpc }: PinnedCollector, seconds: number): Promise<Measured> {
  return run("send", grpc, seconds);
}

/** In a process of its own, on the CPU of the load: gives how many were acknowledged, and in what time. */
async function run(kind: string, port: number, seconds: number): Promise<Measured> {
  const [command, ...first] = LOAD as [string, ...string[]];
  const sender = join(import.meta.dirname, "grpc-sender.ts");
  const child = spawn(command, [...first, process.execPath, sender, kind, String(port), String(seconds)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  for await (const chunk of child.stdout.setEncoding("utf8")) output += chunk;
  return JSON.parse(output) as Measured;
}
