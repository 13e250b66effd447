import { TaplineError } from "../../model/index.ts";
import { suggestName } from "../text/suggest-name.ts";
import { type DocumentNode, describeNode, type MappingNode, type ScalarNode } from "./document.ts";

// The scalars of protobuf's JSON form (https://protobuf.dev/programming-guides/json), as YAML spells them, and as Envoy takes
// them: `yes` and "true" are booleans, {value: 5} is a wrapped number, {seconds: 5} a duration. Each takes the field's name for
// the message and throws TaplineError (`configuration`).

const TRUE = ["true", "t", "yes", "y", "on", "1"];
const FALSE = ["false", "f", "no", "n", "off", "0"];

/** As JSON has it: no leading zeros; at most as many digits as a uint64 has. */
const NUMBER = /^-?(?:0|[1-9]\d{0,19})(?:\.\d{1,20})?(?:[eE][-+]?\d{1,3})?$/;
/** Ten thousand years, the most that a `google.protobuf.Duration` holds. */
const MAX_SECONDS = 315_576_000_000n;

type Scalar = ScalarNode["value"];

export function readString(node: DocumentNode, field: string): string {
  if (node.kind === "scalar" && typeof node.value === "string") return node.value;
  if (node.kind === "scalar" && node.source !== undefined) return node.source;
  const isPlain = node.kind === "scalar" && node.value !== null;
  return fail(node, field, "text", isPlain ? "put it in quotes" : undefined);
}

export function readBool(node: DocumentNode, field: string): boolean {
  const value = unwrap(node, false);
  if (typeof value === "boolean") return value;
  const word = typeof value === "string" ? value.toLowerCase() : "";
  if (TRUE.includes(word)) return true;
  if (FALSE.includes(word)) return false;
  return fail(node, field, "true or false");
}

/** An integer, also as text or with a fraction of zero. */
export function readInteger(node: DocumentNode, field: string, least: bigint, most: bigint): bigint {
  const value = toBigInt(unwrap(node, 0n));
  if (value !== undefined && value >= least && value <= most) return value;
  return fail(node, field, `a whole number from ${least} to ${most}`);
}

export function readNumber(node: DocumentNode, field: string, least: number, most: number): number {
  const value = unwrap(node, 0);
  const isNumber =
    typeof value === "string" ? NUMBER.test(value) : typeof value === "bigint" || typeof value === "number";
  const number = isNumber ? Number(value) : Number.NaN;
  if (number >= least && number <= most) return number;
  return fail(node, field, `a number from ${least} to ${most}`);
}

/** Milliseconds; nanoseconds are kept as their fraction. */
export function readDurationMillis(node: DocumentNode, field: string): number {
  const value = node.kind === "scalar" ? node.value : undefined;
  const match = typeof value === "string" ? /^(\d{1,12})(?:\.(\d{1,9}))?s$/.exec(value) : null;
  if (match !== null) return Number(match[1]) * 1000 + Number((match[2] ?? "").padEnd(9, "0")) / 1e6;
  const millis = node.kind === "mapping" ? readDurationMessage(node, field) : undefined;
  if (millis !== undefined) return millis;
  return fail(node, field, 'a duration such as "0.25s", in seconds and not negative');
}

/** A duration that is written as the message that it is; undefined where other fields stand in it. */
function readDurationMessage({ entries }: MappingNode, field: string): number | undefined {
  let millis = 0;
  for (const { key, value } of entries)
    if (key === "seconds") millis += Number(readInteger(value, `${field}.seconds`, 0n, MAX_SECONDS)) * 1000;
    else if (key === "nanos") millis += Number(readInteger(value, `${field}.nanos`, 0n, 999_999_999n)) / 1e6;
    else return undefined;
  return millis;
}

/** Base64 with the standard or the URL-safe alphabet, padded or not. */
export function readBytes(node: DocumentNode, field: string): Uint8Array {
  const value = node.kind === "scalar" ? node.value : undefined;
  if (typeof value === "string") {
    const digits = value.replace(/={1,2}$/, "");
    const isPadded = digits.length === value.length || value.length % 4 === 0;
    if (isPadded && /^[A-Za-z0-9+/_-]*$/.test(digits) && digits.length % 4 !== 1) return decodeBase64(digits);
  }
  return fail(node, field, "bytes in base64");
}

/** The name of an enum's value, given as a name (in any case) or as a number. */
export function readEnum<Name extends string>(
  node: DocumentNode,
  field: string,
  names: Readonly<Record<number, Name>>,
): Name {
  const value = node.kind === "scalar" ? node.value : undefined;
  const known = Object.values(names);
  const isNumber = typeof value === "bigint" || (typeof value === "string" && /^\d{1,10}$/.test(value));
  const found = isNumber
    ? names[Number(value)]
    : known.find((name) => typeof value === "string" && name === value.toUpperCase());
  if (found !== undefined) return found;
  const meant = typeof value === "string" ? suggestName(value, known) : undefined;
  return fail(node, field, `one of ${known.join(", ")}`, meant === undefined ? undefined : `did you mean ${meant}?`);
}

/** The value of a scalar, or of a wrapper (`google.protobuf.UInt32Value` and its like) that is written as the message that it is. */
function unwrap(node: DocumentNode, whenEmpty: Scalar): Scalar | undefined {
  if (node.kind === "scalar") return node.value;
  if (node.kind !== "mapping") return undefined;
  const [entry, second] = node.entries;
  if (entry === undefined) return whenEmpty;
  return second === undefined && entry.key === "value" && entry.value.kind === "scalar" ? entry.value.value : undefined;
}

function toBigInt(value: Scalar | undefined): bigint | undefined {
  if (typeof value === "bigint") return value;
  if (typeof value === "number") return Number.isSafeInteger(value) ? BigInt(value) : undefined;
  if (typeof value !== "string" || !NUMBER.test(value)) return undefined;
  return /^-?\d+$/.test(value) ? BigInt(value) : toBigInt(Number(value));
}

function decodeBase64(digits: string): Uint8Array {
  const binary = atob(digits.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

function fail(node: DocumentNode, field: string, expected: string, hint?: string): never {
  throw new TaplineError("configuration", `${field}: expected ${expected}, found ${describeNode(node)}`, {
    place: node.place,
    ...(hint === undefined ? {} : { hint }),
  });
}
