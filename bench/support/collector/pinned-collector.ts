import { type CollectorProcess, startCollectorProcess } from "./collector-process.ts";

export type PinnedCollector = CollectorProcess;

/** A collector that has CPU 0 and nothing else; the load goes to CPU 1 by `LOAD`. */
export function startPinnedCollector(folder: string): Promise<PinnedCollector> {
  return startCollectorProcess(folder, { before: ["taskset", "-c", "0"] });
}

/** Before a command of the load. */
export const LOAD: readonly string[] = ["taskset", "-c", "1"];
