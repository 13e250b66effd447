import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { SECTIONS } from "../scripts/docs/sections.ts";
import { makeLimitTable } from "../scripts/docs/tables.ts";
import { COMMANDS } from "../src/cli/commands.ts";
import { ENVIRONMENT } from "../src/cli/process/environment.ts";
import { LEDGER_REASONS } from "../src/model/index.ts";

const root = join(import.meta.dirname, "..");

test("what is made from tables in the code is what the pages say", () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, "scripts/generate-docs.ts"), "--check"], {
    encoding: "utf8",
  });
  assert.equal(stdout + stderr, "");
  assert.equal(status, 0);
});

test("every section in a page is one that is made", () => {
  for (const name of readdirSync(join(root, "docs")).filter((name) => name.endsWith(".md")))
    for (const [, section] of readFileSync(join(root, "docs", name), "utf8").matchAll(/^<!-- (.+): begin -->$/gm))
      assert.ok(
        SECTIONS.some((known) => known.page === `docs/${name}` && known.name === section),
        `${name}: ${section}`,
      );
});

test("limits are told in the units that people use", () => {
  const table = makeLimitTable(
    {
      a: { default: 64 * 1024, unit: "bytes", doc: "one | two" },
      b: { default: 16_384, unit: "count", doc: "many" },
      c: { default: 1000, unit: "bytes", doc: "odd" },
      d: { default: 7200, unit: "seconds", doc: "long" },
      e: { default: 256 * 1024 * 1024, unit: "bytes", doc: "large" },
    },
    "of.",
  );
  assert.equal(
    table,
    `| name | default | what |
|---|---|---|
| \`of.a\` | 64 KiB | one \\| two |
| \`of.b\` | 16 384 | many |
| \`of.c\` | 1000 bytes | odd |
| \`of.d\` | 7200 s | long |
| \`of.e\` | 256 MiB | large |
`,
  );
});

test("every variable that the sources read is in the table, and every command has a page of the manual", () => {
  const known = new Set(ENVIRONMENT.map(({ name }) => name));
  const files = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"))
    .map((file) => join(root, "src", file));
  const names = new Set<string>();
  for (const file of [...files, join(root, "bin/tapline")])
    for (const [, ...found] of readFileSync(file, "utf8").matchAll(
      /\b(?:process\.env|environment|env)\["(\w+)"\]|isSet\("(\w+)"\)|\$\{?(TAPLINE_\w+|XDG_\w+)/g,
    ))
      names.add(found.find((name) => name !== undefined)!);
  const unknown = [...names].filter((name) => !known.has(name) && !OWN.has(name));
  assert.deepEqual(unknown, []);
  assert.ok(names.size > 15, [...names].join());
  for (const { commands } of ENVIRONMENT)
    for (const command of commands)
      assert.ok(
        COMMANDS.some(({ name }) => name === command),
        command,
      );
  const pages = readdirSync(join(root, "man"));
  for (const { name, hidden } of COMMANDS) assert.equal(pages.includes(`tapline-${name}.1`), hidden !== true, name);
});

test("every reason of the ledger is one that the sources give", () => {
  // That no other is given is a matter of types: what settles, drops or tells of a gap takes words of this table alone.
  const sources = ["src", "page"]
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
        .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts") && !file.endsWith("ledger-reasons.ts"))
        .map((file) => readFileSync(join(root, folder, file), "utf8")),
    )
    .join("\n");
  const isMade = (reason: string) => /^no-(?:curl|httpie|har|ndjson)-form$/.test(reason);
  assert.deepEqual(
    Object.keys(LEDGER_REASONS).filter((reason) => !sources.includes(`"${reason}"`) && !isMade(reason)),
    [],
  );
});

test("every field that HAR gets beside its own has its word in the page", () => {
  const folder = join(root, "src/analysis/http/har");
  const page = readFileSync(join(root, "docs/read.md"), "utf8");
  const names = new Set<string>();
  for (const file of readdirSync(folder).filter((name) => !name.endsWith(".test.ts") && !name.startsWith("read-")))
    for (const [, name] of readFileSync(join(folder, file), "utf8").matchAll(/^\s+(_[a-zA-Z]+):/gm)) names.add(name!);
  assert.ok(names.size > 15, [...names].join());
  for (const name of names) assert.ok(page.includes(`\`${name}\``), name);
});

test("no sentence of the pages has more than seventy words", () => {
  const pages = ["README.md", ...readdirSync(join(root, "docs")).map((name) => `docs/${name}`)].filter((name) =>
    name.endsWith(".md"),
  );
  assert.ok(pages.length > 30);
  for (const page of pages)
    for (const sentence of sentencesOf(readFileSync(join(root, page), "utf8")))
      assert.ok(sentence.split(/\s+/).filter((word) => /\w/.test(word)).length <= 70, `${page}: ${sentence}`);
});

/** Of paragraphs, items of lists and cells of tables that are written by hand; code counts as a word. */
function sentencesOf(page: string): string[] {
  return page
    .replace(/<!-- (.+): begin -->[\s\S]*?<!-- \1: end -->/g, "")
    .replace(/```[\s\S]*?```/g, "\n\n")
    .split(/\n\s*\n|\n(?=\||\s*[-*] |\d+\. )| \| /)
    .map((paragraph) => paragraph.replace(/\]\([^)]*\)/g, "]").replace(/`[^`]*`/g, "X"))
    .flatMap((paragraph) => paragraph.split(/(?<=[.!?])\s+(?=[A-Z*[(‹])/));
}

/** Set by Tapline for itself; and PATH, which is everybody's. `CLICOLOR_FORCE` stands with `FORCE_COLOR`. */
const OWN: ReadonlySet<string> = new Set(["PATH", "CLICOLOR_FORCE", "TAPLINE_COMMAND"]);
