import { TaplineError } from "../../model/index.ts";
import { readWholeFile } from "../../source/whole-file.ts";
import { checkStructAlignments } from "../../wire/cilium/alignment/alignment.ts";
import { DIALECTS, type Dialect, type DialectChoice } from "../../wire/cilium/index.ts";

/**
 * Prints how each struct compares: with `auto` to the newest version that differs least, which is said on stderr. Exit code 1
 * when one does not fit.
 */
export function checkAlignment(path: string, choice: DialectChoice): void {
  const compare = (dialect: Dialect) => {
    const results = checkStructAlignments(readWholeFile(path), dialect);
    if (typeof results === "string") throw new TaplineError("input", results, { place: { file: path } });
    return { dialect, results, count: results.reduce((sum, { problems }) => sum + problems.length, 0) };
  };
  const [best] = (choice === "auto" ? [...DIALECTS].reverse() : [choice])
    .map(compare)
    .sort((a, b) => a.count - b.count);
  const { dialect, results } = best!;
  if (choice === "auto") process.stderr.write(`tapline: compared with the structs of ${dialect} (--dialect)\n`);
  for (const { struct, fields, problems } of results) {
    process.stdout.write(`${problems.length === 0 ? "ok  " : "FAIL"} ${struct} (${fields} fields)\n`);
    for (const problem of problems) process.stdout.write(`     ${problem}\n`);
    if (problems.length > 0) process.exitCode = 1;
  }
}
