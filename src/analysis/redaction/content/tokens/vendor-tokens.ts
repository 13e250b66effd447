import { mayHave, surveyText, type TextSurvey } from "../../look/survey-text.ts";
import { MARK_START } from "../../mark.ts";
import type { TextRedaction } from "../../text-redaction.ts";
import { looksSecret } from "../../values/secret-value.ts";
import { TOKEN_SHAPES, type TokenShape } from "../../values/token-shapes.ts";
import { threeCharacters } from "./three-characters.ts";

/** The run without the tokens that begin, where a word begins in it, as a vendor's do. */
export function redactVendorTokens(run: string, { marker }: TextRedaction): string {
  let result = "";
  let copied = 0;
  const refusals: Refusals = new Map();
  for (let at = 0; at < run.length - 8; at++) {
    if (at > 0 && isAlphanumeric(run.charCodeAt(at - 1))) continue;
    if (BEGINNINGS[threeCharacters(run.charCodeAt(at), run.charCodeAt(at + 1), run.charCodeAt(at + 2))] === 0) continue;
    // A name that begins as a vendor's token (`aws_secret_…`) is in its mark.
    if (run.startsWith(MARK_START, at)) {
      MARK.lastIndex = at;
      if (MARK.test(run)) at = MARK.lastIndex - 1;
      continue;
    }
    const shapes = BY_START.get(run.slice(at, at + 2));
    if (shapes === undefined) continue;
    const end = matchShape(shapes, run, at, refusals);
    if (end === undefined) continue;
    result += run.slice(copied, at) + marker.mark(end.name, run.slice(at, end.end));
    copied = end.end;
    at = end.end - 1;
  }
  return copied === 0 ? run : result + run.slice(copied);
}

/** Whether a text with this survey may have the beginning of a vendor's token. */
export function mayHaveVendorToken(survey: TextSurvey): boolean {
  for (const start of STARTS) if (mayHave(survey, start)) return true;
  return false;
}

/** Whether a vendor's token, or a mark, may begin there. */
export function mayVendorTokenBegin(codes: Uint8Array, at: number): boolean {
  const characters = at + 2 < codes.length ? threeCharacters(codes[at]!, codes[at + 1]!, codes[at + 2]!) : 0;
  return BEGINNINGS[characters] === 1;
}

const MARK = /redacted-[a-z0-9][a-z0-9._~-]{0,39}-[0-9a-f]{8}/y;

interface CompiledShape extends TokenShape {
  readonly pattern: RegExp;
}

/** By the first two characters, the longest beginning first. */
const BY_START = new Map<string, CompiledShape[]>();
for (const shape of [...TOKEN_SHAPES].sort((a, b) => b.prefix.length - a.prefix.length)) {
  const key = shape.prefix.slice(0, 2);
  const compiled = { ...shape, pattern: new RegExp(shape.rest, "y") };
  BY_START.set(key, [...(BY_START.get(key) ?? []), compiled]);
}

/** By three characters, whether a token may begin with them. */
const BEGINNINGS = new Uint8Array(0x8000);
for (const prefix of [MARK_START, ...TOKEN_SHAPES.map((shape) => shape.prefix)]) {
  // Behind a beginning of two there may be anything.
  const [least, most] = prefix.length < 3 ? [0, 0x80] : [prefix.charCodeAt(2), prefix.charCodeAt(2)];
  for (let third = least; third <= most; third++)
    BEGINNINGS[threeCharacters(prefix.charCodeAt(0), prefix.charCodeAt(1), third)] = 1;
}

const STARTS = [...BY_START.keys()].map((start) => surveyText(start));

/** How often a shape did not fit in a run. */
type Refusals = Map<CompiledShape, number>;

/** Each may have read all that is left of the run: one of nothing but beginnings would cost the square of its length. */
const MAX_REFUSALS = 32;

function matchShape(
  shapes: readonly CompiledShape[],
  run: string,
  at: number,
  refusals: Refusals,
): { name: string; end: number } | undefined {
  for (const shape of shapes) {
    if (!run.startsWith(shape.prefix, at)) continue;
    const refused = refusals.get(shape) ?? 0;
    if (refused >= MAX_REFUSALS) continue;
    const length = measureToken(shape, run, at);
    if (length !== undefined) return { name: shape.name, end: at + length };
    refusals.set(shape, refused + 1);
  }
  return undefined;
}

function measureToken({ prefix, pattern, isLoose }: CompiledShape, run: string, at: number): number | undefined {
  pattern.lastIndex = at + prefix.length;
  const rest = pattern.exec(run)?.[0];
  if (rest === undefined || rest.includes(MARK_START)) return undefined;
  return isLoose && !looksSecret(rest) ? undefined : prefix.length + rest.length;
}

function isAlphanumeric(code: number): boolean {
  return (code >= 0x61 && code <= 0x7a) || (code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x5a);
}
