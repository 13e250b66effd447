/**
 * The lint rule of the command line: src/cli only wires. No file of it opens files or sockets, and no class in it is a
 * sink, a source or a tap: those stand where others can take them.
 *
 *     node scripts/check-wiring.ts [FOLDER]      by default src/cli
 */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

const OPENING =
  /\b(?:from|import|require|getBuiltinModule)\s*\(?\s*["'`](?:node:)?(fs|fs\/promises|net|tls|http|https|http2|dgram)["'`]/g;
/** Sockets that need no import. */
const DIALLING = /(?<![\w.#])(?:fetch\(|new (?:WebSocket|EventSource)\()/g;
const CLASS = /\bclass\b\s*(?!(?:extends|implements)\b)(\w*)([^{]*?)\{/g;
const PART = /\b(\w*(?:Sink|Output|Observer|Tap|Pipeline|Source|Reader|Writer|MatchedFile)\w*)(?:<|,|\s|$)/;
/** A class with these methods is a sink, whatever it says that it implements. */
const METHOD = /^\s+(?:(?:async|readonly|override|public) )*(?:submit|observe|attach)\s*[(=:]/m;

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
  const text = readFileSync(path, "utf8").replace(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*/g, "");
  const found = [...text.matchAll(OPENING)].map(
    ([, module]) => `${file}: imports node:${module}: files and sockets are opened in src/source and src/sink`,
  );
  for (const [call] of text.matchAll(DIALLING))
    found.push(`${file}: ${call}…): sockets are opened in src/source and src/sink`);
  for (const [, name, heritage] of text.matchAll(CLASS)) {
    const part = PART.exec(heritage!);
    if (part !== null) found.push(`${file}: class ${name} is a ${part[1]}: that belongs in src/source or src/sink`);
  }
  for (const body of text.split(/\bclass\b(?=[^;"'`]*\{)/).slice(1))
    if (METHOD.test(body.slice(0, endOfClass(body))))
      found.push(`${file}: class ${/^\s*(\w*)/.exec(body)?.[1]} takes items: that belongs in src/source or src/sink`);
  return found;
}

/** Where the class ends whose name `body` begins with. */
function endOfClass(body: string): number {
  let depth = 0;
  for (let at = body.indexOf("{"); at >= 0 && at < body.length; at++) {
    if (body[at] === "{") depth++;
    else if (body[at] === "}" && --depth === 0) return at;
  }
  return body.length;
}

function listFiles(path: string): string[] {
  return readdirSync(path, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /(?<!\.test)\.ts$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}
