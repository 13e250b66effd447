import { readFileSync } from "node:fs";
import { describeReadError, TaplineError } from "../../model/index.ts";
import { checkStructAlignments } from "../../wire/cilium/alignment/alignment.ts";
import type { Dialect } from "../../wire/cilium/index.ts";

/** Prints how each struct compares. Exit code 1 when one does not fit. */
export function checkAlignment(path: string, dialect: Dialect): void {
  let file: Uint8Array;
  try {
    file = readFileSync(path);
  } catch (error) {
    throw new TaplineError("input", describeReadError(error), { place: { file: path }, cause: error });
  }
  const results = checkStructAlignments(file, dialect);
  if (typeof results === "string") throw new TaplineError("input", results, { place: { file: path } });
  for (const { struct, fields, problems } of results) {
    process.stdout.write(`${problems.length === 0 ? "ok  " : "FAIL"} ${struct} (${fields} fields)\n`);
    for (const problem of problems) process.stdout.write(`     ${problem}\n`);
    if (problems.length > 0) process.exitCode = 1;
  }
}
