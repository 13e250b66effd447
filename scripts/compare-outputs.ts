/**
 * Compares what every command that reads files gives in two checkouts, on all captures and traces of some folders: exit
 * code, stdout, stderr and the file written, byte for byte, after the replacements of compare-outputs.json, which are
 * applied to both sides. Differences that it knows a reason for are counted by it; it prints each other one, and ends with 5
 * where there is one.
 *
 *     node scripts/compare-outputs.ts [--every N [--from I]] [--only COMMAND] [--workers N] [--keep FOLDER] BEFORE AFTER FOLDER…
 *
 * `--every N` takes each Nth file, from the one at `--from I` on (0 is the first); `--keep` keeps what BEFORE gave for the next time. Both checkouts must be installed.
 */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";

/** compare-outputs.json */
interface Table {
  /** The commands, with a pattern of the paths of the inputs that they are run on. IN is the input, OUT a file that is compared too. */
  readonly commands: readonly { readonly inputs: string; readonly run: readonly string[] }[];
  readonly texts: readonly { readonly pattern: string; readonly by: string; readonly why: string }[];
  /** Members of JSON documents that one of the two has not: left out of both. */
  readonly addedFields: readonly string[];
  /** Kinds of answers that were mended since: the difference shows the pattern in BEFORE's or AFTER's first line that differs. */
  readonly mended: readonly Mending[];
}

interface Mending {
  readonly inputs?: string;
  /** The command's words with spaces between. */
  readonly run?: string;
  readonly before?: string;
  readonly after?: string;
  readonly why: string;
}

interface Result {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly written: string;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    every: { type: "string", default: "1" },
    from: { type: "string", default: "0" },
    only: { type: "string", default: "" },
    workers: { type: "string", default: String(availableParallelism()) },
    keep: { type: "string" },
  },
});
const [before, after, ...folders] = positionals.map((path) => resolve(path));
if (before === undefined || after === undefined || folders.length === 0) {
  console.error(
    "usage: node scripts/compare-outputs.ts [--every N [--from I]] [--only COMMAND] [--workers N] [--keep FOLDER] BEFORE AFTER FOLDER…",
  );
  process.exit(2);
}

const table = JSON.parse(readFileSync(join(import.meta.dirname, "compare-outputs.json"), "utf8")) as Table;
const TEXTS = table.texts.map(({ pattern, by }) => [new RegExp(pattern, "gm"), by] as const);
const ADDED = new Set(table.addedFields);
const MAX_INPUT_BYTES = 4 * 1024 * 1024;

const scratch = mkdtempSync(join(tmpdir(), "tapline-compare-"));
const jobs = folders
  .flatMap(listInputs)
  .filter((_, index) => index % Number(values.every) === Number(values.from))
  .flatMap((input) =>
    table.commands
      .filter(({ inputs, run }) => new RegExp(inputs).test(input) && run.join(" ").startsWith(values.only))
      .map(({ run }) => ({ input, command: run })),
  );
let next = 0;
let equal = 0;
let different = 0;
const mended = new Map<string, number>();
await Promise.all(Array.from({ length: Number(values.workers) }, work));
rmSync(scratch, { recursive: true });
console.log(`${jobs.length} runs compared, ${equal} equal, ${different} differ`);
for (const [why, times] of mended) console.log(`${String(times).padStart(6)} differ because ${why}`);
if (different > 0) process.exitCode = 5;

async function work(): Promise<void> {
  for (let index = next++; index < jobs.length; index = next++) {
    const { input, command } = jobs[index]!;
    const one = await remember(input, command, () => run(before!, input, command, index));
    const other = await run(after!, input, command, index);
    const found = compare(unify(one), unify(other));
    if (found.length === 0) {
      equal++;
      continue;
    }
    const why = new Set(found.map((difference) => findReason(input, command, difference)));
    if (!why.has(undefined)) {
      for (const reason of why) mended.set(reason!, (mended.get(reason!) ?? 0) + 1);
      continue;
    }
    different++;
    console.log(`--- tapline ${command.join(" ").replace("IN", input)}`);
    for (const { part, line, lines } of found) console.log(`${part}, line ${line}:\n  - ${lines[0]}\n  + ${lines[1]}`);
  }
}

function listInputs(path: string): string[] {
  return readdirSync(path, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => statSync(file).size <= MAX_INPUT_BYTES)
    .sort();
}

async function remember(input: string, command: readonly string[], make: () => Promise<Result>): Promise<Result> {
  if (values.keep === undefined) return make();
  mkdirSync(values.keep, { recursive: true });
  const name = createHash("sha256")
    .update(JSON.stringify([input, command]))
    .digest("hex");
  const path = join(values.keep, `${name}.json`);
  try {
    return JSON.parse(readFileSync(path, "utf8")) as Result;
  } catch {
    const result = await make();
    writeFileSync(path, JSON.stringify(result));
    return result;
  }
}

/** Bytes as Latin-1. */
async function run(checkout: string, input: string, command: readonly string[], index: number): Promise<Result> {
  const out = join(scratch, `${index}`);
  const [name, ...rest] = command.map((arg) => (arg === "IN" ? input : arg.replace("OUT", out)));
  const isProgram = name === "tap2pcap" || name === "capture2pcap";
  const args = isProgram ? rest : [name!, ...rest];
  const program = join(checkout, "bin", isProgram ? name : "tapline");
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("latin1").on("data", (text) => {
    stdout += text;
  });
  child.stderr.setEncoding("latin1").on("data", (text) => {
    stderr += text;
  });
  const code = await new Promise<number | null>((done) => child.once("close", done));
  const written = args.find((arg) => arg.startsWith(out));
  return {
    code,
    stdout: stdout.replaceAll(scratch, "SCRATCH"),
    stderr: stderr.replaceAll(scratch, "SCRATCH"),
    written: written === undefined ? "" : takeFile(written),
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

function unify({ code, stdout, stderr, written }: Result): Record<string, string> {
  return {
    "exit code": String(code),
    stdout: unifyText(stdout),
    stderr: unifyText(stderr),
    written: unifyText(written),
  };
}

/** The text with what is expected to differ replaced. JSON loses the fields that were added. */
function unifyText(latin1: string): string {
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

interface Difference {
  readonly part: string;
  readonly line: number;
  /** Each side's, around where it begins to differ. */
  readonly lines: readonly [before: string, after: string];
}

function compare(one: Record<string, string>, other: Record<string, string>): Difference[] {
  return Object.keys(one)
    .filter((part) => one[part] !== other[part])
    .map((part) => {
      const [a, b] = [one[part]!.split("\n"), other[part]!.split("\n")];
      const at = a.findIndex((line, index) => line !== b[index]);
      const line = at < 0 ? a.length : at;
      return { part, line: line + 1, lines: [cut(a[line], b[line]), cut(b[line], a[line])] };
    });
}

function cut(line = "(end)", other = ""): string {
  let at = 0;
  while (at < line.length && line[at] === other[at]) at++;
  const start = Math.max(0, at - 60);
  return `${start > 0 ? "…" : ""}${line.slice(start, start + 200)}`;
}

function findReason(input: string, command: readonly string[], { lines }: Difference): string | undefined {
  return table.mended.find(
    ({ inputs, run, before, after }) =>
      matches(inputs, input) &&
      matches(run, command.join(" ")) &&
      matches(before, lines[0]) &&
      matches(after, lines[1]),
  )?.why;
}

function matches(pattern: string | undefined, text: string): boolean {
  return pattern === undefined || new RegExp(pattern).test(text);
}
