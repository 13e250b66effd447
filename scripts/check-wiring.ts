/**
 * The lint rule of the command line: src/cli only wires. No file of it opens files or sockets, and no class in it is a
 * sink, a source or a tap: those stand where others can take them.
 *
 *     node scripts/check-wiring.ts [FOLDER]      by default src/cli
 */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

const OPENING = /\b(?:from|import)\s*\(?\s*["'](?:node:)?(fs|fs\/promises|net|tls|http|https|http2|dgram)["']/g;
const CLASS = /\bclass\s+(\w+)[^{]*?\bimplements\s+([^{]+)\{/g;
const PART = /\b(\w*(?:Sink|Output|Observer|Tap|Pipeline|Source|Reader|Writer|MatchedFile)\w*)(?:<|,|\s|$)/;
/** A class with these methods is a sink, whatever it says that it implements. */
const METHODS = [/^\s+(?:async )?(?:submit|observe|attach)\s*\(/m];

const root = join(import.meta.dirname, "..");
const folder = process.argv[2] ?? join(root, "src/cli");
const problems = listFiles(folder).flatMap(checkFile);
for (const problem of problems) console.error(problem);
if (problems.length > 0) {
  console.error(`${problems.length} times src/cli does more than wire (ARCHITECTURE.md)`);
  process.exitCode = 1;
}

function checkFile(path: string): string[] {
  const file = relative(root, path);
  const text = readFileSync(path, "utf8");
  const found = [...text.matchAll(OPENING)].map(
    ([, module]) => `${file}: imports node:${module}: files and sockets are opened in src/source and src/sink`,
  );
  for (const [, name, parts] of text.matchAll(CLASS)) {
    const part = PART.exec(parts!);
    if (part !== null)
      found.push(`${file}: class ${name} implements ${part[1]}: that belongs in src/source or src/sink`);
  }
  for (const body of text.split(/^(?:export )?class /m).slice(1))
    if (METHODS.some((method) => method.test(body)))
      found.push(`${file}: class ${/^\w+/.exec(body)?.[0]} takes items: that belongs in src/source or src/sink`);
  return found;
}

function listFiles(path: string): string[] {
  return readdirSync(path, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /(?<!\.test)\.ts$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}
