import { type BigIntStats, fstatSync, statSync } from "node:fs";
import { TaplineError } from "../../model/index.ts";

/** Standard error is one of the inputs: what is said there would damage it. */
export class StandardErrorIsInput extends TaplineError {
  /** Where it can be told instead. */
  readonly teller: "stdout" | "nowhere";

  constructor(input: string, teller: "stdout" | "nowhere") {
    super("usage", `the standard error is the same file as the input ${input}: messages would end in it`, {
      hint: "send them to another file",
    });
    this.teller = teller;
  }
}

/**
 * Refuses an output that is one of the inputs: the same file, whatever it is called, through links too. Standard error is always one.
 * @param output a path; `-` is the standard output, which may be such a file too
 * @param inputs paths; `-` is the standard input, likewise
 * @throws TaplineError `usage`
 */
export function refuseInputs(output: string, inputs: readonly string[]): void {
  refuseStandardError(inputs);
  const target = factsOf(output, STDOUT);
  // Devices and pipes are not replaced.
  if (target === undefined || !target.isFile()) return;
  for (const input of inputs) {
    const source = factsOf(input, STDIN);
    if (!isSame(source, target)) continue;
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

function refuseStandardError(inputs: readonly string[]): void {
  const [told, shown] = [factsOfDescriptor(STDERR), factsOfDescriptor(STDOUT)];
  if (told?.isFile() !== true) return;
  const input = inputs.find((path) => isSame(factsOf(path, STDIN), told));
  if (input === undefined) return;
  const isInputToo = inputs.some((path) => isSame(factsOf(path, STDIN), shown));
  throw new StandardErrorIsInput(input, isInputToo ? "nowhere" : "stdout");
}

function isSame(one: BigIntStats | undefined, other: BigIntStats | undefined): boolean {
  return one !== undefined && one.dev === other?.dev && one.ino === other.ino;
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

function factsOfDescriptor(descriptor: number): BigIntStats | undefined {
  try {
    return fstatSync(descriptor, { bigint: true });
  } catch {
    return undefined;
  }
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
const STDERR = 2;
