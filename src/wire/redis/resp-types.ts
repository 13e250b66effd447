import type { AggregateType, LineType, StringType } from "./resp-handler.ts";

/** The bytes that begin values (RESP3.md, "Overview of the types"), and those of a line's end. */
export const BYTE = { CR: 0x0d, LF: 0x0a, ARRAY: 0x2a, BULK: 0x24, CHUNK: 0x3b, END: 0x2e } as const;

export const LINE_TYPES: ReadonlyMap<number, LineType> = byFirstByte<LineType>({
  "+": "simple",
  "-": "error",
  ":": "integer",
  _: "null",
  "#": "boolean",
  ",": "double",
  "(": "big-number",
});

/** A piece of a streamed string is read as a string too. */
export const STRING_TYPES: ReadonlyMap<number, StringType> = byFirstByte<StringType>({
  $: "bulk",
  "!": "bulk-error",
  "=": "verbatim",
});

export const AGGREGATE_TYPES: ReadonlyMap<number, AggregateType> = byFirstByte<AggregateType>({
  "*": "array",
  "~": "set",
  "%": "map",
  ">": "push",
  "|": "attribute",
});

/** Longer than any length: 2^64 has 20 digits. With its carriage return. */
export const MAX_LENGTH_LINE = 32;

/** `-1` and `?`, or a length; undefined where it is none. */
export function parseLength(bytes: Uint8Array, size: number): number | "null" | "streamed" | undefined {
  if (size === 1 && bytes[0] === 0x3f) return "streamed";
  if (size === 2 && bytes[0] === 0x2d && bytes[1] === 0x31) return "null";
  if (size === 0 || size > 16) return undefined;
  let length = 0;
  for (let at = 0; at < size; at++) {
    const digit = bytes[at]! - 0x30;
    if (digit < 0 || digit > 9) return undefined;
    length = length * 10 + digit;
  }
  return length;
}

/** The same of a command's array: the server takes every number below zero for none (networking.c, `processMultibulkBuffer`). */
export function parseCommandLength(bytes: Uint8Array, size: number): number | "null" | "streamed" | undefined {
  const isNegative = size > 1 && bytes[0] === 0x2d && typeof parseLength(bytes.subarray(1), size - 1) === "number";
  return isNegative ? "null" : parseLength(bytes, size);
}

/**
 * Whether a line can be a value of that type.
 * @param kept how many of its `size` bytes are in `bytes`
 */
export function isLineValid(type: LineType, bytes: Uint8Array, kept: number, size: number): boolean {
  switch (type) {
    case "simple":
    case "error":
      return true;
    case "null":
      return size === 0;
    case "boolean":
      return size === 1 && (bytes[0] === 0x74 || bytes[0] === 0x66);
    case "integer":
      return size <= 21 && isNumber(bytes, size, /^[+-]?[0-9]+$/);
    case "big-number":
      return isNumber(bytes, kept, /^[+-]?[0-9]+$/);
    case "double":
      return size <= MAX_DOUBLE && isNumber(bytes, size, DOUBLE);
  }
}

/** `nan` is sent by Redis with any sign and any payload that printf gives it. */
const DOUBLE = /^[+-]?(?:[0-9]+(?:\.[0-9]*)?(?:e[+-]?[0-9]+)?|inf|nan)$/i;
const MAX_DOUBLE = 512;

function isNumber(bytes: Uint8Array, size: number, pattern: RegExp): boolean {
  let text = "";
  for (let at = 0; at < size; at++) text += String.fromCharCode(bytes[at]!);
  return pattern.test(text);
}

function byFirstByte<T>(types: Readonly<Record<string, T>>): ReadonlyMap<number, T> {
  return new Map(Object.entries(types).map(([character, type]) => [character.charCodeAt(0), type]));
}
