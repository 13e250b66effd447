import type { StemGrams, StemMap } from "../names/stem-grams.ts";
import type { SurveyedText } from "../names/text-names.ts";
import { characterCodes } from "./character-codes.ts";
import { scanCodes } from "./scan-codes.ts";

/**
 * Which characters a text has, to tell without searching it what it cannot contain: each of ASCII's controls, signs and digits, letters in
 * either case, and whether there are others. Those from `@` on share a bit with what is 32 after them.
 */
export interface TextSurvey {
  readonly controls: number;
  /** U+0020 to U+003F. */
  readonly signs: number;
  /** U+0040 to U+007F: `capitals` and `smalls` together. */
  readonly letters: number;
  /** U+0040 to U+005F. */
  readonly capitals: number;
  /** U+0060 to U+007F. */
  readonly smalls: number;
  readonly isAscii: boolean;
  /** `characterCodes` of the text, where they were at hand. */
  readonly codes?: Uint8Array | undefined;
  /** Where words of secrets' names may be, where it was looked for them. */
  readonly stems?: StemMap | undefined;
  /** The sum of what its signs mean (`text-signs.ts`), where it was looked for them. */
  readonly meanings?: number | undefined;
}

/** @param grams of secrets' names: without them, and in short texts, it is not looked for these and for signs */
export function surveyText(text: string, grams?: StemGrams): TextSurvey {
  if (text.length >= LONG && grams !== undefined) return surveyCodes(characterCodes(text), grams);
  let controls = 0;
  let signs = 0;
  let capitals = 0;
  let smalls = 0;
  let others = 0;
  // A shift takes the lowest five bits of what it shifts by.
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code >= 0x80) others = 1;
    else if (code >= 0x60) smalls |= 1 << code;
    else if (code >= 0x40) capitals |= 1 << code;
    else if (code >= 0x20) signs |= 1 << code;
    else controls |= 1 << code;
  }
  return { controls, signs, letters: capitals | smalls, capitals, smalls, isAscii: others === 0 };
}

/** The same for a text in UTF-8, or in any other code that has ASCII. */
export function surveyBytes(bytes: Uint8Array, grams: StemGrams): TextSurvey {
  const survey = surveyCodes(bytes, grams);
  return survey.isAscii ? survey : { ...survey, codes: undefined, stems: undefined, meanings: undefined };
}

/** @param codes of the text: `characterCodes` */
export function surveyCodes(codes: Uint8Array, grams: StemGrams): TextSurvey & SurveyedText {
  const { seen, meanings, stems } = scanCodes(codes, grams);
  const gatherWord = (from: number): number => {
    let word = 0;
    for (let at = 0; at < 32; at++) word |= seen[from + at]! << at;
    return word;
  };
  const capitals = gatherWord(0x40);
  const smalls = gatherWord(0x60);
  return {
    controls: gatherWord(0),
    signs: gatherWord(0x20),
    letters: capitals | smalls,
    capitals,
    smalls,
    isAscii: seen.indexOf(1, 0x80) < 0,
    codes,
    stems,
    meanings,
  };
}

const LONG = 128;

/** Whether a text with this survey may have all of these characters, printable ones of ASCII, letters in any case. */
export function mayHave(survey: TextSurvey, wanted: TextSurvey): boolean {
  return (wanted.signs & ~survey.signs) === 0 && (wanted.letters & ~survey.letters) === 0;
}

/** Whether it may have one of these at least. */
export function mayHaveAny(survey: TextSurvey, wanted: TextSurvey): boolean {
  return ((wanted.signs & survey.signs) | (wanted.letters & survey.letters)) !== 0;
}

/** Whether it may have a line's end. */
export function hasLineFeed({ controls }: TextSurvey): boolean {
  return (controls & LINE_FEED) !== 0;
}

/** Whether it has control characters that no text has: of those there are, white space and escape alone are in texts. */
export function hasBinaryControls({ controls }: TextSurvey): boolean {
  return (controls & ~(WHITE_CONTROLS | ESCAPE)) !== 0;
}

/** Whether it may have a line's end as regular expressions know them, those aside that are not ASCII. */
export function hasLineEnd({ controls }: TextSurvey): boolean {
  return (controls & (LINE_FEED | RETURN)) !== 0;
}

/**
 * Whether a text that nothing names can be one that somebody has drawn: it has digits, or letters in either case.
 */
export function mayBeDrawn({ signs, capitals, smalls }: TextSurvey): boolean {
  return (signs & DIGITS) !== 0 || ((capitals & LETTERS) !== 0 && (smalls & LETTERS) !== 0);
}

/** Whether it has nothing but letters and digits of ASCII. */
export function isAlphanumeric({ controls, signs, letters, isAscii }: TextSurvey): boolean {
  return isAscii && controls === 0 && (signs & ~DIGITS) === 0 && (letters & ~LETTERS) === 0;
}

/** Whether it may have white space: of what is not ASCII nothing is known. */
export function mayHaveSpace({ signs, controls, isAscii }: TextSurvey): boolean {
  return !isAscii || (signs & 1) !== 0 || (controls & WHITE_CONTROLS) !== 0;
}

/** U+0009 to U+000D. */
const WHITE_CONTROLS = 0x3e00;
const LINE_FEED = 1 << 0x0a;
const RETURN = 1 << 0x0d;
const ESCAPE = 1 << 0x1b;
/** U+0030 to U+0039. */
const DIGITS = 0x03ff0000;
const LETTERS = 0x07fffffe;
