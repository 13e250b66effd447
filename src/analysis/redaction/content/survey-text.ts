/**
 * Which characters a text has, to tell without searching it what it cannot contain: each of ASCII's signs and digits, letters in either
 * case, and whether there are others. Those from `@` on share a bit with what is 32 after them.
 */
export interface TextSurvey {
  readonly controls: number;
  /** U+0020 to U+003F. */
  readonly signs: number;
  /** U+0040 to U+007F. */
  readonly letters: number;
  readonly isAscii: boolean;
}

export function surveyText(text: string): TextSurvey {
  let controls = 0;
  let signs = 0;
  let letters = 0;
  let others = 0;
  // A shift takes the lowest five bits of what it shifts by.
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code >= 0x80) others = 1;
    else if (code >= 0x40) letters |= 1 << code;
    else if (code >= 0x20) signs |= 1 << code;
    else controls |= 1 << code;
  }
  return { controls, signs, letters, isAscii: others === 0 };
}

/** Whether a text with this survey may have all of these characters, printable ones of ASCII, letters in any case. */
export function mayHave(survey: TextSurvey, wanted: TextSurvey): boolean {
  return (wanted.signs & ~survey.signs) === 0 && (wanted.letters & ~survey.letters) === 0;
}

/** Whether it may have white space: of what is not ASCII nothing is known. */
export function mayHaveSpace({ signs, controls, isAscii }: TextSurvey): boolean {
  return !isAscii || (signs & 1) !== 0 || (controls & WHITE_CONTROLS) !== 0;
}

/** U+0009 to U+000D. */
const WHITE_CONTROLS = 0x3e00;
