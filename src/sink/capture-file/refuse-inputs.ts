import { type BigIntStats, fstatSync, statSync } from "node:fs";
import { TaplineError } from "../../model/index.ts";

/**
 * Refuses an output that is one of the inputs: the same file, whatever it is called, through links too.
 * @param inputs paths; `-` is the standard input, which may be such a file too
 * @throws TaplineError `usage`
 */
export function refuseInputs(output: string, inputs: readonly string[]): void {
  const target = factsOf(output);
  // Devices and pipes are not replaced.
  if (target === undefined || !target.isFile()) return;
  for (const input of inputs) {
    const source = factsOf(input);
    if (source === undefined || source.dev !== target.dev || source.ino !== target.ino) continue;
    throw new TaplineError(
      "usage",
      input === output
        ? "this is an input: it would be lost"
        : `this is the same file as the input ${input}: it would be lost`,
      { place: { file: output }, hint: "name another file for the output, last" },
    );
  }
}

/**
 * Refuses an output that exists.
 * @throws TaplineError `usage`
 */
export function refuseExisting(output: string): void {
  if (output === "-" || factsOf(output)?.isFile() !== true) return;
  throw new TaplineError("usage", "this file exists", {
    place: { file: output },
    hint: "--force replaces it; the output comes last",
  });
}

function factsOf(path: string): BigIntStats | undefined {
  try {
    return path === "-" ? fstatSync(0, { bigint: true }) : statSync(path, { bigint: true });
  } catch {
    return undefined;
  }
}
