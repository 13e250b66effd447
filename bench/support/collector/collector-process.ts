import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { findFreePorts, startProgram } from "../../../test/support/processes.ts";
import { readCpuSeconds, readResidentMebibytes } from "../process-usage.ts";

const MAIN = join(import.meta.dirname, "../../../src/cli/main.ts");

export interface CollectorProcess {
  readonly page: number;
  readonly ingest: number;
  readonly grpc: number;
  readonly pid: number;
  /** CPU that it and its threads have used. */
  cpuSeconds(): number;
  residentMebibytes(): number;
  stop(): Promise<unknown>;
}

export interface CollectorProcessOptions {
  /** Words before the command, such as `taskset -c 0`. */
  readonly before?: readonly string[];
  readonly flags?: readonly string[];
}

/** A collector in a process of its own, on free ports of loopback, with its store in a folder. */
export async function startCollectorProcess(
  folder: string,
  { before = [], flags = [] }: CollectorProcessOptions = {},
): Promise<CollectorProcess> {
  const [page, ingest, grpc] = (await findFreePorts(3)) as [number, number, number];
  const at = (port: number) => `127.0.0.1:${port}`;
  const listeners = ["--listen", at(page), "--ingest", at(ingest), "--grpc", at(grpc)];
  const node = [process.execPath, "--max-semi-space-size=32", MAIN];
  const [program, ...words] = [...before, ...node, "collector", ...listeners, "--data", folder, ...flags];
  const { child, output, stop } = startProgram(program!, words);
  for (let waited = 0; !output().includes("Keeps"); waited++) {
    if (waited > 300) throw new Error(`the collector does not start: ${output()}`);
    await delay(100);
  }
  const pid = child.pid!;
  return {
    page,
    ingest,
    grpc,
    pid,
    cpuSeconds: () => readCpuSeconds(pid),
    residentMebibytes: () => readResidentMebibytes(pid),
    stop: () => stop(),
  };
}
