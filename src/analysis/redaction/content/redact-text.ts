import { redactExplicitKeys } from "../formats/redact-explicit-keys.ts";
import { redactJsonStructure } from "../formats/redact-json-structure.ts";
import { redactKubernetesSecrets } from "../formats/redact-kubernetes-secrets.ts";
import { redactMarkup } from "../formats/redact-markup.ts";
import { redactPhp } from "../formats/redact-php.ts";
import { redactInserts } from "../formats/redact-sql.ts";
import { mayHaveParameters, redactSqlParameters } from "../formats/redact-sql-parameters.ts";
import { redactTable } from "../formats/tables/redact-table.ts";
import { redactYamlRows } from "../formats/tables/yaml-rows.ts";
import { characterCodes } from "../look/character-codes.ts";
import { lookOver, MARKUP, NAMED, SPOKEN } from "../look/look-over.ts";
import {
  hasLineEnd,
  hasLineFeed,
  isAlphanumeric,
  mayHave,
  mayHaveAny,
  mayHaveSpace,
  surveyCodes,
  surveyText,
  type TextSurvey,
} from "../look/survey-text.ts";
import { NAMING, SECRET } from "../names/name-table.ts";
import { mayHaveStem } from "../names/stem-grams.ts";
import { type SurveyedText, TextNames } from "../names/text-names.ts";
import type { TextRedaction } from "../text-redaction.ts";
import { replacePersonal } from "../values/personal-values.ts";
import { type JsonText, readJson } from "./json-text.ts";
import { redactNameValuePairs } from "./name-value-pairs.ts";
import { redactNamedValues } from "./named-values.ts";
import { isQuietJson, QUIET_JSON } from "./quiet-json.ts";
import { redactCommands, redactPath, redactSegments } from "./redact-commands.ts";
import { type RedactInner, redactEncoded } from "./redact-encoded.ts";
import { redactTokens, SHORTEST_TOKEN } from "./tokens/redact-tokens.ts";
import { TokenRuns } from "./tokens/token-runs.ts";

/**
 * A text of any kind without its secrets: by the names before them in whatever notation, by their own looks, in URLs' user information;
 * and in texts that are encoded in it, to a bounded depth.
 */
export function redactText(
  text: string,
  redaction: TextRedaction,
  depth = 0,
  survey = surveyText(text, redaction.table.grams),
): string {
  if (text.length < MIN_TEXT || (isWord(text, survey) && redaction.personal.size === 0)) return text;
  const given = redactParameters(text, redaction, depth, survey);
  return given === text
    ? redactSeen(text, redaction, depth, survey)
    : redactSeen(given, redaction, depth, surveyText(given, redaction.table.grams));
}

/** Values of statements, while these have their placeholders: what is set to a secret's name is hidden by it, later. */
function redactParameters(text: string, redaction: TextRedaction, depth: number, survey: TextSurvey): string {
  const mayBe = mayHaveSpace(survey) && mayHave(survey, QUOTE) && nameFinder(survey)(0, text.length);
  if (!mayBe || !mayHaveParameters(text, survey)) return text;
  const given = redactSqlParameters(text, redaction);
  if (depth >= MAX_QUOTED_STATEMENTS || !text.includes("\\")) return given;
  return redactEncoded(given, innerOf(redaction, depth), coverOf(redaction));
}

/** How texts that are encoded in one are redacted. */
function innerOf(redaction: TextRedaction, depth: number): RedactInner {
  return (encoded) =>
    depth < MAX_DEPTH ? redactText(redactInnerTables(encoded, redaction), redaction, depth + 1) : encoded;
}

/** Stands for an encoded text with a secret in it, where lengths are kept. */
function coverOf({ marker }: TextRedaction): ((encoded: string) => string) | undefined {
  return marker.keepsLength ? (encoded) => marker.mark("encoded", encoded) : undefined;
}

