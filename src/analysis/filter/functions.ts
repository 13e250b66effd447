import type { Timestamp } from "../../model/index.ts";
import { compileNetwork } from "../../wire/packet/ip-network.ts";
import { parseTimestamp } from "../../wire/text/parse-timestamp.ts";
import { parseDuration } from "./duration-literal.ts";
import { compileGlob, compileRegularExpression } from "./regular-expression.ts";
import { isListType, isMapType, type MapValue, type Value, type ValueType } from "./value.ts";

/**
 * A function of the language: CEL's and Envoy's, and ours (`glob`, `inNetwork`). The receiver of `x.f(y)` is the first
 * parameter, and `f(x, y)` means the same.
 */
export interface FilterFunction {
  readonly parameters: readonly Parameter[];
  /** The last ones may be left out from here on. */
  readonly required?: number;
  readonly result: ValueType;
  /** Gives undefined where the values have no result (an index out of range, a text that is no number). */
  readonly call?: (...values: never[]) => Value | undefined;
  /** For a last parameter that has to be a literal: it is prepared once. Throws an Error that says what is wrong with it. */
  readonly prepare?: (literal: string) => (value: never) => Value | undefined;
}

export type Parameter = ValueType | "list" | "map";

/** A function of a text; what more it takes is as its parameters say. */
function text(
  result: ValueType,
  call: (value: string, ...more: never[]) => Value | undefined,
  ...more: Parameter[]
): FilterFunction {
  return { parameters: ["string", ...more], result, call: call as (...values: never[]) => Value | undefined };
}

/** By name; a name may have several, told apart by their parameters. */
export const FUNCTIONS: Readonly<Record<string, readonly FilterFunction[]>> = {
  size: [
    text("int", (value) => [...value].length),
    { parameters: ["bytes"], result: "int", call: (value: Uint8Array) => value.length },
    { parameters: ["list"], result: "int", call: (value: Value[]) => value.length },
    { parameters: ["map"], result: "int", call: (value: MapValue) => value.size },
  ],
  startsWith: [text("bool", (value, start: string) => value.startsWith(start), "string")],
  endsWith: [text("bool", (value, end: string) => value.endsWith(end), "string")],
  contains: [text("bool", (value, part: string) => value.includes(part), "string")],
  matches: [
    {
      parameters: ["string", "string"],
      result: "bool",
      prepare: (pattern) => {
        const expression = compileRegularExpression(pattern);
        return (value: string) => expression.found(value);
      },
    },
  ],
  glob: [{ parameters: ["string", "string"], result: "bool", prepare: compileGlob }],
  inNetwork: [{ parameters: ["string", "string"], result: "bool", prepare: compileNetwork }],
  lowerAscii: [text("string", (value) => value.replace(/[A-Z]/g, (letter) => letter.toLowerCase()))],
  upperAscii: [text("string", (value) => value.replace(/[a-z]/g, (letter) => letter.toUpperCase()))],
  trim: [text("string", (value) => value.trim())],
  indexOf: [text("int", (value, part: string) => value.indexOf(part), "string")],
  lastIndexOf: [text("int", (value, part: string) => value.lastIndexOf(part), "string")],
  substring: [{ ...text("string", substring, "int", "int"), required: 2 }],
  replace: [text("string", (value, from: string, to: string) => value.replaceAll(from, () => to), "string", "string")],
  split: [text({ list: "string" }, (value, separator: string) => value.split(separator), "string")],
  join: [
    {
      parameters: [{ list: "string" }, "string"],
      required: 1,
      result: "string",
      call: (list: string[], separator?: string) => list.join(separator ?? ""),
    },
  ],
  int: [
    text("int", (value) => (/^[+-]?\d+$/.test(value) ? wholeNumber(Number(value)) : undefined)),
    { parameters: ["double"], result: "int", call: (value: number) => wholeNumber(Math.trunc(value)) },
    { parameters: ["int"], result: "int", call: (value: number) => value },
    { parameters: ["timestamp"], result: "int", call: (value: Timestamp) => value.seconds },
  ],
  double: [
    text("double", (value) => (value.trim() !== "" && !Number.isNaN(Number(value)) ? Number(value) : undefined)),
    { parameters: ["int"], result: "double", call: Number },
    { parameters: ["double"], result: "double", call: (value: number) => value },
  ],
  string: [
    text("string", (value) => value),
    { parameters: ["bytes"], result: "string", call: (value: Uint8Array) => new TextDecoder().decode(value) },
    { parameters: ["int"], result: "string", call: String },
    { parameters: ["double"], result: "string", call: String },
    { parameters: ["bool"], result: "string", call: String },
  ],
  duration: [text("duration", parseDuration)],
  timestamp: [text("timestamp", parseTimestamp)],
  getFullYear: [calendar((date) => date.getUTCFullYear())],
  getMonth: [calendar((date) => date.getUTCMonth())],
  getDate: [calendar((date) => date.getUTCDate())],
  getDayOfMonth: [calendar((date) => date.getUTCDate() - 1)],
  getDayOfWeek: [calendar((date) => date.getUTCDay())],
  getHours: [calendar((date) => date.getUTCHours()), ofDuration(3_600e9)],
  getMinutes: [calendar((date) => date.getUTCMinutes()), ofDuration(60e9)],
  getSeconds: [calendar((date) => date.getUTCSeconds()), ofDuration(1e9)],
  getMilliseconds: [calendar((date) => date.getUTCMilliseconds()), ofDuration(1e6)],
};

/** Whether a value of that type may be passed. */
export function accepts(parameter: Parameter, type: ValueType): boolean {
  if (parameter === "list") return isListType(type);
  if (parameter === "map") return isMapType(type);
  return JSON.stringify(parameter) === JSON.stringify(type);
}

function substring(value: string, start: number, end?: number): string | undefined {
  const stop = end ?? value.length;
  return start < 0 || stop > value.length || start > stop ? undefined : value.slice(start, stop);
}

function wholeNumber(value: number): number | undefined {
  return Number.isSafeInteger(value) ? value : undefined;
}

/** In UTC. */
function calendar(take: (date: Date) => number): FilterFunction {
  return {
    parameters: ["timestamp"],
    result: "int",
    call: ({ seconds, nanos }: Timestamp) => {
      const date = new Date(seconds * 1000 + Math.floor(nanos / 1e6));
      return Number.isNaN(date.getTime()) ? undefined : take(date);
    },
  };
}

function ofDuration(nanos: number): FilterFunction {
  return { parameters: ["duration"], result: "int", call: (value: number) => Math.trunc(value / nanos) };
}
