/**
 * `npm run docs`: writes the parts of docs/ that are made from tables in the code. They stand between `<!-- NAME: begin -->` and
 * `<!-- NAME: end -->`. `--check` writes nothing, names the pages that are stale, and fails if there are any.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SECTIONS } from "./docs/sections.ts";

const root = join(import.meta.dirname, "..");
const check = process.argv.includes("--check");
let stale = 0;

for (const page of new Set(SECTIONS.map(({ page }) => page))) {
  const path = join(root, page);
  const before = readFileSync(path, "utf8");
  const after = SECTIONS.filter((section) => section.page === page).reduce(
    (text, { name, make }) => replaceSection(text, page, name, make()),
    before,
  );
  if (after === before) continue;
  stale++;
  console.log(check ? `${page} is stale: run npm run docs` : `wrote ${page}`);
  if (!check) writeFileSync(path, after);
}
if (check && stale > 0) process.exitCode = 1;

function replaceSection(text: string, page: string, name: string, content: string): string {
  const [begin, end] = [`<!-- ${name}: begin -->\n`, `<!-- ${name}: end -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${page} has no section ${name}: ${begin.trim()} … ${end}`);
  return text.slice(0, from + begin.length) + content + text.slice(to);
}
