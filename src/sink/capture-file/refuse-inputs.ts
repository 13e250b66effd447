import { type BigIntStats, fstatSync, statSync } from "node:fs";
import { TaplineError } from "../../model/index.ts";

/**
 * Refuses an output that is one of the inputs: the same file, whatever it is called, through links too.
 * @param output a path; `-` is the standard output, which may be such a file too
 * @param inputs paths; `-` is the standard input, likewise
 * @throws TaplineError `usage`
 */
export function refuseInputs(output: string, inputs: readonly string[]): void {
  const target = factsOf(output, STDOUT);
  // Devices and pipes are not replaced.
  if (target === undefined || !target.isFile()) return;
  for (const input of inputs) {
    const source = factsOf(input, STDIN);
    if (source === undefined || source.dev !== target.dev || source.ino !== target.ino) continue;
    throw new TaplineError(
      "usage",
      output === "-"
        ? `the standard output is the same file as the input ${input}: it would be lost`
        : input === output
          ? "this is an input: it would be lost"
          : `this is the same file as the input ${input}: it would be lost`,
      output === "-"
        ? { hint: "send the output to another file" }
        : { place: { file: output }, hint: "name another file for the output, last" },
    );
  }
}

/**
 * Refuses an output that exists.
 * @throws TaplineError `usage`
 */
export function refuseExisting(output: string): void {
  if (output === "-" || factsOf(output, STDOUT)?.isFile() !== true) return;
  throw new TaplineError("usage", "this file exists", {
    place: { file: output },
    hint: "--force replaces it; the output comes last",
  });
}

function factsOf(path: string, standard: number): BigIntStats | undefined {
  try {
    return path === "-" ? fstatSync(standard, { bigint: true }) : statSync(path, { bigint: true });
  } catch {
    return undefined;
  }
}

const STDIN = 0;
const STDOUT = 1;
