/**
 * Compares what every command that reads files gives in two checkouts, on all captures and traces of some folders: exit
 * code, stdout, stderr and the file written, byte for byte, after the replacements of compare-outputs.json, which are
 * applied to both sides. Prints each difference and ends with 5 where there is one.
 *
 *     node scripts/compare-outputs.ts [--every N] [--only COMMAND] BEFORE AFTER FOLDER…
 *
 * `--every N` takes each Nth file. Both checkouts must be installed.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";

interface Replacements {
  readonly texts: readonly { readonly pattern: string; readonly by: string; readonly why: string }[];
  /** Members of JSON documents that one of the two has not: left out of both. */
  readonly addedFields: readonly string[];
}

interface Result {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly written: string;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { every: { type: "string", default: "1" }, only: { type: "string" } },
});
const [before, after, ...folders] = positionals.map((path) => resolve(path));
if (before === undefined || after === undefined || folders.length === 0) {
  console.error("usage: node scripts/compare-outputs.ts [--every N] [--only COMMAND] BEFORE AFTER FOLDER…");
  process.exit(2);
}

const replacements = JSON.parse(
  readFileSync(join(import.meta.dirname, "compare-outputs.json"), "utf8"),
) as Replacements;
const TEXTS = replacements.texts.map(({ pattern, by }) => [new RegExp(pattern, "g"), by] as const);
const ADDED = new Set(replacements.addedFields);
const INPUT = /\.(pcap|pcapng|cap|har|ndjson|json|jsonl|pb|pb_text|pb_length_delimited|hex|gob)$/i;
const MAX_INPUT_BYTES = 4 * 1024 * 1024;

/** IN is the input, OUT a file that is compared too. */
const COMMANDS: readonly (readonly string[])[] = [
  ["read", "IN"],
  ["read", "-vv", "IN"],
  ["read", "-o", "ndjson", "IN"],
  ["read", "-o", "har", "IN"],
  ["read", "--events", "IN"],
  ["read", "-Y", "5xx", "--explain", "IN"],
  ["read", "-Y", "GET", "-w", "OUT.pcapng", "IN"],
  ["convert", "-v", "IN", "OUT.pcapng"],
  ["convert", "-v", "IN", "OUT.har"],
  ["convert", "-v", "IN", "OUT.json"],
  ["convert", "-v", "--handshake", "IN", "OUT.pcap"],
  ["monitor", "-i", "IN"],
  ["monitor", "-o", "ndjson", "-i", "IN"],
];

const folder = mkdtempSync(join(tmpdir(), "tapline-compare-"));
const jobs = folders
  .flatMap(listInputs)
  .filter((_, index) => index % Number(values.every) === 0)
  .flatMap((input) =>
    COMMANDS.filter(([name]) => values.only === undefined || values.only === name).map((command) => ({
      input,
      command,
    })),
  );
let next = 0;
let differences = 0;
await Promise.all(Array.from({ length: availableParallelism() }, work));
rmSync(folder, { recursive: true });
console.log(`${jobs.length} runs compared, ${differences} differ`);
if (differences > 0) process.exitCode = 5;

async function work(): Promise<void> {
  for (let index = next++; index < jobs.length; index = next++) {
    const { input, command } = jobs[index]!;
    const results: Result[] = [];
    for (const checkout of [before!, after!]) results.push(await run(checkout, input, command, index));
    const found = compare(results[0]!, results[1]!);
    if (found.length === 0) continue;
    differences++;
    console.log(`--- tapline ${command.join(" ").replace("IN", input)}\n${found.join("\n")}`);
  }
}

function listInputs(path: string): string[] {
  return readdirSync(path, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && INPUT.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => statSync(file).size <= MAX_INPUT_BYTES)
    .sort();
}

async function run(checkout: string, input: string, command: readonly string[], index: number): Promise<Result> {
  const out = join(folder, `${index}`);
  const args = command.map((arg) => (arg === "IN" ? input : arg.replace("OUT", out)));
  const child = spawn(join(checkout, "bin/tapline"), args, { stdio: ["ignore", "pipe", "pipe"] });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("latin1").on("data", (text) => {
    stdout += text;
  });
  child.stderr.setEncoding("latin1").on("data", (text) => {
    stderr += text;
  });
  const code = await new Promise<number | null>((done) => child.once("close", done));
  const name = args.find((arg) => arg.startsWith(out));
  return {
    code,
    stdout: unify(stdout),
    stderr: unify(stderr),
    written: name === undefined ? "" : unify(takeFile(name)),
  };
}

function takeFile(path: string): string {
  try {
    const text = readFileSync(path, "latin1");
    rmSync(path);
    return text;
  } catch {
    return "(no file)";
  }
}

/** The text with what is expected to differ replaced. JSON loses the fields that were added. */
function unify(latin1: string): string {
  const text = Buffer.from(latin1, "latin1").toString("utf8");
  return TEXTS.reduce((all, [pattern, by]) => all.replace(pattern, by), dropAdded(text));
}

function dropAdded(text: string): string {
  if (!/^\s*[[{]/.test(text)) return text;
  const strip = (json: string): string =>
    JSON.stringify(JSON.parse(json), (key, value: unknown) => (ADDED.has(key) ? undefined : value));
  try {
    return strip(text);
  } catch {
    return text
      .split("\n")
      .map((line) => {
        try {
          return line.startsWith("{") ? strip(line) : line;
        } catch {
          return line;
        }
      })
      .join("\n");
  }
}

function compare(one: Result, other: Result): string[] {
  const found: string[] = [];
  if (one.code !== other.code) found.push(`exit code ${one.code} | ${other.code}`);
  for (const part of ["stdout", "stderr", "written"] as const) {
    if (one[part] === other[part]) continue;
    const [a, b] = [one[part].split("\n"), other[part].split("\n")];
    const at = a.findIndex((line, index) => line !== b[index]);
    const line = at < 0 ? a.length : at;
    found.push(`${part}, line ${line + 1}:\n  - ${cut(a[line], b[line])}\n  + ${cut(b[line], a[line])}`);
  }
  return found;
}

/** The line around where it begins to differ. */
function cut(line = "(end)", other = ""): string {
  let at = 0;
  while (at < line.length && line[at] === other[at]) at++;
  const start = Math.max(0, at - 60);
  return `${start > 0 ? "…" : ""}${line.slice(start, start + 200)}`;
}
