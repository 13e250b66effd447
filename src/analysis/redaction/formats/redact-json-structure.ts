import { markNamed, type TextRedaction } from "../text-redaction.ts";
import { redactJsonRows, redactRows } from "./tables/json-rows.ts";
import { Titles } from "./tables/titles.ts";

/**
 * JSON whose names stand apart from their values, or say nothing of them: `{"columns": ["user", "password"], "rows": [["bob", "…"]]}` of
 * databases, names and values in turn as Node lists headers (`rawHeaders`), and private parts of JSON Web Keys (RFC 7518 §6).
 */
export function redactJsonStructure(text: string, redaction: TextRedaction): string {
  const inTurn = RAW.test(text) ? redactInTurn(text, redaction) : text;
  const result = inTurn.includes('"kty"')
    ? inTurn.replace(
        PRIVATE_PART,
        (_whole, before: string, value: string) => before + redaction.marker.mark("jwk", value),
      )
    : inTurn;
  return NESTED.test(result) ? redactJsonRows(redactTables(result, redaction), redaction) : result;
}

const PRIVATE_PART = /("(?:k|d|p|q|dp|dq|qi)"\s{0,8}:\s{0,8}")([\w-]{8,8192})(?=")/g;

/** Each list of titles with the rows before it that are of no other, or else those behind it, up to the next list. */
function redactTables(text: string, redaction: TextRedaction): string {
  const lists = [...text.matchAll(COLUMNS)];
  const bodies = lists.length === 0 ? [] : [...text.matchAll(ROWS)];
  let result = "";
  let copied = 0;
  /** The first rows behind the list, and the first that are of no list yet. */
  let behind = 0;
  let free = 0;
  for (const [at, list] of lists.entries()) {
    while (behind < bodies.length && bodies[behind]!.index < list.index) behind++;
    const next = lists[at + 1]?.index ?? text.length;
    const found = behind > free ? behind - 1 : behind;
    const rows = bodies[found];
    if (rows === undefined || rows.index >= next) continue;
    free = found + 1;
    const titles = Array.from(list[1]!.matchAll(TITLE), ([, title, named]) => title ?? named!);
    const read = Titles.read(titles, redaction, true);
    const start = rows.index + rows[0].lastIndexOf("[") + 1;
    if (start <= copied || read === undefined) continue;
    const redacted = redactRows(text, start, read, false);
    result += text.slice(copied, start) + redacted.text;
    copied = redacted.end;
  }
  return copied === 0 ? text : result + text.slice(copied);
}

const RAW = /"raw_?(?:headers|trailers)"/i;
/** Lists within a list, or one behind the other. */
const NESTED = /[[\]]\s{0,64}\[/;
const COLUMNS =
  /"(?:columns|cols|fields|headers?|titles|column_?names|schema|keys)"\s{0,8}:\s{0,8}\[\s{0,64}((?:(?:"[^"\\]{1,64}"|\{[^{}]{1,256}\})\s{0,64}(?:,\s{0,64}|(?=\]))){1,256})\]/gi;
/** A title, or an object that has one for its name. */
const TITLE =
  /(?<=^|,\s{0,64}|^\s{1,64})"([^"\\]{1,64})"|\{[^{}]{0,200}?"(?:name|label|title|field)"\s{0,8}:\s{0,8}"([^"\\]{1,64})"[^{}]{0,256}\}/gi;
const ROWS = /"(?:rows|data|values|records|results?|tuples)"\s{0,8}:\s{0,8}\[\s{0,64}(?=\[)/gi;

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
