import { mayHaveMarkupSecret } from "../formats/find-markup.ts";
import { redactExplicitKeys } from "../formats/redact-explicit-keys.ts";
import { redactJsonStructure } from "../formats/redact-json-structure.ts";
import { redactKubernetesSecrets } from "../formats/redact-kubernetes-secrets.ts";
import { redactMarkup } from "../formats/redact-markup.ts";
import { redactPhp } from "../formats/redact-php.ts";
import { redactInserts } from "../formats/redact-sql.ts";
import { redactTable } from "../formats/redact-table.ts";
import { NAMING, type NameTable, SECRET } from "../names/name-table.ts";
import type { TextRedaction } from "../text-redaction.ts";
import { replacePersonal } from "../values/personal-values.ts";
import { findNames } from "./find-names.ts";
import { mayHaveSpokenSecret } from "./find-spoken.ts";
import { type JsonText, readJson } from "./json-text.ts";
import { redactNameValuePairs } from "./name-value-pairs.ts";
import { redactNamedValues } from "./named-values.ts";
import { redactCommands, redactPath } from "./redact-commands.ts";
import { redactEncoded } from "./redact-encoded.ts";
import { redactTokens } from "./redact-tokens.ts";
import {
  characterCodes,
  hasLineFeed,
  mayHave,
  mayHaveAny,
  mayHaveSpace,
  surveyText,
  type TextSurvey,
} from "./survey-text.ts";

/**
 * A text of any kind without its secrets: by the names before them in whatever notation, by their own looks, in URLs' user information;
 * and in texts that are encoded in it, to a bounded depth.
 */
export function redactText(text: string, redaction: TextRedaction, depth = 0, survey = surveyText(text)): string {
  if (text.length < MIN_TEXT) return text;
  const inner = (encoded: string): string => (depth < MAX_DEPTH ? redactText(encoded, redaction, depth + 1) : encoded);
  let result = text;
  let outlook: Outlook = { text, survey, names: 0, json: undefined };
  /** As it was seen, until it is changed: of what was changed anything is expected. */
  const mayHaveSecret = (may: (text: string, codes: Uint8Array, table: NameTable) => boolean) =>
    outlook.text !== result || may(result, outlook.survey.codes ?? characterCodes(result), redaction.table);
  if (mayHaveAny(survey, PAIR_SIGNS) || mayHave(survey, ARROW)) {
    outlook = lookAt(text, redaction, survey);
    result = redactNames(outlook, redaction);
    if (result !== text) outlook = lookAt(result, redaction, surveyText(result));
    if (mayHaveAny(survey, PAIR_SIGNS)) result = redactNameValuePairs(result, redaction, outlook);
    if (outlook.json?.hasStructure) result = redactJsonStructure(result, redaction);
  }
  const json = () => (outlook.text === result ? outlook.json : undefined);
  if (mayHave(survey, BRACKETS) && mayHaveSecret(mayHaveMarkupSecret)) result = redactMarkup(result, redaction);
  const mayBeCommands = json()?.hasCommands ?? (mayHaveCommands(survey) && mayHaveSecret(mayHaveSpokenSecret));
  if (mayBeCommands && mayHaveCommands(survey) && COMMANDS.test(text)) result = redactCommands(result, redaction);
  if (json()?.hasInserts !== false && mayHave(survey, INSERT) && mayHaveSpace(survey) && /insert\s/i.test(text))
    result = redactInserts(result, redaction);
  if (mayHave(survey, SLASH)) result = redactPath(result, redaction);
  if (mayHaveAny(survey, ENCODING_SIGNS)) {
    const cover = (encoded: string): string => redaction.marker.mark("encoded", encoded);
    result = redactEncoded(result, inner, redaction.marker.keepsLength ? cover : undefined, json()?.escaped);
  }
  // Decoding and writing again may bring other characters; marks have none that matter here.
  if (outlook.text !== result) outlook = { text: result, survey: surveyText(result), names: 0, json: undefined };
  if (mayHave(outlook.survey, AT)) result = redactUserInfo(result, redaction);
  const after = outlook.text === result ? outlook.survey : surveyText(result);
  result = redactTokens(result, redaction, (decoded) => inner(decoded) !== decoded, after, json());
  if (redaction.personal.size > 0)
    result = replacePersonal(result, redaction.personal, (name, value) => redaction.marker.mark(name, value));
  return result;
}

/** Tells what may be found in a text. */
interface Outlook {
  readonly text: string;
  readonly survey: TextSurvey;
  /** As `findNames` says it. */
  readonly names: number;
  /** Where it is JSON. */
  readonly json: JsonText | undefined;
}

