import type { Retention } from "../retained-files.ts";
import type { FileStep } from "./file-batch.ts";

/**
 * Steps as they go to another thread. Cloning an object for each costs more than all else that is done for a trace; three
 * numbers a step are handed over without a copy, and the rest is cloned only where there is something.
 *
 *     numbers   0 7 0 │ 1 7 120 │ 1 3 64 │ 2 7 0       kind, file, and: the index of a path, a length, the index of an ending
 *     paths     "a_7.pb"
 *     endings   …                                      of files that end with bytes, or are retained; -1 is none
 */
export interface PackedSteps {
  readonly numbers: Float64Array<ArrayBuffer>;
  readonly paths: readonly string[];
  readonly endings: readonly { readonly end: Uint8Array; readonly retention: Retention | undefined }[];
}

const OPEN = 0;
const APPEND = 1;
const FINISH = 2;
const NOTHING = new Uint8Array(0);

export function packSteps(steps: readonly FileStep[]): PackedSteps {
  const numbers = new Float64Array(3 * steps.length);
  const paths: string[] = [];
  const endings: { end: Uint8Array; retention: Retention | undefined }[] = [];
  let at = 0;
  for (const step of steps) {
    numbers[at + 1] = step.file;
    if (step.kind === "append") {
      numbers[at] = APPEND;
      numbers[at + 2] = step.length;
    } else if (step.kind === "open") {
      numbers[at] = OPEN;
      numbers[at + 2] = paths.push(step.path) - 1;
    } else {
      const { end, retention } = step;
      numbers[at] = FINISH;
      numbers[at + 2] = end.length === 0 && retention === undefined ? -1 : endings.push({ end, retention }) - 1;
    }
    at += 3;
  }
  return { numbers, paths, endings };
}

export function unpackSteps({ numbers, paths, endings }: PackedSteps): FileStep[] {
  const steps: FileStep[] = [];
  for (let at = 0; at < numbers.length; at += 3) {
    const file = numbers[at + 1]!;
    const rest = numbers[at + 2]!;
    if (numbers[at] === APPEND) steps.push({ kind: "append", file, length: rest });
    else if (numbers[at] === OPEN) steps.push({ kind: "open", file, path: paths[rest]! });
    else steps.push({ kind: "finish", file, ...(endings[rest] ?? { end: NOTHING }) });
  }
  return steps;
}
