import { mayHave, surveyText, type TextSurvey } from "../look/survey-text.ts";
import { bitOfShape, FIRST_GRAM, isSign, meaningOf, nextGram } from "../look/text-signs.ts";
import { MARK_START } from "../mark.ts";
import type { TextRedaction } from "../text-redaction.ts";
import { OTHER_SHAPES } from "../values/other-shapes.ts";
import type { JsonText } from "./json-text.ts";

/** Takes out what has one of the `OTHER_SHAPES`, where the text's survey lets it be there. */
export function redactShapes(
  text: string,
  redaction: TextRedaction,
  survey: TextSurvey,
  codes: Uint8Array,
  json: JsonText | undefined,
): string {
  let result = text;
  const signed =
    survey.meanings ?? (SIGNED_SHAPES.some(({ needs }) => mayHave(survey, needs)) ? findMeanings(codes) : 0);
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

/** The sum of what signs in the text mean. */
function findMeanings(codes: Uint8Array): number {
  let meanings = 0;
  let gram = FIRST_GRAM;
  for (let at = 0; at < codes.length; at++) {
    gram = nextGram(gram, codes[at]!);
    if (isSign(gram)) meanings |= meaningOf(gram);
  }
  return meanings;
}

const ALL_SHAPES = OTHER_SHAPES.map((shape, index) => ({
  ...shape,
  /** Its own, where signs tell of it; else 0. */
  bit: shape.signs === undefined ? 0 : bitOfShape(index),
  needs: surveyText(typeof shape.hint === "string" ? shape.hint : (shape.needs ?? "")),
  isOfLines: shape.isOfLines === true,
  isOfWords: shape.isOfWords === true,
}));
const SIGNED_SHAPES = ALL_SHAPES.filter(({ bit }) => bit !== 0);
