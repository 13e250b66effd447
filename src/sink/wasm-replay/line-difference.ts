/** A line of two texts: it is in both, was taken out of the first, or was put into the second. */
export interface DifferentLine {
  readonly change: " " | "-" | "+";
  readonly text: string;
}

/** The lines in which two texts differ, in their order (longest common subsequence); undefined where there are too many to compare. */
export function differingLines(before: readonly string[], after: readonly string[]): DifferentLine[] | undefined {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start++;
  let end = 0;
  while (
    end < Math.min(before.length, after.length) - start &&
    before[before.length - 1 - end] === after[after.length - 1 - end]
  )
    end++;
  const old = before.slice(start, before.length - end);
  const young = after.slice(start, after.length - end);
  if (old.length * young.length > MOST_CELLS) return undefined;
  return walk(old, young, commonLengths(old, young)).filter(({ change }) => change !== " ");
}

const MOST_CELLS = 4_000_000;

/** For each pair of places how many lines the texts behind them have in common. */
function commonLengths(old: readonly string[], young: readonly string[]): Uint32Array {
  const width = young.length + 1;
  const lengths = new Uint32Array((old.length + 1) * width);
  for (let row = old.length - 1; row >= 0; row--)
    for (let column = young.length - 1; column >= 0; column--)
      lengths[row * width + column] =
        old[row] === young[column]
          ? lengths[(row + 1) * width + column + 1]! + 1
          : Math.max(lengths[(row + 1) * width + column]!, lengths[row * width + column + 1]!);
  return lengths;
}

function walk(old: readonly string[], young: readonly string[], lengths: Uint32Array): DifferentLine[] {
  const width = young.length + 1;
  const lines: DifferentLine[] = [];
  let row = 0;
  let column = 0;
  while (row < old.length || column < young.length) {
    if (row < old.length && column < young.length && old[row] === young[column]) {
      lines.push({ change: " ", text: old[row]! });
      row++;
      column++;
    } else if (
      column >= young.length ||
      (row < old.length && lengths[(row + 1) * width + column]! >= lengths[row * width + column + 1]!)
    )
      lines.push({ change: "-", text: old[row++]! });
    else lines.push({ change: "+", text: young[column++]! });
  }
  return lines;
}
