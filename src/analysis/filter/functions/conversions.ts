import type { Timestamp } from "../../../model/index.ts";
import { parseTimestamp } from "../../../wire/text/parse-timestamp.ts";
import { spendMade } from "../budget.ts";
import { formatDuration, parseDuration } from "../duration-literal.ts";
import { toInt } from "../dynamic/convert.ts";
import { checkInt, instantOf } from "../dynamic/operations.ts";
import { type Dynamic, TypeValue, typeNameOf, Uint } from "../dynamic/values.ts";
import type { Value, ValueType } from "../value.ts";
import { formatDouble, formatInstant } from "./format-text.ts";
import { type FilterFunction, type FunctionTable, ofText } from "./function.ts";

/** From one type to another, and what type a value has. */
export const CONVERSIONS: FunctionTable = {
  int: [
    same("int"),
    ofText("int", (value) => (/^[+-]?\d{1,40}$/.test(value) ? int(BigInt(value.replace("+", ""))) : undefined)),
    of("double", "int", (value: number) => (Math.abs(value) < 2 ** 63 ? int(BigInt(Math.trunc(value))) : undefined)),
    of("uint", "int", ({ value }: Uint) => int(value)),
    of("timestamp", "int", ({ seconds }: Timestamp) => seconds),
    of("duration", "int", (value: number | bigint) => int(BigInt(value))),
  ],
  uint: [
    same("uint"),
    ofText("uint", (value) => (/^\d{1,40}$/.test(value) ? uint(BigInt(value)) : undefined)),
    of("double", "uint", (value: number) =>
      Number.isFinite(value) && value >= 0 ? uint(BigInt(Math.trunc(value))) : undefined,
    ),
    of("int", "uint", (value: number | bigint) => uint(BigInt(value))),
  ],
  double: [
    same("double"),
    ofText("double", parseDouble),
    of("int", "double", Number),
    of("uint", "double", ({ value }: Uint) => Number(value)),
  ],
  string: [
    same("string"),
    of("bytes", "string", decodeUtf8),
    of("int", "string", String),
    of("uint", "string", ({ value }: Uint) => String(value)),
    of("double", "string", formatDouble),
    of("bool", "string", String),
    of("timestamp", "string", formatInstant),
    of("duration", "string", formatDuration),
  ],
  bytes: [
    same("bytes"),
    ofText("bytes", (value) => {
      spendMade(value.length);
      return new TextEncoder().encode(value);
    }),
  ],
  bool: [same("bool"), ofText("bool", (value) => BOOLS.get(value))],
  duration: [same("duration"), { ...ofText("duration", parseDuration), strict: true }],
  timestamp: [
    same("timestamp"),
    { ...ofText("timestamp", toTimestamp), strict: true },
    of("int", "timestamp", (value: number | bigint) => instantOf(Number(value), 0)),
  ],
  dyn: [{ parameters: ["dyn"], result: "dyn", dynamic: (value: Dynamic) => value }],
  type: [{ parameters: ["dyn"], result: "type", dynamic: (value: Dynamic) => new TypeValue(typeNameOf(value)) }],
};

/** A timestamp in the range that CEL's have. */
function toTimestamp(text: string): Timestamp | undefined {
  const time = parseTimestamp(text);
  return time && instantOf(time.seconds, time.nanos);
}

const BOOLS: ReadonlyMap<string, boolean> = new Map([
  ...["1", "t", "T", "true", "TRUE", "True"].map((text) => [text, true] as const),
  ...["0", "f", "F", "false", "FALSE", "False"].map((text) => [text, false] as const),
]);

function same(type: ValueType): FilterFunction {
  return { parameters: [type], result: type, call: (value: Value) => value };
}

function of(from: ValueType, to: ValueType, call: (value: never) => Value | undefined): FilterFunction {
  return { parameters: [from], result: to, call };
}

function int(value: bigint): number | bigint | undefined {
  const checked = checkInt(value);
  return checked === undefined ? undefined : toInt(checked);
}

function uint(value: bigint): Uint | undefined {
  return value >= 0n && value <= 0xffff_ffff_ffff_ffffn ? new Uint(value) : undefined;
}

/** Go's `ParseFloat` without hexadecimal. */
function parseDouble(text: string): number | undefined {
  const special = /^([+-]?)(?:(inf(?:inity)?)|nan)$/i.exec(text);
  if (special !== null)
    return special[2] === undefined
      ? special[1] === ""
        ? Number.NaN
        : undefined
      : special[1] === "-"
        ? -Infinity
        : Infinity;
  if (!/^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i.test(text)) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}

export function decodeUtf8(bytes: Uint8Array): string | undefined {
  spendMade(bytes.length);
  try {
    return STRICT.decode(bytes);
  } catch {
    return undefined;
  }
}

const STRICT = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
