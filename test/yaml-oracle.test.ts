/** YAML as PyYAML reads it, drawn in every style, whole and damaged: what both take means the same to both. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { test } from "node:test";
import { type DocumentNode, parseDocument } from "../src/wire/config-document/index.ts";
import { Random } from "./support/random.ts";

const PYTHON = "/usr/bin/python3";
const skip = existsSync("/usr/lib/python3/dist-packages/yaml/__init__.py")
  ? false
  : "missing: python3-yaml (scripts/setup-tests installs it on Debian and Ubuntu, as root)";

/** All scalars as text, so that nothing but the syntax is compared. */
const READER = `
import json, sys, yaml
def read(text):
    try: return [yaml.load(text, Loader=yaml.BaseLoader)]
    except Exception: return None
json.dump([read(text) for text in json.load(sys.stdin)], sys.stdout)`;

const random = new Random(process.env["SEED"] === undefined ? 5 : Number(process.env["SEED"]));

type Value = string | Value[] | { [key: string]: Value };

/** Texts that are no other kind of scalar in any schema. */
const TEXTS = [
  "a",
  "b c",
  "x:y",
  "http://h/p?q#f",
  "it's",
  'say "hi"',
  "é😀",
  "a, b",
  "[x]",
  "{x}",
  "# c",
  "- d",
  "a: b",
  "&a",
  "*a",
  "!t",
  "%d",
  "@e",
  "`f",
  "|",
  ">",
  "",
  " lead",
  "trail ",
  "two\nlines",
  "two\n\nlines\n",
  "tab\there",
  "back\\slash",
  "a #b",
  "key:",
  "?q",
  "---",
  "...",
];

function draw(depth: number): Value {
  if (depth === 0 || random.chance(3)) return random.pick(TEXTS);
  const count = random.below(4);
  if (random.chance(2)) return Array.from({ length: count }, () => draw(depth - 1));
  return Object.fromEntries(
    Array.from({ length: count }, (_, i) => [`${random.pick(["k", "key-", "k.e"])}${i}`, draw(depth - 1)]),
  );
}

