import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { findFreePorts, startProgram } from "../../../test/support/processes.ts";
import { readCpuSeconds, readResidentMebibytes } from "../process-usage.ts";

const MAIN = join(import.meta.dirname, "../../../src/cli/main.ts");

export interface PinnedCollector {
  readonly page: number;
  readonly ingest: number;
  readonly grpc: number;
  /** CPU that it and its threads have used. */
  cpuSeconds(): number;
  residentMebibytes(): number;
  stop(): Promise<unknown>;
}

/** A collector that has CPU 0 and nothing else; the load goes to CPU 1 by `LOAD`. */
export async function startPinnedCollector(folder: string): Promise<PinnedCollector> {
  const [page, ingest, grpc] = (await findFreePorts(3)) as [number, number, number];
  const at = (port: number) => `127.0.0.1:${port}`;
  const args = ["collector", "--listen", at(page), "--ingest", at(ingest), "--grpc", at(grpc), "--data", folder];
  const { child, output, stop } = startProgram("taskset", [
    "-c",
    "0",
    process.execPath,
    "--max-semi-space-size=32",
    MAIN,
    ...args,
  ]);
  for (let waited = 0; !output().includes("Keeps"); waited++) {
    if (waited > 300) throw new Error(`the collector does not start: ${output()}`);
    await delay(100);
  }
  const pid = child.pid!;
  return {
    page,
    ingest,
    grpc,
    cpuSeconds: () => readCpuSeconds(pid),
    residentMebibytes: () => readResidentMebibytes(pid),
    stop: () => stop(),
  };
}

/** Before a command of the load. */
export const LOAD: readonly string[] = ["taskset", "-c", "1"];
