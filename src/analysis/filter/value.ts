import { formatTimestamp, type Timestamp } from "../../model/index.ts";
import { bytesToHex } from "../../wire/bytes/hex.ts";
import { formatDuration } from "./duration-literal.ts";
import { DynamicMap, Instant, Optional, Span, TypeValue, Uint } from "./dynamic/values.ts";

/**
 * The types of the filter language: CEL's. What is known only when it runs has `dyn`; an expression of every other type
 * is checked before.
 */
export type ValueType = ScalarType | ListType | MapType | OptionalType;
export type ScalarType =
  | "bool"
  | "int"
  | "uint"
  | "double"
  | "string"
  | "bytes"
  | "timestamp"
  | "duration"
  | "null"
  | "type"
  | "dyn";
export interface ListType {
  readonly list: ValueType;
}
/** Keys are strings where it is not said. */
export interface MapType {
  readonly map: ValueType;
  readonly key?: ValueType;
}
export interface OptionalType {
  readonly optional: ValueType;
}

/**
 * A value whose type is known: `int` and `duration` (nanoseconds) are numbers where that is exact, else bigints; a map
 * with texts as keys is a `Map`. Every other type has its values as `Dynamic` says. An absent value (of an attribute
 * that an exchange does not have, or CEL's error) is `undefined`.
 */
export type Value =
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | Timestamp
  | readonly Value[]
  | MapValue
  | null
  | Uint
  | TypeValue
  | Optional
  | DynamicMap
  | Span;
export type MapValue = ReadonlyMap<string, Value>;

export function isListType(type: ValueType): type is ListType {
  return typeof type === "object" && "list" in type;
}

export function isMapType(type: ValueType): type is MapType {
  return typeof type === "object" && "map" in type;
}

/** A map whose keys are texts: a `Map`. */
export function isTextMap(type: ValueType): type is MapType {
  return isMapType(type) && (type.key ?? "string") === "string";
}

export function isOptionalType(type: ValueType): type is OptionalType {
  return typeof type === "object" && "optional" in type;
}

export function isNumeric(type: ValueType): boolean {
  return type === "int" || type === "double" || type === "uint";
}

export function sameType(a: ValueType, b: ValueType): boolean {
  return a === b || formatType(a) === formatType(b);
}

/** Whether a value of one type may turn out to be one of the other: `dyn` stands for any. */
export function mayBe(a: ValueType, b: ValueType): boolean {
  if (a === "dyn" || b === "dyn") return true;
  if (isListType(a) && isListType(b)) return mayBe(a.list, b.list);
  if (isMapType(a) && isMapType(b)) return mayBe(a.map, b.map) && mayBe(a.key ?? "string", b.key ?? "string");
  if (isOptionalType(a) && isOptionalType(b)) return mayBe(a.optional, b.optional);
  return sameType(a, b);
}

/** The one type for values of both: theirs if it is the same, else `dyn`. */
export function joinTypes(a: ValueType, b: ValueType): ValueType {
  if (sameType(a, b)) return a;
  if (isListType(a) && isListType(b)) return { list: joinTypes(a.list, b.list) };
  return "dyn";
}

/** `int`, `list(string)`, `map(string, string)`. */
export function formatType(type: ValueType): string {
  if (typeof type === "string") return type === "null" ? "null_type" : type;
  if (isListType(type)) return `list(${formatType(type.list)})`;
  if (isMapType(type)) return `map(${formatType(type.key ?? "string")}, ${formatType(type.map)})`;
  return `optional_type(${formatType(type.optional)})`;
}

/** As CEL would write it, for `--explain`. */
export function formatLiteral(value: Value | undefined, type: ValueType): string {
  if (value === undefined) return "(missing)";
  if (isListType(type)) return `[${(value as Value[]).map((item) => formatLiteral(item, type.list)).join(", ")}]`;
  if (isTextMap(type)) {
    const entries = [...(value as MapValue)].map(([key, item]) => `${quote(key)}: ${formatLiteral(item, type.map)}`);
    return `{${entries.join(", ")}}`;
  }
  if (type === "string") return quote(value as string);
  return type === "dyn" || typeof type === "object" ? formatDynamic(value, quote) : formatScalar(value, type);
}

/** As a field of a line: text without quotes, lists joined with commas, maps as `key: value` joined with commas. */
export function formatField(value: Value | undefined, type: ValueType): string {
  if (value === undefined) return "";
  if (isListType(type)) return (value as Value[]).map((item) => formatField(item, type.list)).join(",");
  if (isTextMap(type))
    return [...(value as MapValue)].map(([key, item]) => `${key}: ${formatField(item, type.map)}`).join(", ");
  return type === "dyn" || typeof type === "object" ? formatDynamic(value, (text) => text) : formatScalar(value, type);
}

/** As JSON has it: durations in seconds, timestamps as RFC 3339, bytes in hexadecimal. */
export function toJson(value: Value | undefined, type: ValueType): unknown {
  if (value === undefined || value === null) return null;
  if (isListType(type)) return (value as Value[]).map((item) => toJson(item, type.list));
  if (isTextMap(type))
    return Object.fromEntries([...(value as MapValue)].map(([key, item]) => [key, toJson(item, type.map)]));
  if (type === "duration") return Number(value as number) / 1e9;
  if (type === "timestamp" || type === "bytes") return formatScalar(value, type);
  return dynamicToJson(value);
}

function dynamicToJson(value: Value): unknown {
  if (Array.isArray(value)) return value.map(dynamicToJson);
  if (value instanceof DynamicMap)
    return Object.fromEntries(
      [...value.entries()].map(([key, item]) => [formatDynamic(key, String), dynamicToJson(item)]),
    );
  if (value instanceof Span) return Number(value.nanos) / 1e9;
  if (value instanceof Optional) return value.value === undefined ? null : dynamicToJson(value.value);
  if (typeof value === "bigint")
    return BigInt(Number(value)) === value && Math.abs(Number(value)) <= 2 ** 53 ? Number(value) : String(value);
  return typeof value === "object" && value !== null ? formatDynamic(value, (text) => text) : value;
}

function formatDynamic(value: Value, text: (value: string) => string): string {
  if (typeof value === "string") return text(value);
  if (Array.isArray(value)) return `[${value.map((item) => formatDynamic(item, text)).join(", ")}]`;
  if (value instanceof DynamicMap)
    return `{${[...value.entries()].map(([key, item]) => `${formatDynamic(key, text)}: ${formatDynamic(item, text)}`).join(", ")}}`;
  if (value instanceof Uint) return `${value.value}u`;
  if (value instanceof TypeValue) return value.name;
  if (value instanceof Instant) return formatScalar(value, "timestamp");
  if (value instanceof Span) return formatDuration(value.nanos);
  if (value instanceof Optional)
    return value.value === undefined ? "optional.none()" : `optional.of(${formatDynamic(value.value, text)})`;
  if (value instanceof Uint8Array) return formatScalar(value, "bytes");
  return String(value);
}

function formatScalar(value: Value, type: ValueType): string {
  if (type === "timestamp") return formatTimestamp(value as Timestamp);
  if (type === "duration") return formatDuration(value as number);
  if (type === "bytes") return bytesToHex(value as Uint8Array);
  if (value instanceof Uint) return String(value.value);
  if (value instanceof TypeValue) return value.name;
  return String(value);
}

function quote(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'").replaceAll("\n", "\\n").replaceAll("\r", "\\r")}'`;
}