function redactSeen(text: string, redaction: TextRedaction, depth: number, survey: TextSurvey): string {
  const inner = innerOf(redaction, depth);
  const wanted = searchesOf(survey);
  let outlook = lookAt(text, wanted, redaction, survey);
  let result = redactNames(outlook, redaction);
  const lookAgain = () => {
    if (result !== outlook.text) outlook = lookAt(result, wanted, redaction, surveyText(result, redaction.table.grams));
  };
  if (mayHaveAny(survey, PAIR_SIGNS)) {
    lookAgain();
    if (mayHaveStructure(outlook)) result = redactJsonStructure(result, redaction);
    lookAgain();
    result = redactNameValuePairs(result, redaction, outlook);
  }
  if (outlook.json === undefined && hasLineFeed(survey) && mayHaveRows(result, survey))
    result = redactYamlRows(result, redaction);
  const json = () => (outlook.text === result ? outlook.json : undefined);
  /** As it was seen, until it is changed: of what was changed anything is expected. */
  const may = (search: number) => outlook.text !== result || (outlook.found & search) !== 0;
  if (mayHave(survey, BRACKETS) && may(MARKUP)) result = redactMarkup(result, redaction);
  if (mayHaveCommands(survey) && may(SPOKEN) && COMMANDS.test(text)) result = redactCommands(result, redaction);
  if (mayHave(survey, INSERT) && mayHaveSpace(survey) && /insert\s/i.test(text))
    result = redactInserts(result, redaction);
  if (mayHave(survey, SLASH)) result = redactPaths(result, redaction, outlook);
  if (mayHaveAny(survey, ENCODING_SIGNS)) result = redactEncoded(result, inner, coverOf(redaction), json()?.escaped);
  // Decoding and writing again may bring other characters; marks have none that matter here.
  if (outlook.text !== result) outlook = makeOutlook(result, surveyText(result, redaction.table.grams), 0, undefined);
  if (mayHave(outlook.survey, AT)) result = redactUserInfo(result, redaction);
  const isAsSeen = outlook.text === result;
  const after = isAsSeen ? outlook.survey : surveyText(result, redaction.table.grams);
  const hasSecret = (decoded: string): boolean => inner(decoded) !== decoded;
  result = redactTokens(result, redaction, hasSecret, after, json(), isAsSeen ? outlook.runs : undefined);
  if (redaction.personal.size > 0)
    result = replacePersonal(result, redaction.personal, (name, value) => redaction.marker.mark(name, value));
  return result;
}

/** Tells what may be found in a text. */
interface Outlook {
  readonly text: string;
  readonly survey: TextSurvey;
  /** Which searches may find something, as `lookOver` says it. */
  readonly found: number;
  /** Where it is JSON. */
  readonly json: JsonText | undefined;
  /** Where the text's characters are at hand. */
  readonly runs: TokenRuns | undefined;
}

function makeOutlook(text: string, survey: TextSurvey, found: number, json: JsonText | undefined): Outlook {
  return { text, survey, found, json, runs: survey.codes && new TokenRuns(survey.codes) };
}

/** Which searches a text with this survey may need. */
function searchesOf(survey: TextSurvey): number {
  const mayBePairs = mayHaveAny(survey, PAIR_SIGNS) || mayHave(survey, ARROW);
  return (mayBePairs ? NAMED : 0) | (mayHave(survey, BRACKETS) ? MARKUP : 0) | (mayHaveCommands(survey) ? SPOKEN : 0);
}

function lookAt(text: string, wanted: number, redaction: TextRedaction, known: TextSurvey): Outlook {
  if (wanted === 0) return makeOutlook(text, known, 0, undefined);
  const { table } = redaction;
  const survey = isSurveyed(known) ? known : surveyCodes(known.codes ?? characterCodes(text), table.grams);
  const names = new TextNames(text, survey, table);
  if ((wanted & NAMED) === 0 || !JSON_START.test(text))
    return makeOutlook(text, survey, lookOver(names, wanted), undefined);
  const others = lookOver(names, wanted & ~NAMED);
  const isReadable = (others & SPOKEN) === 0 && !mayHaveKeys(text, survey) && !text.includes("\\");
  if (isReadable && isQuietJson(names, redaction)) return makeOutlook(text, survey, others, QUIET_JSON);
  const json = readJson(names);
  if (json === undefined) return makeOutlook(text, survey, others | lookOver(names, NAMED), json);
  const found =
    (json.places.length > 0 ? SECRET : 0) | (json.hasNamesAsValues ? NAMING : 0) | (json.hasCommands ? SPOKEN : 0);
  return makeOutlook(text, survey, found | (others & MARKUP), json);
}

/** Short ones, and those that are not ASCII, were not looked at for all there is to know. */
function isSurveyed(survey: TextSurvey): survey is TextSurvey & SurveyedText {
  return survey.stems !== undefined;
}

