import { toByteString } from "./byte-string.ts";
import { jsonString } from "./json.ts";

/**
 * Gives an object a `toJSON` (not enumerable) by which `JSON.stringify` writes what Go's json.Marshal writes of it: integers
 * beyond 2^53 digit by digit, strings with Go's escapes. Its members are named and ordered as Go's.
 * @param shortEscapes of Go 1.22 and later; see `jsonString`
 */
export function withGoJson<Value extends object>(value: Value, shortEscapes = false): Value {
  const toJSON = () => goJsonValue({ ...value }, shortEscapes);
  return Object.defineProperty(value, "toJSON", { value: toJSON, configurable: true });
}

/** The same of a value whose members are named otherwise: what a `toJSON` gives. Undefined members are left out. */
export function goJsonValue(value: unknown, shortEscapes = false): unknown {
  if (typeof value === "bigint") return rawJson === undefined ? Number(value) : rawJson(`${value}`);
  if (typeof value === "string") return goString(value, shortEscapes);
  if (value instanceof Uint8Array) return toBase64(value);
  if (Array.isArray(value)) return value.map((item) => goJsonValue(item, shortEscapes));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, goJsonValue(item, shortEscapes)]));
}

/** Reads Go's JSON: integers that a number cannot hold become bigints. */
export function readGoJson(json: string): unknown {
  return JSON.parse(json, (_name: string, value: unknown, context?: { readonly source?: string }) =>
    typeof value === "number" && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? "")
      ? BigInt(context!.source!)
      : value,
  );
}

/** In engines that have it (Node 21 and later), JSON of a number or a string that is written as it stands. */
const rawJson = (JSON as { readonly rawJSON?: (text: string) => unknown }).rawJSON;

function goString(text: string, shortEscapes: boolean): unknown {
  const json = jsonString(toByteString(text), shortEscapes);
  if (rawJson === undefined || json.length === text.length + 2) return text;
  const decoded = new TextDecoder().decode(Uint8Array.from(json, (character) => character.charCodeAt(0)));
  // Bytes that were no UTF-8 have become U+FFFD when the text was decoded; Go writes that in six characters.
  return rawJson(decoded.replaceAll("\ufffd", "\\ufffd"));
}

function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}
