/** The longest duration: 64 bits of nanoseconds, as in Go (some 292 years). */
export const MAX_DURATION_NANOS = 0x7fff_ffff_ffff_ffffn;

/**
 * `1h30m`, `250ms`, `1.5s`, `-3us`: nanoseconds (Go's duration syntax, which is CEL's), as a number where that is exact;
 * undefined for anything else.
 */
export function parseDuration(text: string): number | bigint | undefined {
  const match = /^([+-]?)((?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/.exec(text);
  if (match === null) return /^[+-]?0$/.test(text) ? 0 : undefined;
  let total = 0n;
  for (const [, whole, fraction, unit] of match[2]!.matchAll(/(\d*)(?:\.(\d*))?(ns|us|µs|μs|ms|s|m|h)/g)) {
    const nanos = UNITS[unit!]!;
    total += BigInt(whole || "0") * nanos;
    if (fraction) total += (BigInt(fraction) * nanos) / 10n ** BigInt(fraction.length);
  }
  return spanOfNanos(match[1] === "-" ? -total : total);
}

/** As `Value` has it; undefined where it is longer than a duration may be. */
export function spanOfNanos(nanos: bigint): number | bigint | undefined {
  if (nanos > MAX_DURATION_NANOS || nanos < -MAX_DURATION_NANOS) return undefined;
  const number = Number(nanos);
  return Number.isSafeInteger(number) ? number : nanos;
}

/** In seconds: `0.03s`, `-90s`. */
export function formatDuration(nanos: number | bigint): string {
  if (typeof nanos === "number") return `${nanos / 1e9}s`;
  const [sign, size] = nanos < 0n ? ["-", -nanos] : ["", nanos];
  const fraction = String(size % 1_000_000_000n)
    .padStart(9, "0")
    .replace(/0+$/, "");
  return `${sign}${size / 1_000_000_000n}${fraction === "" ? "" : `.${fraction}`}s`;
}

const UNITS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};
