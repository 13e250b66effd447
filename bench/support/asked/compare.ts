import type { Finding } from "./asked-row.ts";
import { costOf, describeCosts } from "./command-cost.ts";
import { takeTurns } from "./take-turns.ts";

export type Command = readonly [program: string, args: readonly string[]];

/** The whole command beside another, in turns. */
export async function* compare({
  ours,
  theirs,
  rounds,
  mostSeconds = 150,
  ...row
}: Omit<Finding, "values" | "costs"> & {
  readonly ours: Command;
  readonly theirs: Command;
  readonly rounds?: number;
  readonly mostSeconds?: number;
}): AsyncGenerator<Finding> {
  const [own, others] = await takeTurns([ours, theirs], ([program, args]) => costOf(program, args), {
    ...(rounds === undefined ? {} : { rounds }),
    mostSeconds,
  });
  yield { ...row, ...pair(own!, others!) };
}

/** The costs of a pair of programs in each round, as a row has them. */
export function pair(ours: readonly number[], theirs: readonly number[]): Pick<Finding, "values" | "costs"> {
  return { values: ours.map((cost, round) => cost / theirs[round]!), costs: describeCosts(ours, theirs) };
}
