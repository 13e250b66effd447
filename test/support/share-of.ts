const SHARE = Number(process.env["TAPLINE_TEST_SHARE"] ?? 1);

/**
 * How often a test repeats what it draws, or how long what it repeats is: all of `count`, or the part of it that TAPLINE_TEST_SHARE names (of 1) where the
 * tests run again for each of a thousand mutants. One at least.
 */
export function shareOf(count: number): number {
  return Math.max(1, Math.round(count * SHARE));
}
