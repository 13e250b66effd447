import { compileNetwork } from "../../../wire/packet/ip-network.ts";
import { spendMade, spendText } from "../budget.ts";
import type { DynamicMap } from "../dynamic/values.ts";
import { compileGlob, compileRegularExpression, type RegularExpression } from "../regular-expression.ts";
import { indexOfUnit, replaceText, splitText, textLength, unitOf } from "../text.ts";
import type { MapValue, Value } from "../value.ts";
import { formatText } from "./format-text.ts";
import { type FunctionTable, ofText } from "./function.ts";

/** CEL's functions of texts, its extension library `strings`, and ours (`glob`, `inNetwork`). */
export const TEXT_FUNCTIONS: FunctionTable = {
  size: [
    ofText("int", textLength),
    { parameters: ["bytes"], result: "int", call: (value: Uint8Array) => value.length },
    { parameters: ["list"], result: "int", call: (value: Value[]) => value.length },
    { parameters: ["map"], result: "int", call: (value: MapValue | DynamicMap) => value.size },
  ],
  startsWith: [ofText("bool", (value, start: string) => value.startsWith(start), "string")],
  endsWith: [ofText("bool", (value, end: string) => value.endsWith(end), "string")],
  contains: [
    ofText(
      "bool",
      (value, part: string) => {
        if (value.length >= 256) spendText(value.length);
        return value.includes(part);
      },
      "string",
    ),
  ],
  matches: [
    {
      parameters: ["string", "string"],
      result: "bool",
      prepare: (pattern, { maxProgram }) => matcher(compileRegularExpression(pattern, maxProgram)),
      call: (value: string, pattern: string) => {
        const expression = findPattern(pattern);
        return expression && matcher(expression)(value);
      },
    },
  ],
  glob: [
    {
      parameters: ["string", "string"],
      result: "bool",
      prepare: compileGlob,
      call: (value: string, pattern: string) => {
        spendText(value.length * pattern.length);
        return compileGlob(pattern)(value);
      },
    },
  ],
  inNetwork: [
    {
      parameters: ["string", "string"],
      result: "bool",
      prepare: compileNetwork,
      call: (address: string, network: string) => {
        spendText(256);
        try {
          return compileNetwork(network)(address);
        } catch {
          return undefined;
        }
      },
    },
  ],
  lowerAscii: [ofText("string", (value) => made(value).replace(/[A-Z]+/g, (letters) => letters.toLowerCase()))],
  upperAscii: [ofText("string", (value) => made(value).replace(/[a-z]+/g, (letters) => letters.toUpperCase()))],
  trim: [ofText("string", (value) => made(value).replace(LEADING, "").replace(TRAILING, ""))],
  charAt: [ofText("string", charAt, "int")],
  indexOf: [
    ofText("int", (value, part: string) => indexOfUnit(value, find(value, part, 0)), "string"),
    ofText("int", indexFrom, "string", "int"),
  ],
  lastIndexOf: [
    ofText("int", (value, part: string) => lastIndex(value, part, value.length), "string"),
    ofText("int", lastIndexFrom, "string", "int"),
  ],
  substring: [ofText("string", substring, "int"), ofText("string", substring, "int", "int")],
  replace: [
    ofText("string", (value, from: string, to: string) => replaceText(value, from, to, -1), "string", "string"),
    ofText(
      "string",
      (value, from: string, to: string, limit: number) => replaceText(value, from, to, Number(limit)),
      "string",
      "string",
      "int",
    ),
  ],
  split: [
    ofText({ list: "string" }, (value, separator: string) => splitText(value, separator, -1), "string"),
    ofText(
      { list: "string" },
      (value, separator: string, limit: number) => splitText(value, separator, Number(limit)),
      "string",
      "int",
    ),
  ],
  join: [
    {
      parameters: [{ list: "string" }, "string"],
      required: 1,
      result: "string",
      call: (list: string[], separator = "") => {
        spendMade(list.reduce((sum, item) => sum + item.length, separator.length * list.length));
        return list.join(separator);
      },
    },
  ],
  format: [{ parameters: ["string", "list"], result: "string", dynamic: formatText }],
  "strings.quote": [ofText("string", quote)],
};

function made(text: string): string {
  if (text.length >= 64) spendMade(text.length);
  if (text.length >= 256) spendText(text.length);
  return text;
}

/** Unicode's white space (Go's `strings.TrimSpace`). */
const SPACE = "[\\t-\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]";
const LEADING = new RegExp(`^${SPACE}+`);
const TRAILING = new RegExp(`(?<!${SPACE})${SPACE}+$`);

function matcher(expression: RegularExpression): (value: string) => boolean {
  return (value) => {
    if (value.length >= 64) expression.spend(value.length);
    return expression.found(value);
  };
}

/** Patterns that are no literals are prepared when they come, and some of them kept. */
const patterns = new Map<string, RegularExpression>();
const MAX_PATTERNS = 64;

function findPattern(pattern: string): RegularExpression | undefined {
  let known = patterns.get(pattern);
  if (known === undefined) {
    spendText(100 * 256 + 64 * pattern.length);
    try {
      known = compileRegularExpression(pattern, 1000);
    } catch {
      return undefined;
    }
    if (patterns.size >= MAX_PATTERNS) patterns.delete(patterns.keys().next().value!);
    patterns.set(pattern, known);
  }
  return known;
}

function charAt(value: string, index: number): string | undefined {
  const unit = unitOf(value, Number(index));
  if (unit === undefined) return undefined;
  return unit === value.length ? "" : String.fromCodePoint(value.codePointAt(unit)!);
}

function find(value: string, part: string, from: number): number {
  spendText(value.length);
  return value.indexOf(part, from);
}

function indexFrom(value: string, part: string, from: number | bigint): number | bigint | undefined {
  if (part === "") return from;
  if (from < 0) return undefined;
  const unit = from > value.length ? undefined : unitOf(value, Number(from));
  return unit === undefined ? -1 : indexOfUnit(value, find(value, part, unit));
}

function lastIndex(value: string, part: string, from: number): number {
  spendText(value.length);
  return indexOfUnit(value, value.lastIndexOf(part, from));
}

function lastIndexFrom(value: string, part: string, from: number | bigint): number | bigint | undefined {
  if (part === "") return from;
  if (from < 0) return undefined;
  const unit = from > value.length ? undefined : unitOf(value, Number(from));
  return unit === undefined || unit === value.length ? -1 : lastIndex(value, part, unit);
}

function substring(value: string, start: number, end?: number): string | undefined {
  const from = unitOf(value, Number(start));
  const to = end === undefined ? value.length : unitOf(value, Number(end));
  return from === undefined || to === undefined || from > to ? undefined : value.slice(from, to);
}

function quote(value: string): string {
  spendMade(2 * value.length + 2);
  return `"${value.replace(/[\x07\b\f\n\r\t\v\\"]/g, (char) => ESCAPES[char]!).toWellFormed()}"`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  "\x07": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  "\\": "\\\\",
  '"': '\\"',
};
