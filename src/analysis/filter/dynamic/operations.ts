import { addNanos, compareTimestamps } from "../../../model/index.ts";
import { spendMade, spendSteps, spendText } from "../budget.ts";
import { MAX_DURATION_NANOS } from "../duration-literal.ts";
import { compareText } from "../text.ts";
import { type Dynamic, DynamicMap, Instant, Optional, Span, TypeValue, Uint } from "./values.ts";

/** CEL's equality: values of different types are not equal, but numbers are compared as numbers. */
export function dynamicEquals(a: Dynamic, b: Dynamic): boolean {
  spendSteps(1);
  const [x, y] = [a instanceof Uint ? a.value : a, b instanceof Uint ? b.value : b];
  if (isNumber(x) && isNumber(y)) return typeof x === typeof y ? x === y : Number(x) === Number(y);
  if (typeof x !== "object" || x === null || typeof y !== "object" || y === null) return x === y;
  if (Array.isArray(x))
    return Array.isArray(y) && x.length === y.length && x.every((item, i) => dynamicEquals(item, y[i]!));
  if (x instanceof Uint8Array) return y instanceof Uint8Array && compareBytes(x, y) === 0;
  if (x instanceof Instant) return y instanceof Instant && compareTimestamps(x, y) === 0;
  if (x instanceof Span) return y instanceof Span && x.nanos === y.nanos;
  if (x instanceof TypeValue) return y instanceof TypeValue && x.name === y.name;
  if (x instanceof Optional)
    return (
      y instanceof Optional &&
      (x.value === undefined || y.value === undefined ? x.value === y.value : dynamicEquals(x.value, y.value))
    );
  if (!(x instanceof DynamicMap) || !(y instanceof DynamicMap) || x.size !== y.size) return false;
  for (const [key, value] of x.entries()) {
    const other = y.get(key);
    if (other === undefined || !dynamicEquals(value, other)) return false;
  }
  return true;
}

function isNumber(value: unknown): value is bigint | number {
  return typeof value === "bigint" || typeof value === "number";
}

/** An int and a double are compared as doubles. */
function order(x: bigint | number, y: bigint | number): number | undefined {
  return x < y ? -1 : x > y ? 1 : Number.isNaN(x) || Number.isNaN(y) ? undefined : 0;
}

/** Negative, zero or positive; undefined where the two have no order: NaN has none. */
export function dynamicCompare(a: Dynamic, b: Dynamic): number | undefined {
  const [x, y] = [a instanceof Uint ? a.value : a, b instanceof Uint ? b.value : b];
  if (isNumber(x) && isNumber(y)) return typeof x === typeof y ? order(x, y) : order(Number(x), Number(y));
  if (typeof x === "string" && typeof y === "string") return compareText(x, y);
  if (typeof x === "boolean" && typeof y === "boolean") return Number(x) - Number(y);
  if (x instanceof Uint8Array && y instanceof Uint8Array) return compareBytes(x, y);
  if (x instanceof Instant && y instanceof Instant) return compareTimestamps(x, y);
  if (x instanceof Span && y instanceof Span) return x.nanos < y.nanos ? -1 : x.nanos > y.nanos ? 1 : 0;
  return undefined;
}

export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  spendText(length);
  for (let i = 0; i < length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return a.length - b.length;
}

/** `+ - * / %`; undefined where the two types have no such operation, or the result no value. */
export function dynamicArithmetic(operator: string, a: Dynamic, b: Dynamic): Dynamic | undefined {
  if (typeof a === "bigint" && typeof b === "bigint") return checkInt(compute(operator, a, b));
  if (a instanceof Uint && b instanceof Uint) {
    const result = compute(operator, a.value, b.value);
    return result === undefined || result < 0n || result > 0xffff_ffff_ffff_ffffn ? undefined : new Uint(result);
  }
  if (typeof a === "number" && typeof b === "number") return computeDouble(operator, a, b);
  if (operator === "+") {
    if (typeof a === "string" && typeof b === "string") return concatText(a, b);
    if (a instanceof Uint8Array && b instanceof Uint8Array) return concatBytes(a, b);
    if (Array.isArray(a) && Array.isArray(b)) return concatLists(a, b);
  }
  return timeArithmetic(operator, a, b);
}

