import { MARK_START } from "../mark.ts";
import type { TextRedaction } from "../text-redaction.ts";
import { decodeText } from "../values/decode-base64.ts";
import { isDrawn, isNeverDrawn } from "../values/drawn-token.ts";
import { OTHER_SHAPES } from "../values/other-shapes.ts";
import { looksSecret } from "../values/secret-value.ts";
import { TOKEN_SHAPES, type TokenShape } from "../values/token-shapes.ts";
import type { JsonText } from "./json-text.ts";
import { characterCodes, mayBeDrawn, mayHave, surveyText, type TextSurvey } from "./survey-text.ts";

/**
 * Secrets recognised by their own looks, wherever they stand: tokens that begin as their vendors' do, keys in PEM, and texts of letters and
 * digits that somebody has drawn, unless what names them says that they name something.
 * @param hasSecret whether a text has a secret in it: of what base64 holds
 * @param survey of the text, where it is known
 * @param json of the text, where it is that
 */
export function redactTokens(
  text: string,
  redaction: TextRedaction,
  hasSecret: (text: string) => boolean,
  survey: TextSurvey = surveyText(text),
  json?: JsonText,
): string {
  const { codes = characterCodes(text) } = survey;
  const result = redactShapes(text, redaction, survey, codes, json);
  if (result !== text) return redactRuns(result, redaction, hasSecret, characterCodes(result));
  if (!mayBeDrawn(survey) && !mayHave(survey, DATA) && !mayBegin(survey)) return text;
  return redactRuns(result, redaction, hasSecret, codes, json?.long);
}

function redactShapes(
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
      const sign = SIGNS[beginningOf(first, second, third)]!;
      if (sign !== 0) found |= BITS_BY_SIGN[sign]!;
      first = second;
      second = third;
    }
  }
  return found;
}

/** A URL of data that is in base64 has that. */
const DATA = surveyText("data:;base64,");

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

/** Each run of characters that tokens are made of, and that is long enough. Where none can end, fifteen characters are passed over. */
function redactRuns(
  text: string,
  redaction: TextRedaction,
  hasSecret: (text: string) => boolean,
  codes: Uint8Array,
  ranges: readonly number[] = [0, text.length],
): string {
  let result = "";
  let copied = 0;
  for (let range = 0; range < ranges.length; range += 2) {
    const to = ranges[range + 1]!;
    for (let at = ranges[range]!; at + MIN_TOKEN <= to; ) {
      const middle = at + MIN_TOKEN - 1;
      if (!isTokenCode(codes[middle]!)) {
        at += MIN_TOKEN;
        continue;
      }
      let start = middle;
      while (start > at && isTokenCode(codes[start - 1]!)) start--;
      let end = middle + 1;
      while (end < to && isTokenCode(codes[end]!)) end++;
      at = end + 1;
      if (end - start < MIN_TOKEN || isPlainRun(codes, start, end)) continue;
      const run = text.slice(start, end);
      const replaced = redactRun(run, text, start, redaction, hasSecret);
      if (replaced === run) continue;
      result += text.slice(copied, start) + replaced;
      copied = end;
    }
  }
  return copied === 0 ? text : result + text.slice(copied);
}

/**
 * Whether no token is in a run: no word of it begins as one, and no piece of it is long enough but in one case, as parts of URLs and UUIDs
 * are.
 */
function isPlainRun(codes: Uint8Array, start: number, end: number): boolean {
  let kinds = 0;
  let length = 0;
  let word = 0;
  for (let at = start; at < end; at++) {
    const kind = RUN_KINDS[codes[at]!]!;
    if (word === 0 && BEGINNINGS[beginningAt(codes, at)] === 1) return false;
    word = (kind & ALPHANUMERIC) === 0 ? 0 : word + 1;
    if (word === MIN_ONE_CASE) return false;
    if ((kind & PIECE) !== 0) {
      kinds |= kind;
      length++;
      if (at + 1 < end) continue;
    }
    if (length >= MIN_MIXED && ((kinds & MIXED) === MIXED || (kinds & BEYOND_HEX) === 0)) return false;
    kinds = 0;
    length = 0;
  }
  // Behind a comma it may be data of a URL.
  return codes[start - 1] !== 0x2c;
}

function beginningAt(codes: Uint8Array, at: number): number {
  return at + 2 < codes.length ? beginningOf(codes[at]!, codes[at + 1]!, codes[at + 2]!) : 0;
}

/** The shortest that `DRAWN` takes, and the shortest that is looked at in one case. */
const MIN_MIXED = 20;
const MIN_ONE_CASE = 32;
const [CAPITAL, SMALL, BEYOND_HEX, ALPHANUMERIC, PIECE] = [1, 2, 4, 8, 16];
const MIXED = CAPITAL | SMALL;
const RUN_KINDS = new Uint8Array(0x100);
for (const [kind, pattern] of [
  [CAPITAL, /[A-Z]/],
  [SMALL, /[a-z]/],
  [BEYOND_HEX, /[^0-9A-Fa-f]/],
  [ALPHANUMERIC, /[A-Za-z0-9]/],
  [PIECE, /[A-Za-z0-9+/_-]/],
] as const)
  for (let code = 0; code < 0x80; code++) if (pattern.test(String.fromCharCode(code))) RUN_KINDS[code]! |= kind;

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
    // Behind a comma it may be data of a URL, whatever it looks like.
    const mayBeData = at === 0 && text[start - 1] === ",";
    if (token.includes(MARK_START) || (!mayBeData && isNeverDrawn(token))) return token;
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
    if (BEGINNINGS[beginningOf(run.charCodeAt(at), run.charCodeAt(at + 1), run.charCodeAt(at + 2))] === 0) continue;
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

/** By three characters, whether a token may begin with them. */
const BEGINNINGS = new Uint8Array(0x8000);
for (const prefix of [MARK_START, ...TOKEN_SHAPES.map((shape) => shape.prefix)])
  for (let third = 0; third <= 0x80; third++)
    if (prefix.length < 3 || prefix.charCodeAt(2) === third)
      BEGINNINGS[beginningOf(prefix.charCodeAt(0), prefix.charCodeAt(1), third)] = 1;

/** By three characters, the index in `BITS_BY_SIGN` of the shapes that have them. */
const SIGNS = new Uint8Array(0x8000);
const BITS_BY_SIGN = [0];
for (const { bit, signs = [] } of ALL_SHAPES)
  for (const sign of signs) {
    const characters = beginningOf(sign.charCodeAt(0), sign.charCodeAt(1), sign.charCodeAt(2));
    SIGNS[characters] ||= BITS_BY_SIGN.push(0) - 1;
    BITS_BY_SIGN[SIGNS[characters]!]! |= bit;
  }

function beginningOf(first: number, second: number, third: number): number {
  return (first * 961 + second * 31 + third) & 0x7fff;
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
