import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { FORMATS, formatOfPath } from "../src/wire/formats.ts";

const PAGE = join(import.meta.dirname, "../docs/convert.md");
const SECTION = /(<!-- formats: begin -->\n)[\s\S]*?(<!-- formats: end -->)/;

/** `UPDATE_DOCS=1` writes the table instead of comparing it. */
test("docs/convert.md lists every format that is read or written", () => {
  const code = (text: string) => `\`${text}\``;
  const rows = FORMATS.map((format) => {
    const { name, kind, extensions, meaning, tap } = format;
    const cells = [
      kind === "flows" ? "" : code(name),
      extensions.map((one) => (formatOfPath(`x${one}`) === format ? code(one) : `(${code(one)})`)).join(", "),
      kind,
      tap === undefined ? "" : code(tap.name),
      meaning === tap?.name ? "" : meaning.replaceAll("|", "\\|"),
    ];
    return `| ${cells.join(" | ")} |\n`.replaceAll("  ", " ");
  });
  const head = "| `-o` | extension | holds | a tap's `format` | |\n|---|---|---|---|---|\n";
  const page = readFileSync(PAGE, "utf8");
  const wanted = page.replace(SECTION, (_, begin: string, end: string) => begin + head + rows.join("") + end);
  if (process.env["UPDATE_DOCS"] === "1") writeFileSync(PAGE, wanted);
  else assert.equal(page, wanted, "run UPDATE_DOCS=1 npm test");
});
