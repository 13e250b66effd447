import { redactKubernetesSecrets } from "../formats/redact-kubernetes-secrets.ts";
import { redactMarkup } from "../formats/redact-markup.ts";
import { redactPhp } from "../formats/redact-php.ts";
import { redactInserts } from "../formats/redact-sql.ts";
import { redactTable } from "../formats/redact-table.ts";
import type { TextRedaction } from "../text-redaction.ts";
import { replacePersonal } from "../values/personal-values.ts";
import { redactNameValuePairs } from "./name-value-pairs.ts";
import { redactNamedValues } from "./named-values.ts";
import { redactCommands, redactPath } from "./redact-commands.ts";
import { redactEncoded } from "./redact-encoded.ts";
import { redactTokens } from "./redact-tokens.ts";
import { hasLineFeed, mayHave, mayHaveAny, mayHaveSpace, surveyText, type TextSurvey } from "./survey-text.ts";

/**
 * A text of any kind without its secrets: by the names before them in whatever notation, by their own looks, in URLs' user information;
 * and in texts that are encoded in it, to a bounded depth.
 */
export function redactText(text: string, redaction: TextRedaction, depth = 0, survey = surveyText(text)): string {
  if (text.length < MIN_TEXT) return text;
  const inner = (encoded: string): string => (depth < MAX_DEPTH ? redactText(encoded, redaction, depth + 1) : encoded);
  let result = text;
  if (mayHaveAny(survey, JOINTS) || mayHave(survey, ARROW)) {
    if (mayHave(survey, SECRET) && text.includes("Secret")) result = redactKubernetesSecrets(result, redaction);
    result = redactNamedValues(result, redaction);
    if (result.includes("=>") || result.includes('";s:')) result = redactPhp(result, redaction);
  }
  if (mayHaveAny(survey, PAIR_SIGNS)) result = redactNameValuePairs(result, redaction);
  if (mayHave(survey, BRACKETS)) result = redactMarkup(result, redaction);
  if (mayHaveCommands(survey) && COMMANDS.test(text)) result = redactCommands(result, redaction);
  if (mayHave(survey, INSERT) && mayHaveSpace(survey) && /insert\s/i.test(text))
    result = redactInserts(result, redaction);
  if (mayHave(survey, SLASH)) result = redactPath(result, redaction);
  if (mayHaveAny(survey, ENCODING_SIGNS)) {
    const cover = (encoded: string): string => redaction.marker.mark("encoded", encoded);
    result = redactEncoded(result, inner, redaction.marker.keepsLength ? cover : undefined);
  }
  // Decoding and writing again may bring other characters; marks have none that matter here.
  const after = result === text ? survey : surveyText(result);
  if (mayHave(after, AT)) result = redactUserInfo(result, redaction);
  result = redactTokens(
    result,
    redaction,
    (decoded) => inner(decoded) !== decoded,
    result === text ? survey : surveyText(result),
  );
  if (redaction.personal.size > 0)
    result = replacePersonal(result, redaction.personal, (name, value) => redaction.marker.mark(name, value));
  return result;
}

const [JOINTS, PAIR_SIGNS, BRACKETS, SLASH, ENCODING_SIGNS, AT] = [":=", ":=\"'", "<>", "/", "\\%&", "@"].map(
  surveyText,
) as unknown as [TextSurvey, TextSurvey, TextSurvey, TextSurvey, TextSurvey, TextSurvey];
const ARROW = surveyText("->");
const INSERT = surveyText("insert");
const SECRET = surveyText("Secret");

/** Every secret that a space parts from its name has one of these before it. */
const COMMANDS =
  /\s-|identified|password|login|bindpw|rootpw|requirepass|masterauth|auth-pass|enable|snmp-server|username|securestring|\s(?:is|was) |: |[ \t]["'`]|(?:^|\n)\s{0,64}(?:env|arg|setenv|setx) /i;
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

/** The user information of URLs: `https://user:password@host`. */
export function redactUserInfo(text: string, { marker }: TextRedaction): string {
  return text.replace(USER_INFO, (secret) => (PUBLIC_USER.test(secret) ? secret : marker.mark("userinfo", secret)));
}

/** `scheme://user:password@host` (RFC 3986 §3.2.1); a password may have an `@` in it where it was not encoded. */
const USER_INFO = /(?<=(?<![a-z0-9+.-])[a-z][a-z0-9+.-]{1,20}:\/\/|(?<=["'\s=(])\/\/)[^\s/?#"'<>]{1,512}(?=@)/gi;
/** Names alone that everybody uses. */
const PUBLIC_USER = /^(?:git|anonymous|ftp|hg|svn|guest)$/i;
