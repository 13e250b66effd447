/** Adds up `name: value` lines of several processes; sorted by name. */
export function sumCounters(lists: readonly (readonly string[])[]): string[] {
  const sums = new Map<string, number>();
  for (const line of lists.flat()) {
    const at = line.lastIndexOf(": ");
    const name = line.slice(0, at);
    sums.set(name, (sums.get(name) ?? 0) + Number(line.slice(at + 2)));
  }
  return [...sums].sort(([left], [right]) => (left < right ? -1 : 1)).map(([name, value]) => `${name}: ${value}`);
}
