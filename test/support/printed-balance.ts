/** The books that a command told at its end. */

export interface PrintedBook {
  readonly entered: number;
  readonly handled: number;
  /** All that was skipped, truncated and dropped, by reason. */
  readonly reasons: Readonly<Record<string, number>>;
  readonly dropped: Readonly<Record<string, number>>;
}

/**
 * Reads a book, whether it stands in a line of its own or with those of which nothing was lost; undefined where it does not stand. Several
 * processes' (`worker N: `) are added. Where nothing was lost, what it took is `handled`, its heads of packets too.
 */
export function readBook(output: string, name: string): PrintedBook | undefined {
  let found = false;
  let [entered, handled] = [0, 0];
  const reasons: Record<string, number> = {};
  const dropped: Record<string, number> = {};
  const add = (into: Record<string, number>, list: string): void => {
    for (const [, reason, amount] of list.matchAll(/([\w-]+) (\d+)/g))
      into[reason!] = (into[reason!] ?? 0) + Number(amount);
  };
  for (const [, all, done, rest] of output.matchAll(
    new RegExp(`^(?:worker \\d+: )?${name}: (\\d+) in = (\\d+) handled(.*)$`, "gm"),
  )) {
    found = true;
    entered += Number(all);
    handled += Number(done);
    for (const [, list] of rest!.matchAll(/\(([^)]*)\)/g)) add(reasons, list!);
    add(dropped, / dropped \((.*?)\)/.exec(rest!)?.[1] ?? "");
  }
  for (const [, list] of output.matchAll(/^(?:worker \d+: )?nothing lost: (.*)$/gm))
    for (const [, amount, book] of list!.matchAll(/(\d+) ([\w-]+)/g)) {
      if (book !== name) continue;
      found = true;
      entered += Number(amount);
      handled += Number(amount);
    }
  return found ? { entered, handled, reasons, dropped } : undefined;
}
