import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ATTRIBUTES } from "../src/analysis/filter/index.ts";
import { formatType } from "../src/analysis/filter/value.ts";

const PAGE = join(import.meta.dirname, "../docs/filter.md");
const SECTION = /(<!-- attributes: begin -->\n)[\s\S]*?(<!-- attributes: end -->)/;

const SUBJECTS: Readonly<Record<string, string>> = { exchange: "exchanges", flow: "flows", event: "events" };

/** `UPDATE_DOCS=1` writes the table instead of comparing it. */
test("docs/filter.md lists every attribute with its type", () => {
  const rows = ATTRIBUTES.map(({ name, type, kinds, doc }) => {
    const subjects = kinds.map((kind) => SUBJECTS[kind] ?? kind).join(", ");
    return `| \`${name}\` | ${formatType(type)} | ${subjects} | ${doc.replaceAll("|", "\\|")} |\n`;
  });
  const table = ["| name | type | of | what |\n|---|---|---|---|\n", ...rows].join("");
  const page = readFileSync(PAGE, "utf8");
  const wanted = page.replace(SECTION, (_, begin: string, end: string) => begin + table + end);
  if (process.env["UPDATE_DOCS"] === "1") writeFileSync(PAGE, wanted);
  else assert.equal(page, wanted, "run UPDATE_DOCS=1 npm test");
});
