/**
 * Lint: files of more than 300 lines and folders of more than twenty files are those that ARCHITECTURE.md gives a reason for, and
 * it gives none for others. Tests, and what is made by tools, do not count.
 *
 * usage: node scripts/check-sizes.ts [ROOT]
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

const MOST_LINES = 300;
const MOST_FILES = 20;
const FOLDERS = ["src", "page", "scripts", "bench", "wasm", "bpf"];

const root = resolve(process.argv[2] ?? join(import.meta.dirname, ".."));
const files = FOLDERS.filter((folder) => existsSync(join(root, folder)))
  .flatMap((folder) => readdirSync(join(root, folder), { withFileTypes: true, recursive: true }))
  .filter((entry) => entry.isFile() && !entry.name.endsWith(".test.ts"))
  .map(({ parentPath, name }) => relative(root, join(parentPath, name)))
  .filter((file) => !/\/(?:gen|node_modules|build)\//.test(file));

const long = files.filter((file) => /\.tsx?$/.test(file) && countLines(file) > MOST_LINES);
const full = Object.entries(Object.groupBy(files, (file) => dirname(file)))
  .filter(([, inside]) => inside!.length > MOST_FILES)
  .map(([folder]) => folder);

const text = readFileSync(join(root, "ARCHITECTURE.md"), "utf8");
const judged = new Set([...text.matchAll(/^\| `([\w/.-]+)` \| [^|]+ \|$/gm)].map(([, path]) => path!));
const found = [...long, ...full];
for (const path of found)
  if (!judged.has(path)) complain(`${path} is larger than the rest: split it, or say in ARCHITECTURE.md why not`);
for (const path of judged)
  if (!found.includes(path)) complain(`${path} has a reason in ARCHITECTURE.md, and needs none`);

function countLines(file: string): number {
  return readFileSync(join(root, file), "utf8").split("\n").length - 1;
}

function complain(line: string): void {
  console.error(line);
  process.exitCode = 1;
}