function lookAt(text: string, { table }: TextRedaction, known: TextSurvey): Outlook {
  const { codes = characterCodes(text) } = known;
  const survey = known.codes === undefined ? { ...known, codes } : known;
  const json = JSON_START.test(text) ? readJson(text, codes, table) : undefined;
  if (json === undefined) return { text, survey, names: findNames(text, codes, 0, codes.length, table), json };
  const names = (json.places.length > 0 ? SECRET : 0) | (json.hasNamesAsValues ? NAMING : 0);
  return { text, survey, names, json };
}

const JSON_START = /^\s*[{[]/;

/** By the names before them. */
function redactNames({ text, survey, names, json }: Outlook, redaction: TextRedaction): string {
  if (!mayHaveAny(survey, JOINTS) && !mayHave(survey, ARROW)) return text;
  let result = text;
  if (mayHave(survey, SECRET_WORD) && text.includes("Secret")) result = redactKubernetesSecrets(text, redaction);
  if (json === undefined && mayHave(survey, QUESTION) && hasLineFeed(survey) && text.includes("? "))
    result = redactExplicitKeys(result, redaction);
  if (result !== text) result = redactNamedValues(result, redaction);
  else if ((names & SECRET) !== 0) result = redactNamedValues(text, redaction, json);
  const may = (signs: TextSurvey) => result !== text || mayHave(survey, signs);
  const mayBePhp = (may(DOUBLE_ARROW) && result.includes("=>")) || (may(SERIAL) && result.includes('";s:'));
  return mayBePhp ? redactPhp(result, redaction) : result;
}

const [JOINTS, PAIR_SIGNS, BRACKETS, SLASH, ENCODING_SIGNS, AT] = [":=", ":=\"'", "<>", "/", "\\%&", "@"].map(
  surveyText,
) as unknown as [TextSurvey, TextSurvey, TextSurvey, TextSurvey, TextSurvey, TextSurvey];
const [ARROW, DOUBLE_ARROW, SERIAL] = ["->", "=>", '";s:'].map(surveyText) as unknown as [
  TextSurvey,
  TextSurvey,
  TextSurvey,
];
const QUESTION = surveyText("?:");
const INSERT = surveyText("insert");
const SECRET_WORD = surveyText("Secret");

/** Every secret that a space parts from its name has one of these before it. */
const COMMANDS =
  /\s-|identified|config|net user|sqlplus|freerdp|password|login|bindpw|rootpw|requirepass|masterauth|auth-pass|enable|snmp-server|username|securestring|\s(?:is|was) |: |[ \t]["'`]|(?:^|\n)\s{0,64}(?:env|arg|setenv|setx) /i;
const COMMAND_WORDS = ["identified", "password", "login"].map(surveyText);

function mayHaveCommands(survey: TextSurvey): boolean {
  return mayHaveSpace(survey) || COMMAND_WORDS.some((word) => mayHave(survey, word));
}

/** Shorter ones have no name and no value in them. */
const MIN_TEXT = 4;
/** Each level of quoting doubles the escapes: eight are more than anybody has seen. */
const MAX_DEPTH = 8;

/** Hides only what its name says is secret, and user information of URLs: of a text that looks drawn though it is none. */
export function redactNamed(text: string, redaction: TextRedaction): string {
  return redactUserInfo(redactNamedValues(text, redaction), redaction);
}

/** A text that is lines of columns, or may be. */
export function redactTableText(text: string, redaction: TextRedaction, survey = surveyText(text)): string {
  const rows = hasLineFeed(survey) ? redactTable(text, redaction) : text;
  return redactText(rows, redaction, 0, rows === text ? survey : surveyText(rows));
}

/** The user information of URLs: `https://user:password@host`. Looked for behind each `//`, for not to be looked for behind everything. */
export function redactUserInfo(text: string, { marker }: TextRedaction): string {
  let result = "";
  let copied = 0;
  for (let slashes = text.indexOf("//"); slashes >= 0; slashes = text.indexOf("//", slashes + 1)) {
    USER_INFO.lastIndex = slashes + 2;
    const secret = slashes + 2 < copied ? undefined : USER_INFO.exec(text)?.[0];
    if (secret === undefined || PUBLIC_USER.test(secret)) continue;
    result += text.slice(copied, slashes + 2) + marker.mark("userinfo", secret);
    copied = slashes + 2 + secret.length;
  }
  return copied === 0 ? text : result + text.slice(copied);
}

/** `scheme://user:password@host` (RFC 3986 §3.2.1); a password may have an `@` in it where it was not encoded. */
const USER_INFO = /(?<=(?<![a-z0-9+.-])[a-z][a-z0-9+.-]{1,20}:\/\/|(?<=["'\s=(])\/\/)[^\s/?#"'<>]{1,512}(?=@)/iy;
/** Names alone that everybody uses. */
const PUBLIC_USER = /^(?:git|anonymous|ftp|hg|svn|guest)$/i;
