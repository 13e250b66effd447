import type { SideSample } from "./exchange-comparison.ts";
import type { GroupSample } from "./group-sample.ts";

/** Groups by their key; where each side has one service, and it is not the same one, by the rest of the key. */
export function pairGroups(a: SideSample, b: SideSample): { pairs: GroupPair[]; servicesDiffer: boolean } {
  const firsts = [a, b].map(({ groups }) => new Set([...groups.keys()].map((key) => key.split("\n")[0]!)));
  const [before, after] = firsts as [Set<string>, Set<string>];
  const hasRest = [...a.groups.keys()].every((key) => key.includes("\n"));
  const servicesDiffer = hasRest && before.size === 1 && after.size === 1 && [...before][0] !== [...after][0];
  const named = ({ groups }: SideSample): Map<string, GroupSample> =>
    servicesDiffer ? new Map([...groups].map(([key, group]) => [key.slice(key.indexOf("\n") + 1), group])) : groups;
  const [left, right] = [named(a), named(b)];
  const pairs = [...new Set([...left.keys(), ...right.keys()])].map((key) => ({
    key: key.split("\n"),
    before: left.get(key),
    after: right.get(key),
  }));
  return { pairs, servicesDiffer };
}

/** One group on both sides, where they have it. */
export interface GroupPair {
  readonly key: readonly string[];
  readonly before: GroupSample | undefined;
  readonly after: GroupSample | undefined;
}
