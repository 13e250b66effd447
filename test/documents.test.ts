import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";

const root = join(import.meta.dirname, "..");
const pages = readdirSync(join(root, "docs"))
  .filter((name) => name.endsWith(".md"))
  .map((name) => `docs/${name}`);
const read = (page: string) => readFileSync(join(root, page), "utf8");

/** Links to other files of the project, and to headings: `[file, heading]`. */
function linksOf(page: string): (readonly [file: string, heading: string])[] {
  return [...read(page).matchAll(/\]\((?!\w+:)([^)#\s]*)#?([^)\s]*)\)/g)].map(
    ([, path, heading]) => [path === "" ? page : join(dirname(page), path!), heading!] as const,
  );
}

/** The anchors of a page: its headings as they are named in links, and its anchors. */
function headingsOf(page: string): string[] {
  const headings = [...read(page).matchAll(/^#+ (.+)$/gm)].map(([, text]) =>
    text!
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, "")
      .replaceAll(" ", "-"),
  );
  return [...headings, ...[...read(page).matchAll(/<a id="([^"]+)"/g)].map(([, id]) => id!)];
}

test("every link between the pages leads somewhere", () => {
  for (const page of ["README.md", "ARCHITECTURE.md", ...pages])
    for (const [file, heading] of linksOf(page)) {
      assert.ok(existsSync(join(root, file)), `${page} links to ${file}`);
      if (heading !== "") assert.ok(headingsOf(file).includes(heading), `${page} links to ${file}#${heading}`);
    }
});

test("the README lists every page", () => {
  const listed = new Set(linksOf("README.md").map(([file]) => file));
  assert.deepEqual(
    pages.filter((page) => !listed.has(page)),
    [],
  );
});
