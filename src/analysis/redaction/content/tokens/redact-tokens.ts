import { characterCodes } from "../../look/character-codes.ts";
import { mayBeDrawn, mayHave, mayHaveAny, surveyText, type TextSurvey } from "../../look/survey-text.ts";
import { isMark, MARK_START } from "../../mark.ts";
import type { TextRedaction } from "../../text-redaction.ts";
import { decodeText } from "../../values/decode-base64.ts";
import { isDrawn, isNeverDrawn } from "../../values/drawn-token.ts";
import type { JsonText } from "../json-text.ts";
import { isPlainRun } from "./plain-run.ts";
import { redactShapes } from "./redact-shapes.ts";
import { TokenRuns } from "./token-runs.ts";
import { mayHaveVendorToken, redactVendorTokens } from "./vendor-tokens.ts";

/**
 * Secrets recognised by their own looks, wherever they stand: tokens that begin as their vendors' do, keys in PEM, and texts of letters and
 * digits that somebody has drawn, unless what names them says that they name something.
 * @param hasSecret whether a text has a secret in it: of what base64 holds
 * @param survey of the text, where it is known
 * @param json of the text, where it is that; @param known its runs
 */
export function redactTokens(
  text: string,
  redaction: TextRedaction,
  hasSecret: (text: string) => boolean,
  survey: TextSurvey = surveyText(text),
  json?: JsonText,
  known?: TokenRuns,
): string {
  if (text.length < SHORTEST_TOKEN && hasNoJoint(survey)) return text;
  const { codes = characterCodes(text) } = survey;
  const runs = known ?? new TokenRuns(codes);
  const result = redactShapes(text, redaction, survey, codes, json, runs);
  if (result !== text) {
    const changed = characterCodes(result);
    return redactRuns(result, redaction, hasSecret, changed, new TokenRuns(changed));
  }
  if (!mayBeDrawn(survey) && !mayHave(survey, DATA) && !mayHaveVendorToken(survey)) return text;
  return redactRuns(text, redaction, hasSecret, codes, runs);
}

/** Shorter texts have a token only behind a word before it: `Basic …`, `WIFI:P:…`. */
export const SHORTEST_TOKEN = 16;
const JOINTS = surveyText(" ,:@");

function hasNoJoint(survey: TextSurvey): boolean {
  return survey.isAscii && survey.controls === 0 && !mayHaveAny(survey, JOINTS);
}

/** A URL of data that is in base64 has that. */
const DATA = surveyText("data:;base64,");

function redactRuns(
  text: string,
  redaction: TextRedaction,
  hasSecret: (text: string) => boolean,
  codes: Uint8Array,
  { places }: TokenRuns,
): string {
  let result = "";
  let copied = 0;
  for (let at = 0; at < places.length; at += 2) {
    const [start, end] = [places[at]!, places[at + 1]!];
    if (isPlainRun(codes, start, end)) continue;
    const run = text.slice(start, end);
    if (isMark(run)) continue;
    const replaced = redactRun(run, text, start, redaction, hasSecret);
    if (replaced === run) continue;
    result += text.slice(copied, start) + replaced;
    copied = end;
  }
  return copied === 0 ? text : result + text.slice(copied);
}

function redactRun(
  run: string,
  text: string,
  start: number,
  redaction: TextRedaction,
  hasSecret: (text: string) => boolean,
): string {
  const shaped = redactVendorTokens(run, redaction);
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
