import { formatTimestamp, type Timestamp } from "../../model/index.ts";
import { bytesToHex } from "../../wire/bytes/hex.ts";

/**
 * The types of the filter language: CEL's, with `uint` taken as `int`. Every expression has exactly one; there is no
 * `dyn` and no `null` (`has(x)` asks whether x is there).
 */
export type ValueType = ScalarType | ListType | MapType;
export type ScalarType = "bool" | "int" | "double" | "string" | "bytes" | "timestamp" | "duration";
export interface ListType {
  readonly list: ValueType;
}
/** Keys are strings. */
export interface MapType {
  readonly map: ValueType;
}

/**
 * A value: `int` is a number where that is exact, else a bigint; `duration` is nanoseconds as a number.
 * An absent value (of an attribute that an exchange does not have) is `undefined`.
 */
export type Value = boolean | number | bigint | string | Uint8Array | Timestamp | readonly Value[] | MapValue;
export type MapValue = ReadonlyMap<string, Value>;

export function isListType(type: ValueType): type is ListType {
  return typeof type === "object" && "list" in type;
}

export function isMapType(type: ValueType): type is MapType {
  return typeof type === "object" && "map" in type;
}

export function isNumeric(type: ValueType): boolean {
  return type === "int" || type === "double";
}

export function sameType(a: ValueType, b: ValueType): boolean {
  return formatType(a) === formatType(b);
}

/** `int`, `list(string)`, `map(string, string)`. */
export function formatType(type: ValueType): string {
  if (isListType(type)) return `list(${formatType(type.list)})`;
  if (isMapType(type)) return `map(string, ${formatType(type.map)})`;
  return type;
}

/** As CEL would write it, for `--explain`. */
export function formatLiteral(value: Value | undefined, type: ValueType): string {
  if (value === undefined) return "(missing)";
  if (isListType(type)) return `[${(value as Value[]).map((item) => formatLiteral(item, type.list)).join(", ")}]`;
  if (isMapType(type)) {
    const entries = [...(value as MapValue)].map(([key, item]) => `${quote(key)}: ${formatLiteral(item, type.map)}`);
    return `{${entries.join(", ")}}`;
  }
  return type === "string" ? quote(value as string) : formatScalar(value, type);
}

/** As a field of a line: text without quotes, lists joined with commas, maps as `key: value` joined with commas. */
export function formatField(value: Value | undefined, type: ValueType): string {
  if (value === undefined) return "";
  if (isListType(type)) return (value as Value[]).map((item) => formatField(item, type.list)).join(",");
  if (isMapType(type))
    return [...(value as MapValue)].map(([key, item]) => `${key}: ${formatField(item, type.map)}`).join(", ");
  return formatScalar(value, type);
}

/** As JSON has it: durations in seconds, timestamps as RFC 3339, bytes in hexadecimal. */
export function toJson(value: Value | undefined, type: ValueType): unknown {
  if (value === undefined) return null;
  if (isListType(type)) return (value as Value[]).map((item) => toJson(item, type.list));
  if (isMapType(type))
    return Object.fromEntries([...(value as MapValue)].map(([key, item]) => [key, toJson(item, type.map)]));
  if (type === "duration") return (value as number) / 1e9;
  if (type === "timestamp" || type === "bytes" || typeof value === "bigint") return formatScalar(value, type);
  return value;
}

function formatScalar(value: Value, type: ValueType): string {
  if (type === "timestamp") return formatTimestamp(value as Timestamp);
  if (type === "duration") return `${(value as number) / 1e9}s`;
  if (type === "bytes") return bytesToHex(value as Uint8Array);
  return String(value);
}

function quote(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'").replaceAll("\n", "\\n").replaceAll("\r", "\\r")}'`;
}
