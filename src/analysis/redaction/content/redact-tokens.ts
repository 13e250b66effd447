import { MARK_START } from "../mark.ts";
import type { TextRedaction } from "../text-redaction.ts";
import { decodeText } from "../values/decode-base64.ts";
import { isDrawn } from "../values/drawn-token.ts";
import { OTHER_SHAPES } from "../values/other-shapes.ts";
import { looksSecret } from "../values/secret-value.ts";
import { TOKEN_SHAPES, type TokenShape } from "../values/token-shapes.ts";
import { mayBeDrawn, mayHave, surveyText, type TextSurvey } from "./survey-text.ts";

/**
 * Secrets recognised by their own looks, wherever they stand: tokens that begin as their vendors' do, keys in PEM, and texts of letters and
 * digits that somebody has drawn, unless what names them says that they name something.
 * @param hasSecret whether a text has a secret in it: of what base64 holds
 * @param survey of the text, where it is known
 */
export function redactTokens(
  text: string,
  redaction: TextRedaction,
  hasSecret: (text: string) => boolean,
  survey: TextSurvey = surveyText(text),
): string {
  let result = text;
  for (const { name, hint, needs, pattern } of SURVEYED_SHAPES) {
    if (!mayHave(survey, needs)) continue;
    if (typeof hint === "string" ? !result.includes(hint) : !hint.test(result)) continue;
    result = result.replace(pattern, (secret) =>
      secret.startsWith(MARK_START) ? secret : redaction.marker.mark(name, secret),
    );
  }
  if (result === text && !mayBeDrawn(survey) && !mayHave(survey, DATA) && !mayBegin(survey)) return text;
  return redactRuns(result, redaction, hasSecret);
}

/** A URL of data that is in base64 has that. */
const DATA = surveyText("data:;base64,");

const SURVEYED_SHAPES = OTHER_SHAPES.map((shape) => ({
  ...shape,
  needs: surveyText(typeof shape.hint === "string" ? shape.hint : (shape.needs ?? "")),
}));

/** Each run of characters that tokens are made of, and that is long enough. Where none can end, fifteen characters are passed over. */
function redactRuns(text: string, redaction: TextRedaction, hasSecret: (text: string) => boolean): string {
  let result = "";
  let copied = 0;
  const { length } = text;
  for (let at = 0; at + MIN_TOKEN <= length; ) {
    const middle = at + MIN_TOKEN - 1;
    if (!isTokenCode(text.charCodeAt(middle))) {
      at += MIN_TOKEN;
      continue;
    }
    let start = middle;
    while (start > at && isTokenCode(text.charCodeAt(start - 1))) start--;
    let end = middle + 1;
    while (end < length && isTokenCode(text.charCodeAt(end))) end++;
    at = end + 1;
    if (end - start < MIN_TOKEN) continue;
    const run = text.slice(start, end);
    const replaced = redactRun(run, text, start, redaction, hasSecret);
    if (replaced === run) continue;
    result += text.slice(copied, start) + replaced;
    copied = end;
  }
  return copied === 0 ? text : result + text.slice(copied);
}

const MIN_TOKEN = 16;

function redactRun(
  run: string,
  text: string,
  start: number,
  redaction: TextRedaction,
  hasSecret: (text: string) => boolean,
): string {
  const shaped = redactPrefixes(run, redaction);
  return shaped.replace(DRAWN, (token, at: number) => {
    if (token.includes(MARK_START)) return token;
    const before = text.slice(Math.max(0, start - MAX_BEFORE), start) + shaped.slice(Math.max(0, at - MAX_BEFORE), at);
    if (NO_SECRET_BEFORE.test(before))
      return DATA_BEFORE.test(before) ? redactData(token, redaction, hasSecret) : token;
    const name = JOINT_BEFORE.test(before.slice(-MAX_JOINT)) ? NAME_BEFORE.exec(before)?.[1] : undefined;
    if (name !== undefined && redaction.names.judge(name).kind === "plain") return token;
    const kind = isDrawn(token, hasSecret);
    return kind === undefined ? token : redaction.marker.mark(name ?? kind, token);
  });
}

/** Text in a URL of data (RFC 2397); anything else in it is a picture, a font, a sound. */
function redactData(encoded: string, { marker }: TextRedaction, hasSecret: (text: string) => boolean): string {
  const text = decodeText(encoded);
  return text !== undefined && hasSecret(text) ? marker.mark("encoded", encoded) : encoded;
}

/** Letters, digits and the signs of both base64s; a mark is one piece, whatever it is joined to. */
const DRAWN = /redacted-[a-z0-9][a-z0-9._~-]{0,39}-[0-9a-f]{8}|[A-Za-z0-9+/_-]{20,}={0,2}/g;

/** How much before a token is looked at for its name. */
const MAX_BEFORE = 96;
const MAX_JOINT = 12;
const JOINT_BEFORE = /[:=]\s{0,4}(?:W\/)?["'\\]{0,3}$/;
const NAME_BEFORE = /([\w.-]{1,64})["'\\]{0,3}\s{0,4}[:=]\s{0,4}(?:W\/)?["'\\]{0,3}$/;
/** Data that stands in a URL, and digests that say of what kind they are. */
const NO_SECRET_BEFORE = /;base64,$|\bsha(?:1|256|384|512)[-:=]$|\bnonce-$|\bdata:[\w/+.-]{1,64}[;,][\w=;,-]{0,64}$/i;

const DATA_BEFORE = /\bdata:[^\s"']{0,128};base64,$/i;

/** Where a word begins in the run, whether a vendor's token does. */
function redactPrefixes(run: string, { marker }: TextRedaction): string {
  let result = "";
  let copied = 0;
  const refusals: Refusals = new Map();
  for (let at = 0; at < run.length - 8; at++) {
    if (at > 0 && isAlphanumeric(run.charCodeAt(at - 1))) continue;
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
function mayBegin(survey: TextSurvey): boolean {
  for (const start of STARTS) if (mayHave(survey, start)) return true;
  return false;
}

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

const STARTS = [...BY_START.keys()].map(surveyText);

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

/** A letter, a digit, or one of `+-./=_~$`. */
function isTokenCode(code: number): boolean {
  return code < 128 && TOKEN_CODES[code] === 1;
}

function isAlphanumeric(code: number): boolean {
  return (code >= 0x61 && code <= 0x7a) || (code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x5a);
}

const TOKEN_CODES = new Uint8Array(128);
for (const character of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-./=_~$")
  TOKEN_CODES[character.charCodeAt(0)] = 1;
