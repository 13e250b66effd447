import { MARK_START } from "../mark.ts";
import type { TextRedaction } from "../text-redaction.ts";
import { OTHER_SHAPES } from "../values/other-shapes.ts";
import type { JsonText } from "./json-text.ts";
import { mayHave, surveyText, type TextSurvey } from "./survey-text.ts";
import { threeCharacters } from "./three-characters.ts";

/** Takes out what has one of the `OTHER_SHAPES`, where the text's survey lets it be there. */
export function redactShapes(
  text: string,
  redaction: TextRedaction,
  survey: TextSurvey,
  codes: Uint8Array,
  json: JsonText | undefined,
): string {
  let result = text;
  const ranges = json?.long ?? [0, codes.length];
  const signed = SIGNED_SHAPES.some(({ needs }) => mayHave(survey, needs)) ? findSigns(codes, ranges) : 0;
  // A text of JSON may have U+2028.
  const isOneLine = json !== undefined && survey.isAscii;
  for (const { name, hint, needs, pattern, isOfLines, isOfWords, bit } of ALL_SHAPES) {
    if (bit !== 0 && (signed & bit) === 0) continue;
    if (!mayHave(survey, needs) || (isOneLine && isOfLines) || (isOfWords && json?.hasManyWords === false)) continue;
    if (typeof hint === "string" ? !result.includes(hint) : !hint.test(result)) continue;
    result = result.replace(pattern, (secret) =>
      secret.startsWith(MARK_START) ? secret : redaction.marker.mark(name, secret),
    );
  }
  return result;
}

/** The sum of the bits of those shapes that have one of their signs in a part of the text. */
function findSigns(codes: Uint8Array, ranges: readonly number[]): number {
  let found = 0;
  for (let range = 0; range < ranges.length; range += 2) {
    const to = ranges[range + 1]!;
    let [first, second] = [0, 0];
    for (let at = ranges[range]!; at < to; at++) {
      const third = FOLDED[codes[at]!]!;
      const sign = SIGNS[threeCharacters(first, second, third)]!;
      if (sign !== 0) found |= BITS_BY_SIGN[sign]!;
      first = second;
      second = third;
    }
  }
  return found;
}

const ALL_SHAPES = OTHER_SHAPES.map((shape, index) => ({
  ...shape,
  /** Its own, where signs tell of it; else 0. */
  bit: shape.signs === undefined ? 0 : 1 << index,
  needs: surveyText(typeof shape.hint === "string" ? shape.hint : (shape.needs ?? "")),
  isOfLines: shape.isOfLines === true,
  isOfWords: shape.isOfWords === true,
}));
const SIGNED_SHAPES = ALL_SHAPES.filter(({ bit }) => bit !== 0);

/** Letters in small ones. */
const FOLDED = Uint8Array.from({ length: 0x100 }, (_, code) => (code >= 0x41 && code <= 0x5a ? code | 0x20 : code));

/** By three characters, the index in `BITS_BY_SIGN` of the shapes that have them. */
const SIGNS = new Uint8Array(0x8000);
const BITS_BY_SIGN = [0];
for (const { bit, signs = [] } of ALL_SHAPES)
  for (const sign of signs) {
    const characters = threeCharacters(sign.charCodeAt(0), sign.charCodeAt(1), sign.charCodeAt(2));
    SIGNS[characters] ||= BITS_BY_SIGN.push(0) - 1;
    BITS_BY_SIGN[SIGNS[characters]!]! |= bit;
  }
