import { measureStructure } from "../content/measure-value.ts";
import { isMark } from "../mark.ts";
import { markNamed, type TextRedaction } from "../text-redaction.ts";
import { redactJsonRows } from "./tables/json-rows.ts";
import { redactJsonTables } from "./tables/json-tables.ts";

/**
 * JSON whose names stand apart from their values, or say nothing of them: `{"columns": ["user", "password"], "rows": [["bob", "…"]]}` of
 * databases, names and values in turn as Node lists headers (`rawHeaders`), private parts of JSON Web Keys (RFC 7518 §6), and GraphQL's variables
 * by the arguments that they are given for (`login(password: $p)`).
 */
export function redactJsonStructure(text: string, redaction: TextRedaction): string {
  const inTurn = RAW.test(text) ? redactInTurn(text, redaction) : text;
  const result = inTurn.includes('"kty"')
    ? inTurn.replace(
        PRIVATE_PART,
        (_whole, before: string, value: string) => before + redaction.marker.mark("jwk", value),
      )
    : inTurn;
  const tables = redactJsonTables(redactVariables(result, redaction), redaction);
  return NESTED.test(tables) ? redactJsonRows(tables, redaction) : tables;
}

const PRIVATE_PART = /("(?:k|d|p|q|dp|dq|qi)"\s{0,8}:\s{0,8}")([\w-]{8,8192})(?=")/g;

const RAW = /"raw_?(?:headers|trailers)"/i;
/** Lists within a list, or one behind the other. */
const NESTED = /[[\]]\s{0,64}\[/;
function redactVariables(text: string, redaction: TextRedaction): string {
  const start = text.search(VARIABLES);
  if (start < 0) return text;
  const argumentOf = new Map<string, string>();
  for (const [, argument, variable] of text.matchAll(ARGUMENT)) {
    const { kind } = redaction.names.judge(argument!);
    if ((kind === "strong" || kind === "weak") && argumentOf.size < MAX_VARIABLES) argumentOf.set(variable!, argument!);
  }
  if (argumentOf.size === 0) return text;
  const end = measureStructure(text, text.indexOf("{", start));
  const variables = text.slice(start, end).replace(MEMBER, (whole, before: string, name: string, value: string) => {
    const argument = argumentOf.get(name);
    const mark = argument === undefined || isMark(value) ? undefined : markNamed(redaction, argument, value);
    return mark === undefined ? whole : `${before}${mark}"`;
  });
  return text.slice(0, start) + variables + text.slice(end);
}

const VARIABLES = /"variables"\s{0,8}:\s{0,8}\{/;
const ARGUMENT = /(?<!\w)([A-Za-z_]\w{1,63})\s{0,8}:\s{0,8}\$(\w{1,64})/g;
const MEMBER = /("(\w{1,64})"\s{0,8}:\s{0,8}")((?:[^"\\]|\\.)*)"/g;
const MAX_VARIABLES = 64;

function redactInTurn(text: string, redaction: TextRedaction): string {
  return text.replace(IN_TURN, (whole) => {
    let place = 0;
    let name = "";
    return whole.replace(STRING, (item: string, content: string) => {
      if (place++ % 2 === 1) {
        name = content;
        return item;
      }
      // The list's own name comes first.
      const mark = place === 1 ? undefined : markNamed(redaction, name, content);
      return mark === undefined ? item : `"${mark}"`;
    });
  });
}

const IN_TURN =
  /"raw_?(?:headers|trailers)"\s{0,8}:\s{0,8}\[\s{0,64}(?:"(?:[^"\\]|\\.){0,4096}"\s{0,64}(?:,\s{0,64}|(?=\]))){2,512}\]/gi;
const STRING = /"((?:[^"\\]|\\.)*)"/g;
