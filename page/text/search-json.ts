/** Where a text was found in a JSON value: the keys that lead there. */
export type JsonPath = readonly string[];

/** Places that are told of. */
export const MAX_FOUND = 1000;

/** A value whose members are gone through, and how far. */
interface Level {
  readonly members: Readonly<Record<string, unknown>>;
  /** Absent: it is an array. */
  readonly keys: readonly string[] | undefined;
  readonly length: number;
  at: number;
}

/**
 * Places whose own key or value has a text, in the order of the document; the first 1000.
 * @param wanted is looked for whatever its case
 */
export function searchJson(root: unknown, wanted: string): readonly JsonPath[] {
  const found: JsonPath[] = [];
  const small = wanted.toLowerCase();
  if (small === "") return found;
  const has = (text: string): boolean => text.toLowerCase().includes(small);
  const levels: Level[] = [levelOf({ "": root })];
  for (let level = levels.at(-1); level !== undefined && found.length < MAX_FOUND; level = levels.at(-1)) {
    if (level.at === level.length) {
      levels.pop();
      continue;
    }
    const key = keyAt(level, level.at++);
    const value = level.members[key];
    const isValue = typeof value !== "object" || value === null;
    if ((level.keys !== undefined && has(key)) || (isValue && has(String(value))))
      found.push(levels.slice(1).map((one) => keyAt(one, one.at - 1)));
    if (!isValue) levels.push(levelOf(value));
  }
  return found;
}

function levelOf(value: object): Level {
  const keys = Array.isArray(value) ? undefined : Object.keys(value);
  const length = keys?.length ?? (value as readonly unknown[]).length;
  return { members: value as Readonly<Record<string, unknown>>, keys, length, at: 0 };
}

function keyAt({ keys }: Level, at: number): string {
  return keys?.[at] ?? String(at);
}
