import type { ProgramUsage } from "../measure-program.ts";

export type Usage = Pick<ProgramUsage, "cpuSeconds" | "peakMegabytes">;

/** A size of the input that can be doubled while all others stay. */
export interface Dimension {
  readonly name: string;
  /** The first size: doubled three times. */
  readonly from: number;
  /** The cost of an input of that size, start-up included. */
  readonly measure: (size: number) => Promise<Usage>;
}

export interface Growth {
  readonly name: string;
  readonly sizes: readonly number[];
  readonly usages: readonly Usage[];
  /** By how much each grew at its worst doubling, start-up aside. */
  readonly cpu: number;
  readonly memory: number;
  /** Which grew faster than the input. */
  readonly tooFast: readonly ("CPU" | "memory")[];
}

/** By how much what is linear may seem to grow when its input is doubled. */
export const MOST_A_DOUBLING = 2.3;
const DOUBLINGS = 3;
/** The cheapest of so many runs of a size counts: whatever else runs only adds to it. */
const ROUNDS = 3;

/** Doubles a dimension three times. @param idle the cost of starting, which does not grow */
export async function measureGrowth({ name, from, measure }: Dimension, idle: Usage): Promise<Growth> {
  const sizes = Array.from({ length: DOUBLINGS + 1 }, (_, i) => from * 2 ** i);
  const usages: Usage[] = [];
  for (const size of sizes) {
    const rounds: Usage[] = [];
    for (let round = 0; round < ROUNDS; round++) rounds.push(await measure(size));
    usages.push({ cpuSeconds: least(rounds, "cpuSeconds"), peakMegabytes: least(rounds, "peakMegabytes") });
  }
  const grown = (of: keyof Usage) =>
    worstDoubling(
      usages.map((usage) => usage[of] - idle[of]),
      idle[of] / 2,
    );
  const [cpu, memory] = [grown("cpuSeconds"), grown("peakMegabytes")];
  const tooFast = [cpu > MOST_A_DOUBLING && ("CPU" as const), memory > MOST_A_DOUBLING && ("memory" as const)];
  return { name, sizes, usages, cpu, memory, tooFast: tooFast.filter((one) => one !== false) };
}

function least(rounds: readonly Usage[], of: keyof Usage): number {
  return Math.min(...rounds.map((usage) => usage[of]));
}

/** A doubling tells nothing before its cost can be told from that of starting. */
function worstDoubling(costs: readonly number[], least: number): number {
  let worst = 0;
  for (let i = 1; i < costs.length; i++)
    if (costs[i]! >= least) worst = Math.max(worst, costs[i]! / Math.max(costs[i - 1]!, least / MOST_A_DOUBLING));
  return worst;
}
