/**
 * `npm run docs`: writes the parts of docs/ that are made from tables in the code. They stand between `<!-- NAME: begin -->` and
 * `<!-- NAME: end -->`. And man/, from what the commands' help says. `--check` writes nothing, names the pages that are stale, and fails
 * if there are any.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeManPages } from "./docs/man-pages.ts";
import { SECTIONS } from "./docs/sections.ts";

const root = join(import.meta.dirname, "..");
const check = process.argv.includes("--check");
let stale = 0;

for (const page of new Set(SECTIONS.map(({ page }) => page))) {
  const path = join(root, page);
  const before = readFileSync(path, "utf8");
  let after = before;
  for (const section of SECTIONS.filter((one) => one.page === page))
    after = replaceSection(after, page, section.name, await section.make());
  write(page, before, after);
}

const manual = join(root, "man");
const pages = new Map((await makeManPages()).map(({ file, text }) => [file, text]));
if (!check) mkdirSync(manual, { recursive: true });
for (const [file, text] of pages) write(`man/${file}`, readManual(file), text);
for (const file of readdirSync(manual)) if (!pages.has(file)) write(`man/${file}`, readManual(file), undefined);

if (check && stale > 0) process.exitCode = 1;

/** @param after undefined: there is no such page any more */
function write(page: string, before: string | undefined, after: string | undefined): void {
  if (after === before) return;
  stale++;
  console.log(check ? `${page} is stale: run npm run docs` : `wrote ${page}`);
  if (check) return;
  if (after === undefined) rmSync(join(root, page));
  else writeFileSync(join(root, page), after);
}

function readManual(file: string): string | undefined {
  try {
    return readFileSync(join(manual, file), "utf8");
  } catch {
    return undefined;
  }
}

function replaceSection(text: string, page: string, name: string, content: string): string {
  const [begin, end] = [`<!-- ${name}: begin -->\n`, `<!-- ${name}: end -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${page} has no section ${name}: ${begin.trim()} … ${end}`);
  return text.slice(0, from + begin.length) + content + text.slice(to);
}
