export interface TurnsOptions {
  readonly rounds?: number;
  /** No round is begun after so many seconds, the first aside. */
  readonly mostSeconds?: number;
}

/** The costs of each in all rounds: all take turns in every one, in the opposite order each second time. */
export async function takeTurns<One, Cost = number>(
  all: readonly One[],
  cost: (one: One) => Promise<Cost> | Cost,
  { rounds = 5, mostSeconds = 600 }: TurnsOptions = {},
): Promise<Cost[][]> {
  const costs: Cost[][] = all.map(() => []);
  const started = performance.now();
  for (let round = 0; round < rounds; round++) {
    if (round > 0 && performance.now() - started > mostSeconds * 1000) break;
    for (let turn = 0; turn < all.length; turn++) {
      const i = round % 2 === 0 ? turn : all.length - 1 - turn;
      costs[i]!.push(await cost(all[i]!));
    }
  }
  return costs;
}
