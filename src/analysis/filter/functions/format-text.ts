import { formatTimestamp } from "../../../model/index.ts";
import { bytesToHex } from "../../../wire/bytes/hex.ts";
import { spendMade, spendSteps } from "../budget.ts";
import { formatDuration } from "../duration-literal.ts";
import { type Dynamic, DynamicMap, Instant, Span, TypeValue, Uint } from "../dynamic/values.ts";

/** `'%s is %.2f'.format([name, 1.5])` of CEL's extension library `strings`; undefined where a value is none for its place. */
export function formatText(pattern: string, args: readonly Dynamic[]): string | undefined {
  let result = "";
  let next = 0;
  let at = 0;
  for (const match of pattern.matchAll(/%(?:%|(?:\.(\d+))?([sdfebxXo]))/g)) {
    const before = pattern.slice(at, match.index);
    if (before.includes("%")) return undefined;
    result += before;
    at = match.index + match[0].length;
    if (match[0] === "%%") {
      result += "%";
      continue;
    }
    if (next >= args.length) return undefined;
    const precision = match[1] === undefined ? 6 : Number(match[1]);
    if (precision > 1000) return undefined;
    const shown = formatClause(match[2]!, args[next++]!, precision);
    if (shown === undefined) return undefined;
    spendMade(result.length + shown.length);
    result += shown;
  }
  const rest = pattern.slice(at);
  return rest.includes("%") || next < args.length ? undefined : result + rest;
}

function formatClause(clause: string, value: Dynamic, precision: number): string | undefined {
  const whole = value instanceof Uint ? value.value : typeof value === "bigint" ? value : undefined;
  switch (clause) {
    case "s":
      return formatPlain(value);
    case "d":
      return typeof value === "number" ? plainDouble(value) : whole?.toString();
    case "f":
      return typeof value === "number" ? fixed(value, precision) : undefined;
    case "e":
      return typeof value === "number" ? scientific(value, precision) : undefined;
    case "b":
      return typeof value === "boolean" ? (value ? "1" : "0") : whole?.toString(2);
    case "o":
      return whole?.toString(8);
    default: {
      const bytes = typeof value === "string" ? new TextEncoder().encode(value) : value;
      const hex = bytes instanceof Uint8Array ? bytesToHex(bytes) : whole?.toString(16);
      return clause === "X" ? hex?.toUpperCase() : hex;
    }
  }
}

function formatPlain(value: Dynamic): string | undefined {
  spendSteps(1);
  if (typeof value === "string") {
    spendMade(value.length);
    return value;
  }
  if (typeof value === "number") return plainDouble(value);
  if (value === null || typeof value !== "object") return String(value);
  if (value instanceof Uint) return String(value.value);
  if (value instanceof Uint8Array) return new TextDecoder().decode(value);
  if (value instanceof TypeValue) return value.name;
  if (value instanceof Instant) return formatInstant(value);
  if (value instanceof Span) return formatDuration(value.nanos);
  if (Array.isArray(value)) return joined("[", (value as readonly Dynamic[]).map(formatPlain), "]");
  if (!(value instanceof DynamicMap)) return undefined;
  const entries = [...value.entries()].map(([key, item]) => {
    const shown = [formatPlain(key), formatPlain(item)];
    return shown.includes(undefined) ? undefined : shown.join(": ");
  });
  return joined("{", entries.sort(), "}");
}

function joined(opening: string, parts: readonly (string | undefined)[], closing: string): string | undefined {
  return parts.includes(undefined) ? undefined : `${opening}${parts.join(", ")}${closing}`;
}

/** RFC 3339 with as many digits as are needed (Go's `RFC3339Nano`). */
export function formatInstant(time: { readonly seconds: number; readonly nanos: number }): string {
  return formatTimestamp(time, 9).replace(/\.?0+Z$/, "Z");
}

function plainDouble(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (Object.is(value, -0)) return "-0";
  const [digits, exponent] = value.toExponential().split("e") as [string, string];
  return shift(digits, Number(exponent));
}

/** A number of the form `-1.25` times a power of ten, without an exponent. */
function shift(mantissa: string, exponent: number): string {
  const sign = mantissa.startsWith("-") ? "-" : "";
  const [whole, fraction = ""] = mantissa.replace("-", "").split(".") as [string, string?];
  const digits = whole + fraction;
  const point = 1 + exponent;
  if (point <= 0) return `${sign}0.${"0".repeat(-point)}${digits}`;
  if (point >= digits.length) return sign + digits.padEnd(point, "0");
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** Exactly rounded, half to even. */
function fixed(value: number, precision: number): string {
  if (!Number.isFinite(value)) return String(value);
  const [numerator, denominator] = fraction(Math.abs(value));
  const scaled = numerator * 10n ** BigInt(precision);
  let rounded = scaled / denominator;
  const rest = 2n * (scaled % denominator);
  if (rest > denominator || (rest === denominator && rounded % 2n === 1n)) rounded++;
  const digits = rounded.toString().padStart(precision + 1, "0");
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  return precision === 0 ? sign + digits : `${sign}${digits.slice(0, -precision)}.${digits.slice(-precision)}`;
}

function fraction(value: number): [bigint, bigint] {
  let exponent = 0;
  let mantissa = value;
  while (!Number.isInteger(mantissa)) {
    mantissa *= 2;
    exponent++;
  }
  return [BigInt(mantissa), 2n ** BigInt(exponent)];
}

function scientific(value: number, precision: number): string {
  if (!Number.isFinite(value)) return String(value);
  const sign = Object.is(value, -0) ? "-" : "";
  return sign + value.toExponential(Math.min(100, precision)).replace(/e([+-])(\d)$/, "e$10$2");
}

/** The shortest text that is this double again, as Go's `%g` has it: `1.5`, `1e+06`. */
export function formatDouble(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  const [digits, exponent] = value.toExponential().split("e") as [string, string];
  const power = Number(exponent);
  if (power < -4 || power >= 6) return `${digits}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
  return Object.is(value, -0) ? "-0" : shift(digits, power);
}
