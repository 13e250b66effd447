import { countDrawnBits } from "./drawn-bits.ts";

/**
 * Whether a text looks as if nobody had thought of it: it is told more shortly as drawn from an alphabet than as words, numbers and names.
 * @param run letters and digits, and signs between them
 * @param least how many bits shorter
 */
export function looksRandom(run: string, least = LEAST): boolean {
  if (run.length < MIN_RUN) return false;
  if (run.length >= MIN_HEX && (HEX.test(run) || HEX_WITHIN.test(run))) return true;
  return countDrawnBits(run) > least;
}

/** Behind a weak name: one in a hundred tokens of 12 characters has fewer, and one in fifty names in programs has more. */
const LEAST = 8;
/** The shortest that is looked at. */
const MIN_RUN = 8;
const MIN_HEX = 16;
/** Digits and letters of one case, some of both. */
const HEX = /^(?=.*\d)(?:(?=.*[a-f])[0-9a-f]+|(?=.*[A-F])[0-9A-F]+)$/;
/** Sixteen digits behind whatever else there is, decimal ones and letters in turns. */
const HEX_WITHIN = /(?=[0-9a-f]{16})(?:\d+[a-f]+\d|[a-f]+\d+[a-f])/;
