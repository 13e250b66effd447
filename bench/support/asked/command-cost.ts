import { measureProgram, type ProgramUsage } from "../measure-program.ts";
import { median } from "../process-usage.ts";

/** The CPU seconds of a whole command, which must not fail. */
export async function costOf(program: string, args: readonly string[]): Promise<number> {
  return (await usageOf(program, args)).cpuSeconds;
}

export async function usageOf(program: string, args: readonly string[]): Promise<ProgramUsage> {
  const usage = await measureProgram(program, args);
  if (usage.exitCode !== 0) throw new Error(`${program} ${args[0]}: ${usage.exitCode} ${usage.messages.slice(-300)}`);
  return usage;
}

export function describeCosts(ours: readonly number[], theirs: readonly number[]): string {
  return `${seconds(ours)} beside ${seconds(theirs)}`;
}

/** The median, in a unit that fits. */
function seconds(costs: readonly number[]): string {
  const cost = median(costs);
  return cost < 0.001
    ? `${(cost * 1e6).toFixed(1)} µs`
    : cost < 1
      ? `${(cost * 1e3).toFixed(1)} ms`
      : `${cost.toFixed(2)} s`;
}