const isPlain = (text: string, isFlow: boolean): boolean =>
  /^[a-zé][^\n\t#"\\]*$/u.test(text) && !/: |:$|\s$/.test(text) && !(isFlow && /[,[\]{}:]/.test(text));

function scalar(text: string, isFlow: boolean): string {
  const styles = [
    `"${JSON.stringify(text)
      .slice(1, -1)
      .replaceAll("é", random.pick(["é", "\\xe9", "\\u00e9"]))}"`,
  ];
  if (!text.includes("\n")) styles.push(`'${text.replaceAll("'", "''")}'`);
  if (isPlain(text, isFlow)) styles.push(text, text);
  return random.pick(styles);
}

function flow(value: Value): string {
  const space = random.pick(["", " ", "  "]);
  if (typeof value === "string") return scalar(value, true);
  if (Array.isArray(value)) return `[${space}${value.map(flow).join(`,${space}`)}${space}]`;
  return `{${space}${Object.entries(value)
    .map(([key, of]) => `${scalar(key, true)}: ${flow(of)}`)
    .join(`,${space} `)}${space}}`;
}

/** Literal and folded blocks, where they can say the text. */
function blockScalar(text: string, indent: string): string | undefined {
  if (!/^[^\s][^\r]*$/u.test(text) || /^\s|[ \t]\n|\n[ \t]/.test(text)) return undefined;
  const ends = /\n*$/.exec(text)![0].length;
  const chomp = ends === 0 ? "-" : ends === 1 ? "" : "+";
  const style = random.pick(["|", ">"]);
  const whole = text.slice(0, text.length - ends);
  // One line feed more folds each run of them.
  const body = style === "|" ? whole : whole.replace(/\n+/g, "$&\n");
  const lines = body.split("\n").map((line) => (line === "" ? "" : indent + line));
  return [`${style}${chomp}${comment()}`, ...lines, ...Array.from({ length: Math.max(0, ends - 1) }, () => "")].join(
    "\n",
  );
}

const comment = (): string => (random.chance(6) ? `  # ${random.pick(TEXTS).replaceAll("\n", " ")}` : "");

/** The text behind `key:` or `-`, on the line and below it. */
function block(value: Value, indent: string): string {
  if (random.chance(4)) return ` ${flow(value)}${comment()}`;
  const deeper = indent + random.pick([" ", "  ", "    "]);
  if (typeof value === "string") {
    const written = random.chance(3) ? blockScalar(value, deeper) : undefined;
    return ` ${written ?? scalar(value, false) + comment()}`;
  }
  const lines = blockLines(value, deeper);
  return lines.length === 0 ? ` ${Array.isArray(value) ? "[]" : "{}"}` : `${comment()}\n${lines.join("\n")}`;
}

function blockLines(value: Exclude<Value, string>, indent: string): string[] {
  const lines = Array.isArray(value)
    ? value.map((item) => `${indent}-${block(item, indent)}`)
    : Object.entries(value).map(([key, of]) => `${indent}${scalar(key, false)}:${block(of, indent)}`);
  return lines.flatMap((line) => (random.chance(8) ? [random.pick(["", `${indent}# c`, "# c"]), line] : [line]));
}

function write(value: Exclude<Value, string>): string {
  const lines = blockLines(value, "");
  const text = lines.length === 0 || random.chance(8) ? flow(value) : lines.join("\n");
  const document = `${random.pick(["", "", "---\n", "# c\n--- # c\n"])}${text}\n${random.pick(["", "", "...\n"])}`;
  return random.chance(5) ? document.replaceAll("\n", "\r\n") : document;
}

/** Every scalar as text; of those that are no text the kind alone is compared. */
function textOf(node: DocumentNode): unknown {
  if (node.kind === "sequence") return node.items.map(textOf);
  if (node.kind === "mapping") return Object.fromEntries(node.entries.map(({ key, value }) => [key, textOf(value)]));
  return typeof node.value === "string" ? node.value : undefined;
}

function askPython(texts: readonly string[]): ([unknown] | null)[] {
  const { status, stdout, stderr } = spawnSync(PYTHON, ["-c", READER], {
    input: JSON.stringify(texts),
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout) as ([unknown] | null)[];
}

/** The same where both say a text. */
function agree(ours: unknown, theirs: unknown): boolean {
  if (ours === undefined) return typeof theirs === "string";
  if (typeof ours !== "object" || typeof theirs !== "object") return ours === theirs;
  const [keys, others] = [Object.keys(ours!), Object.keys(theirs!)];
  return (
    Array.isArray(ours) === Array.isArray(theirs) &&
    keys.length === others.length &&
    keys.every((key) => agree((ours as Record<string, unknown>)[key], (theirs as Record<string, unknown>)[key]))
  );
}

test(`drawn documents say what they were drawn from, here as there (SEED=${random.seed})`, { skip }, async () => {
  const values = Array.from({ length: 1500 }, () => draw(4)).filter((value) => typeof value === "object");
  const texts = values.map(write);
  for (const [i, theirs] of askPython(texts).entries()) {
    const note = texts[i]!;
    const ours = textOf(await parseDocument(note).catch((error: Error) => assert.fail(`${error.message}\n${note}`)));
    assert.deepEqual(ours, values[i], note);
    assert.deepEqual(theirs, [values[i]], note);
  }
});

test(`documents with a damage that both take mean the same (SEED=${random.seed})`, { skip }, async () => {
  const texts = Array.from({ length: 4000 }, () => {
    const text = write([draw(3)]);
    const at = random.below(text.length);
    return text.slice(0, at) + random.pick(DAMAGES) + text.slice(at + random.below(2));
  }).filter((text) => !LONE_RETURN.test(text));
  let taken = 0;
  for (const [i, theirs] of askPython(texts).entries()) {
    const node = await parseDocument(texts[i]!).catch(() => undefined);
    if (node === undefined || theirs === null) continue;
    taken++;
    const ours = textOf(node);
    assert.ok(agree(ours, theirs[0]), `${texts[i]}\n${JSON.stringify(ours)}\n${JSON.stringify(theirs[0])}`);
  }
  assert.ok(taken > texts.length / 4, `${taken} of ${texts.length}`);
});

const DAMAGES = ["", ":", " ", "\n", "-", "'", '"', "#", "[", "}", ",", "&", "*", "|"];
/** By itself it ends a line for PyYAML, and for our parser none. */
const LONE_RETURN = /\r(?!\n)/;
