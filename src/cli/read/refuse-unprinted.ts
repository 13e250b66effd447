import { TaplineError } from "../../model/index.ts";
import type { WriteTarget } from "./create-writing.ts";
import type { ReadFlags } from "./read-flags.ts";

/**
 * Refuses flags that say how something is printed where nothing is, and those of the print that a file, a collector or the recorder would not
 * follow: they take what comes, as it comes.
 *
 * @param beside the file of `-w`, and whether exchanges are sent, reported or kept, too
 * @throws TaplineError (`usage`)
 */
export function refuseUnprinted(flags: ReadFlags, beside: Partial<WriteTargets> & { readonly isKept: boolean }): void {
  const { exchanges, writing, isKept } = beside;
  const { write, print, output, sort, count, last, events, follow } = flags;
  if (exchanges !== undefined) {
    for (const [name, isGiven] of [
      ["-T fields", flags.type !== undefined],
      ["--events", events === true],
      ["-z", follow !== undefined],
      [`-o ${output}`, output !== "table"],
    ] as const)
      if (isGiven) throw new TaplineError("usage", `${name} says what is printed, and ${write} takes exchanges`);
  } else if (writing !== undefined) {
    if (print !== true)
      for (const [name, isGiven] of printFlags(flags))
        if (isGiven)
          throw new TaplineError("usage", `${name} says how exchanges are printed, and -w prints none`, {
            hint: "-P prints them, too",
          });
    if (sort !== undefined && count !== undefined)
      throw new TaplineError("usage", `${write} would have all: which are the first by ${sort} is known at the end`, {
        hint: `leave out -c, or -w to .har or .ndjson`,
      });
  }
  if (isKept && last !== undefined)
    throw new TaplineError("usage", `--last ${last} is of what is printed: what is sent or kept would be all`, {
      hint: "--since TIME",
    });
  if (isKept && sort !== undefined && count !== undefined)
    throw new TaplineError("usage", `-c ${count} with --sort is of what is printed: what is sent or kept would be all`);
}

interface WriteTargets {
  readonly exchanges: Extract<WriteTarget, { readonly exchanges: unknown }>["exchanges"];
  readonly writing: Extract<WriteTarget, { readonly writing: unknown }>["writing"];
}

function printFlags(flags: ReadFlags): readonly (readonly [name: string, isGiven: boolean])[] {
  const { output, type, verbose, columns, header, explain, sort } = flags;
  return [
    [`-o ${output}`, output !== "table"],
    ["-T fields", type !== undefined],
    ["-v", verbose > 0],
    ["--columns", columns !== undefined],
    ["--header", header !== undefined],
    ["--explain", explain !== undefined],
    ["--sort", sort !== undefined],
  ];
}
