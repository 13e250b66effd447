import { TaplineError } from "../../model/index.ts";
import { suggestName } from "../text/suggest-name.ts";
import { type DocumentNode, describeNode } from "./document.ts";

// The scalars of protobuf's JSON form (https://protobuf.dev/programming-guides/json), as YAML spells them. Each takes the
// field's name for the message and throws TaplineError (`configuration`).

export function readString(node: DocumentNode, field: string): string {
  if (node.kind === "scalar" && typeof node.value === "string") return node.value;
  const isPlain = node.kind === "scalar" && node.value !== null;
  return fail(node, field, "text", isPlain ? "put it in quotes" : undefined);
}

export function readBool(node: DocumentNode, field: string): boolean {
  if (node.kind === "scalar" && typeof node.value === "boolean") return node.value;
  return fail(node, field, "true or false");
}

/** An integer, also as text or with a fraction of zero. */
export function readInteger(node: DocumentNode, field: string, least: bigint, most: bigint): bigint {
  const value = node.kind === "scalar" ? toBigInt(node.value) : undefined;
  if (value !== undefined && value >= least && value <= most) return value;
  return fail(node, field, `a whole number from ${least} to ${most}`);
}

export function readNumber(node: DocumentNode, field: string, least: number, most: number): number {
  const value = node.kind === "scalar" ? node.value : undefined;
  const number = typeof value === "bigint" || typeof value === "number" ? Number(value) : Number.NaN;
  if (number >= least && number <= most) return number;
  return fail(node, field, `a number from ${least} to ${most}`);
}

/** Milliseconds; nanoseconds are kept as their fraction. */
export function readDurationMillis(node: DocumentNode, field: string): number {
  const value = node.kind === "scalar" ? node.value : undefined;
  const match = typeof value === "string" ? /^(\d{1,12})(?:\.(\d{1,9}))?s$/.exec(value) : null;
  if (match !== null) return Number(match[1]) * 1000 + Number((match[2] ?? "").padEnd(9, "0")) / 1e6;
  return fail(node, field, 'a duration such as "0.25s", in seconds and not negative');
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
  if (typeof value === "string") {
    const found = known.find((name) => name === value.toUpperCase());
    if (found !== undefined) return found;
    const meant = suggestName(value, known);
    return fail(node, field, `one of ${known.join(", ")}`, meant === undefined ? undefined : `did you mean ${meant}?`);
  }
  const byNumber = typeof value === "bigint" ? names[Number(value)] : undefined;
  return byNumber ?? fail(node, field, `one of ${known.join(", ")}`);
}

function toBigInt(value: string | bigint | number | boolean | null): bigint | undefined {
  if (typeof value === "bigint") return value;
  if (typeof value === "number") return Number.isSafeInteger(value) ? BigInt(value) : undefined;
  return typeof value === "string" && /^-?\d{1,20}$/.test(value) ? BigInt(value) : undefined;
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
