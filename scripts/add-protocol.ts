/**
 * Begins a protocol: copies templates/protocol to src/analysis/NAME under its own name, and adds its row to the table.
 *
 *     node scripts/add-protocol.ts NAME [FOLDER]     by default the project's; NAME is the kind: lower case, letters and digits
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

const TEMPLATES = join(import.meta.dirname, "../templates/protocol");
const [name = "", folder = join(import.meta.dirname, "..")] = process.argv.slice(2);
const root = resolve(folder);
const target = join(root, "src/analysis", name);

if (!/^[a-z][a-z0-9]{1,19}$/.test(name))
  fail(`${name || "(no name)"} is no name for a kind: 2 to 20 lower-case letters and digits`);
if (existsSync(target)) fail(`src/analysis/${name} is there already`);
copyTemplate();
addRow();
console.log(
  `src/analysis/${name} is there, and its row in src/analysis/protocols/table.ts: docs/adding-a-protocol.md says what is next`,
);

function copyTemplate(): void {
  mkdirSync(target);
  for (const file of readdirSync(TEMPLATES))
    writeFileSync(join(target, file.replace("template", name)), rename(readFileSync(join(TEMPLATES, file), "utf8")));
}

function rename(text: string): string {
  const capitalised = name[0]!.toUpperCase() + name.slice(1);
  return text
    .replaceAll("TEMPLATE", name.toUpperCase())
    .replaceAll("Template", capitalised)
    .replaceAll("template", name);
}

/** Before the last row: what is left over when no other detector said yes. */
function addRow(): void {
  const path = join(root, "src/analysis/protocols/table.ts");
  const table = readFileSync(path, "utf8");
  const constant = name.toUpperCase();
  const added = table
    .replace(/^import \{ OPAQUE \}/m, `import { ${constant} } from "../${name}/row.ts";\nimport { OPAQUE }`)
    .replace(/^ {2}opaque: OPAQUE,$/m, `  ${name}: ${constant},\n  opaque: OPAQUE,`);
  if (added.split("\n").length !== table.split("\n").length + 2)
    fail("the table of protocols does not look as it used to");
  writeFileSync(path, added);
}

function fail(message: string): never {
  console.error(message);
  process.exit(2);
}
