import { hasLineEnd, mayHave, surveyText, type TextSurvey } from "../../look/survey-text.ts";
import { bitOfShape, findMeanings } from "../../look/text-signs.ts";
import { MARK_START } from "../../mark.ts";
import type { TextRedaction } from "../../text-redaction.ts";
import { OTHER_SHAPES } from "../../values/other-shapes.ts";
import type { JsonText } from "../json-text.ts";
import type { TokenRuns } from "./token-runs.ts";

/** Takes out what has one of the `OTHER_SHAPES`, where the text's survey lets it be there. */
export function redactShapes(
  text: string,
  redaction: TextRedaction,
  survey: TextSurvey,
  codes: Uint8Array,
  json: JsonText | undefined,
  runs: TokenRuns,
): string {
  let result = text;
  const signed =
    survey.meanings ?? (SIGNED_SHAPES.some(({ needs }) => mayHave(survey, needs)) ? findMeanings(codes) : 0);
  const isOneLine = survey.isAscii && (json?.isRead === true || isOfOneLine(text, survey));
  for (const { name, hint, needs, pattern, isOfLines, isOfWords, run, bit } of signed === 0 ? OTHERS : ALL_SHAPES) {
    if (bit !== 0 && (signed & bit) === 0) continue;
    if (!mayHave(survey, needs) || (isOneLine && isOfLines) || (isOfWords && json?.hasManyWords === false)) continue;
    const isAsSeen = result === text;
    if (run !== 0 && isAsSeen && runs.longest < run) continue;
    if (typeof hint === "string" ? !result.includes(hint) : !hint.test(result, isAsSeen ? codes : undefined)) continue;
    result = result.replace(pattern, (secret) =>
      secret.startsWith(MARK_START) ? secret : redaction.marker.mark(name, secret),
    );
  }
  return result;
}

/** Whether it has no line but its first, which begins as none that is looked for does. */
function isOfOneLine(text: string, survey: TextSurvey): boolean {
  return !hasLineEnd(survey) && !LINE_START.test(text);
}

/** `isOfLines` begin so. */
const LINE_START = /^[\w.*-]/;

const ALL_SHAPES = OTHER_SHAPES.map((shape, index) => ({
  ...shape,
  /** Its own, where signs tell of it; else 0. */
  bit: shape.signs === undefined ? 0 : bitOfShape(index),
  needs: surveyText(typeof shape.hint === "string" ? shape.hint : (shape.needs ?? "")),
  isOfLines: shape.isOfLines === true,
  isOfWords: shape.isOfWords === true,
  run: shape.run ?? 0,
}));
const SIGNED_SHAPES = ALL_SHAPES.filter(({ bit }) => bit !== 0);
const OTHERS = ALL_SHAPES.filter(({ bit }) => bit === 0);