export function concatText(a: string, b: string): string {
  spendMade(a.length + b.length);
  return a + b;
}

export function concatBytes(a: Uint8Array, b: Uint8Array): Uint8Array {
  spendMade(a.length + b.length);
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}

export function concatLists<T>(a: readonly T[], b: readonly T[]): T[] {
  spendMade(8 * (a.length + b.length));
  spendSteps((a.length + b.length) >>> 4);
  return [...a, ...b];
}

export function checkInt(value: bigint | undefined): bigint | undefined {
  return value === undefined || BigInt.asIntN(64, value) !== value ? undefined : value;
}

function compute(operator: string, a: bigint, b: bigint): bigint | undefined {
  switch (operator) {
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    case "/":
      return b === 0n ? undefined : a / b;
    default:
      return operator === "%" ? remainder(a, b) : undefined;
  }
}

/** The remainder; the smallest int divided by -1 has none, as it has no quotient (Go). */
export function remainder(a: bigint, b: bigint): bigint | undefined {
  return b === 0n || (b === -1n && a === MIN_INT) ? undefined : a % b;
}

const MIN_INT = -0x8000_0000_0000_0000n;

function computeDouble(operator: string, a: number, b: number): number | undefined {
  return operator === "+"
    ? a + b
    : operator === "-"
      ? a - b
      : operator === "*"
        ? a * b
        : operator === "/"
          ? a / b
          : undefined;
}

function timeArithmetic(operator: string, a: Dynamic, b: Dynamic): Dynamic | undefined {
  const sign = operator === "+" ? 1n : operator === "-" ? -1n : 0n;
  if (sign === 0n) return undefined;
  if (a instanceof Span && b instanceof Span) return spanOf(a.nanos + sign * b.nanos);
  if (a instanceof Instant && b instanceof Span) return moveInstant(a, sign * b.nanos);
  if (sign === 1n && a instanceof Span && b instanceof Instant) return moveInstant(b, a.nanos);
  if (sign === -1n && a instanceof Instant && b instanceof Instant)
    return spanOf(BigInt(a.seconds - b.seconds) * 1_000_000_000n + BigInt(a.nanos - b.nanos));
  return undefined;
}

export function spanOf(nanos: bigint): Span | undefined {
  return nanos > MAX_DURATION_NANOS || nanos < -MAX_DURATION_NANOS ? undefined : new Span(nanos);
}

function moveInstant(time: Instant, nanos: bigint): Instant | undefined {
  const seconds = nanos / 1_000_000_000n;
  const moved = addNanos(
    { seconds: time.seconds + Number(seconds), nanos: time.nanos },
    Number(nanos % 1_000_000_000n),
  );
  return instantOf(moved.seconds, moved.nanos);
}

/** The first second of the year 1 and the last of 9999. */
const MIN_SECONDS = -62_135_596_800;
const MAX_SECONDS = 253_402_300_799;

export function instantOf(seconds: number, nanos: number): Instant | undefined {
  return seconds < MIN_SECONDS || seconds > MAX_SECONDS ? undefined : new Instant(seconds, nanos);
}

/** `of[key]`; undefined where it has none, or is neither map nor list. */
export function dynamicEntry(of: Dynamic, key: Dynamic): Dynamic | undefined {
  if (of instanceof DynamicMap) return of.get(key);
  if (!Array.isArray(of)) return undefined;
  const index = key instanceof Uint ? key.value : key;
  if (typeof index !== "bigint" && !(typeof index === "number" && Number.isInteger(index))) return undefined;
  return index >= 0 && index < of.length ? (of as readonly Dynamic[])[Number(index)] : undefined;
}

/** `item in collection`; undefined where that is neither map nor list. */
export function dynamicContains(item: Dynamic, collection: Dynamic): boolean | undefined {
  if (collection instanceof DynamicMap) return collection.has(item);
  return Array.isArray(collection) ? collection.some((entry) => dynamicEquals(item, entry)) : undefined;
}
