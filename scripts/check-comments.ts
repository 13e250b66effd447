/**
 * Lint: comments are plain English that a stranger reads once. Those that begin with "What" or "Of" seldom are: there may be a
 * few, where nothing else would be plainer.
 *
 * usage: node scripts/check-comments.ts [ROOT]
 */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";

const MOST = 10;
const FOLDERS = ["src", "test", "scripts", "bench"];

const root = resolve(process.argv[2] ?? join(import.meta.dirname, ".."));
const found = FOLDERS.flatMap((folder) => listSources(join(root, folder))).flatMap(findMannered);

if (found.length > MOST) {
  for (const line of found) console.error(line);
  console.error(`${found.length} comments begin with "What" or "Of", ${MOST} may: say what it is, or what it does`);
  process.exitCode = 1;
}

/** The places of comments whose first word is one of the two; a line that continues a comment does not count. */
function findMannered(path: string): string[] {
  const lines = readFileSync(path, "utf8").split("\n");
  return lines.flatMap((line, index) => {
    const before = lines[index - 1] ?? "";
    const begins =
      /^[^"'`]*\/\*\*? ?(?:What|Of)\b/.test(line) ||
      (/^[^"'`]*\/\/ ?(?:What|Of)\b/.test(line) && !/^\s*\/\//.test(before)) ||
      (/^\s*\* (?:What|Of)\b/.test(line) && /^\s*\/\*\*?\s*$/.test(before));
    return begins ? [`${relative(root, path)}:${index + 1}: ${line.trim()}`] : [];
  });
}

function listSources(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true, recursive: true })
      .filter(({ name, parentPath }) => name.endsWith(".ts") && !parentPath.includes("/gen"))
      .filter((entry) => entry.isFile())
      .map(({ name, parentPath }) => join(parentPath, name));
  } catch {
    return [];
  }
}
