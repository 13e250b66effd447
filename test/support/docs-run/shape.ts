/**
 * The lines that a page shows of an output and that it does not have: a line is there when one is alike but for numbers, times, marks of
 * secrets, spaces, and where the checkout is. `…` stands for anything, a line of it for any lines.
 */
export function linesNotShown(shown: string, output: string): string[] {
  const have = output.split("\n").map(shapeOf);
  return shown
    .split("\n")
    .filter((line) => line.trim() !== "" && line.trim() !== "…")
    .filter((line) => {
      const pattern = new RegExp(`^${shapeOf(line).split("…").map(quote).join(".*")}$`);
      return !have.some((one) => pattern.test(one));
    });
}

function shapeOf(line: string): string {
  return line
    .replace(/\/\S*?\/tapline\//g, "/tapline/")
    .replace(/\b[0-9a-f]{8}\b/g, "0")
    .replace(/\d[\d.,:]*/g, "0")
    .replace(/\b0 (?:ns|µs|ms|s|min)(?![\w])/g, "0 s")
    .replace(/\b0 (?:B|kB|KiB|MB|MiB)(?![\w])/g, "0 B")
    .replace(/\s+/g, " ")
    .replace(/ ?([[\]{}:,]) ?/g, "$1")
    .trim();
}

function quote(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}

/** The lines of a balance whose parts do not add up. @returns undefined where there are other lines */
export function checkBalance(text: string): string[] | undefined {
  const lines = text.split("\n").map((line) => BALANCE.exec(line));
  if (lines.some((match) => match === null)) return undefined;
  return lines.flatMap((match) => {
    const [whole = "", entered, rest = ""] = match!;
    const parts = [...rest.matchAll(/(\d+) (handled|skipped|truncated|dropped|buffered)(?: \(([^)]*)\))?/g)];
    const sum = parts.reduce((total, [, count]) => total + Number(count), 0);
    const wrong = parts.filter(([, count, , reasons]) => {
      if (reasons === undefined) return false;
      const counts = [...reasons.matchAll(/[\w-]+ (\d+)/g)].map(([, one]) => Number(one));
      return counts.reduce((total, one) => total + one, 0) !== Number(count);
    });
    return sum === Number(entered) && wrong.length === 0 ? [] : [whole];
  });
}

const BALANCE = /^[\w-]+: (\d+) in = (.+)$/;
