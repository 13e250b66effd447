import { logChoose, normalTails } from "./mann-whitney.ts";
import type { Probability } from "./probability.ts";

/**
 * Fisher's exact test: how likely `a` of `n` and `b` of `m` differ by as much where both have the same share. Where both counts
 * together are many, by the normal approximation with a correction for continuity.
 */
export function testShares(a: number, n: number, b: number, m: number): Probability {
  const [all, found] = [n + m, a + b];
  if (n === 0 || m === 0 || found === 0 || found === all) return { p: 1, least: 1 };
  const low = Math.max(0, found - m);
  const high = Math.min(n, found);
  const base = logChoose(all, found);
  const likelihood = (x: number): number => Math.exp(logChoose(n, x) + logChoose(m, found - x) - base);
  const least = Math.min(1, Math.min(likelihood(low), likelihood(high)));
  if (high - low > MOST_EXACT) return { p: approximate(a, n, b, m), least };
  const limit = likelihood(a) * (1 + 1e-7);
  let p = 0;
  for (let x = low; x <= high; x++) {
    const one = likelihood(x);
    if (one <= limit) p += one;
  }
  return { p: Math.min(1, p), least };
}

/** The exact sign test: how likely `a` of one kind and `b` of the other where both are equally likely. */
export function testSigns(a: number, b: number): Probability {
  const all = a + b;
  if (all === 0) return { p: 1, least: 1 };
  const least = Math.min(1, 2 * 0.5 ** all);
  if (all > MOST_EXACT) return { p: normalTails(Math.max(0, Math.abs(a - b) - 1) / Math.sqrt(all)), least };
  let p = 0;
  for (let x = 0; x <= Math.min(a, b); x++) p += Math.exp(logChoose(all, x) - all * Math.LN2);
  return { p: Math.min(1, 2 * p), least };
}

const MOST_EXACT = 2000;

function approximate(a: number, n: number, b: number, m: number): number {
  const share = (a + b) / (n + m);
  const error = Math.sqrt(share * (1 - share) * (1 / n + 1 / m));
  const distance = Math.abs(a / n - b / m) - (1 / n + 1 / m) / 2;
  return normalTails(Math.max(0, distance) / error);
}