const JSON_START = /^\s*[{[]/;

/** Whether values may be named by what stands apart from them, as titles of columns are, which are names that are values, and GraphQL's arguments. */
function mayHaveStructure({ text, json, found }: Outlook): boolean {
  if (json?.hasStructure === true || (found & NAMING) !== 0) return true;
  return (found & SECRET) !== 0 && text.includes('"variables"');
}

/** By the names before them. */
function redactNames({ text, survey, found, json }: Outlook, redaction: TextRedaction): string {
  if (!mayHaveAny(survey, JOINTS) && !mayHave(survey, ARROW)) return text;
  let result = text;
  if (mayHave(survey, SECRET_WORD) && text.includes("Secret")) result = redactKubernetesSecrets(text, redaction);
  if (json === undefined && mayHaveKeys(text, survey)) result = redactExplicitKeys(result, redaction);
  if (result !== text) result = redactNamedValues(result, redaction);
  else if ((found & SECRET) !== 0) result = redactNamedValues(text, redaction, json);
  const may = (signs: TextSurvey) => result !== text || mayHave(survey, signs);
  const mayBePhp = (may(DOUBLE_ARROW) && result.includes("=>")) || (may(SERIAL) && result.includes('";s:'));
  return mayBePhp ? redactPhp(result, redaction) : result;
}

/** Runs have all that a part of a path may have, encoded characters aside. */
function redactPaths(text: string, redaction: TextRedaction, { text: seen, survey, runs }: Outlook): string {
  if (runs === undefined || seen !== text || mayHave(survey, PERCENT)) return redactPath(text, redaction);
  return redactSegments(text, redaction, runs.places);
}

/** YAML's explicit ones. */
function mayHaveKeys(text: string, survey: TextSurvey): boolean {
  return mayHave(survey, QUESTION) && hasLineFeed(survey) && text.includes("? ");
}

const [JOINTS, PAIR_SIGNS, BRACKETS, SLASH, ENCODING_SIGNS, AT] = [":=", ":=\"'", "<>", "/", "\\%&", "@"].map((text) =>
  surveyText(text),
) as unknown as [TextSurvey, TextSurvey, TextSurvey, TextSurvey, TextSurvey, TextSurvey];
const [ARROW, DOUBLE_ARROW, SERIAL] = ["->", "=>", '";s:'].map((text) => surveyText(text)) as unknown as [
  TextSurvey,
  TextSurvey,
  TextSurvey,
];
const QUESTION = surveyText("?:");
const QUOTE = surveyText('"');
const PERCENT = surveyText("%");
const INSERT = surveyText("insert(");
const SECRET_WORD = surveyText("Secret");

/** Every secret that a space parts from its name has one of these before it. */
const COMMANDS =
  /\s-|identified|config|net user|sqlplus|freerdp|password|login|bindpw|rootpw|requirepass|masterauth|auth-pass|enable|snmp-server|username|securestring|\s(?:is|was) |: |[ \t]["'`]|(?:^|\n)\s{0,64}(?:env|arg|setenv|setx) /i;
const COMMAND_WORDS = ["identified", "password", "login"].map((word) => surveyText(word));

function mayHaveCommands(survey: TextSurvey): boolean {
  return mayHaveSpace(survey) || COMMAND_WORDS.some((word) => mayHave(survey, word));
}

/** Shorter ones have no name and no value in them. */
const MIN_TEXT = 4;

/** Most values of a query: none of the searches finds anything in letters and digits that are fewer than a token has, and no command. */
function isWord({ length }: string, survey: TextSurvey): boolean {
  return length < SHORTEST_TOKEN && isAlphanumeric(survey) && !mayHaveCommands(survey);
}
/** Each level of quoting doubles the escapes: eight are more than anybody has seen. */
const MAX_DEPTH = 8;
/** A text that is decoded for statements alone is decoded again for the rest. */
const MAX_QUOTED_STATEMENTS = 2;

/** Hides only what its name says is secret, and user information of URLs: of a text that looks drawn though it is none. */
export function redactNamed(text: string, redaction: TextRedaction): string {
  return redactUserInfo(redactNamedValues(text, redaction), redaction);
}

/** A text that is lines of columns, or may be. */
export function redactTableText(
  text: string,
  redaction: TextRedaction,
  survey = surveyText(text, redaction.table.grams),
): string {
  const rows = hasLineEnd(survey) ? redactTable(text, redaction, nameFinder(survey)) : text;
  return redactText(rows, redaction, 0, rows === text ? survey : surveyText(rows, redaction.table.grams));
}

/** Tables in a text that is encoded in another one, as a chat's messages and exports have them. */
function redactInnerTables(text: string, redaction: TextRedaction): string {
  if (!TABLE_LINES.test(text)) return text;
  return redactTable(text, redaction, nameFinder(surveyText(text, redaction.table.grams)), false);
}

/** A rule, or separators on two lines. */
const TABLE_LINES = /[\r\n][ |:+├╞]{0,64}[-=─━]{2}|[,;\t|][^\r\n]{0,4096}[\r\n]{1,2}[^\r\n]{0,4096}[,;\t|]/;

/** YAML's lists within a list, in a text that may have a secret's name. */
function mayHaveRows(text: string, survey: TextSurvey): boolean {
  return nameFinder(survey)(0, text.length) && YAML_ROWS.test(text);
}

const YAML_ROWS = /(?:^|[\r\n])[ \t]{0,64}- (?:\[|- )/;

/** Tells of parts of a text whether a secret's name may be in them, where it was looked for names. */
function nameFinder({ stems }: TextSurvey): (from: number, to: number) => boolean {
  return stems === undefined ? () => true : (from, to) => mayHaveStem(stems, from, to);
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
