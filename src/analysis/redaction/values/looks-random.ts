/**
 * Whether letters and digits look as if nobody had thought of them: in what people name, a piece (`Customer`, `http`, `2026`) is longer
 * than in what a generator draws.
 * @param run letters and digits alone
 */
export function looksRandom(run: string): boolean {
  const { length } = run;
  if (length < MIN_RUN) return false;
  if (length >= MIN_HEX && (HEX.test(run) || HEX_WITHIN.test(run))) return true;
  const { pairs, rare } = countPairs(run);
  if (pairs * 2 >= length && rare <= pairs * WORDS) return false;
  const pieces = run.match(PIECES)?.length ?? 1;
  const mean = length / pieces;
  if (mean <= (length < 12 ? 2 : MEAN_PIECE)) return true;
  if (pieces >= 5 && length >= 12 && mean <= LONG_PIECE && rare >= pairs * RATHER_DRAWN) return true;
  // Letters and digits in turns.
  if (length >= MIN_LETTERS && mean <= LONG_PIECE && (run.match(/\d+/g)?.length ?? 0) >= MANY_NUMBERS) return true;
  // Mostly digits, and letters here and there.
  if (pieces >= 5 && length >= 20 && run.replace(/\D/g, "").length * 2 >= length) return true;
  return length >= MIN_LETTERS && pairs >= 8 && rare > pairs * DRAWN;
}

/** The shortest that is looked at, and the shortest in which letters alone say something. */
const MIN_RUN = 8;
const MIN_LETTERS = 16;
const MIN_HEX = 16;
const MEAN_PIECE = 2.7;
const LONG_PIECE = 4.5;
const MANY_NUMBERS = 4;
/** Digits and letters of one case, some of both. */
const HEX = /^(?=.*\d)(?:(?=.*[a-f])[0-9a-f]+|(?=.*[A-F])[0-9A-F]+)$/;
/** Sixteen digits behind whatever else there is, decimal ones and letters in turns. */
const HEX_WITHIN = /(?=[0-9a-f]{16})(?:\d+[a-f]+\d|[a-f]+\d+[a-f])/;
const PIECES = /[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+/g;

/** Pairs of letters, and how many of them are rare in words. */
export function countPairs(run: string): { pairs: number; rare: number } {
  const lower = run.toLowerCase();
  let pairs = 0;
  let rare = 0;
  for (let at = 1; at < lower.length; at++) {
    const first = lower.charCodeAt(at - 1) - 97;
    const second = lower.charCodeAt(at) - 97;
    if (first < 0 || second < 0 || first > 25 || second > 25) continue;
    pairs++;
    if ((COMMON[first]! & (1 << second)) === 0) rare++;
  }
  return { pairs, rare };
}

/** The shares of rare pairs: words have fewer, drawn letters more (seven in ten). */
const WORDS = 0.2;
const RATHER_DRAWN = 0.4;
const DRAWN = 0.5;

/** Pairs of letters that make up nine tenths of English words and of names in programs. */
const COMMON_PAIRS = `
  ab ac ad ag ai al am an ap ar as at ay ba be bl bo bu by ca ce ch ck cl co cr ct da dd de di do dr ds ea ec ed ee ef el em
  en ep eq er es et ev ew ex fa ff fi fl fo fr fu ge gi gt ha he hi ho ht ic id ie if ig il im in io ip ir is it iz ke ki la
  ld le li ll lo ls lt lu ly ma mb me mi mo mp na nc nd ne nf ng ni nk nl nn no ns nt nu ob oc od of oi ok ol om on oo op or
  os ot ou ow pa pe pi pl po pp pr ps pt pu qu ra rc rd re ri rm rn ro rr rs rt ru rv ry sa sc se sh si so sp ss st su ta tc
  te th ti tl to tp tr ts tt tu ty ue ui ul um un up ur us ut va ve vo wa wh wi wn wr xc xp xt yp yt ze
`;

const COMMON = new Int32Array(26);
for (const pair of COMMON_PAIRS.split(/\s+/))
  if (pair !== "") COMMON[pair.charCodeAt(0) - 97]! |= 1 << (pair.charCodeAt(1) - 97);
