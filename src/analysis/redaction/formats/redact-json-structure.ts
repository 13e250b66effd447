import { measureQuoted, measureStructure } from "../content/measure-value.ts";
import { markNamed, type TextRedaction } from "../text-redaction.ts";

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
  return NESTED.test(result) ? redactTables(result, redaction) : result;
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
    const isSecret = titles.map((title) => isSecretName(title, redaction));
    const start = rows.index + rows[0].lastIndexOf("[");
    if (start < copied || !isSecret.includes(true)) continue;
    const end = measureStructure(text, start);
    result += text.slice(copied, start) + redactRows(text.slice(start, end), titles, isSecret, redaction);
    copied = end;
  }
  return copied === 0 ? text : result + text.slice(copied);
}

const RAW = /"raw_?(?:headers|trailers)"/i;
/** A list of lists. */
const NESTED = /\[\s{0,64}\[/;
const COLUMNS =
  /"(?:columns|fields|headers?|titles|column_?names|schema|keys)"\s{0,8}:\s{0,8}\[\s{0,64}((?:(?:"[^"\\]{1,64}"|\{[^{}]{1,256}\})\s{0,64}(?:,\s{0,64}|(?=\]))){1,256})\]/gi;
/** A title, or an object that has one for its name. */
const TITLE =
  /(?<=^|,\s{0,64}|^\s{1,64})"([^"\\]{1,64})"|\{[^{}]{0,200}?"(?:name|label|title|field)"\s{0,8}:\s{0,8}"([^"\\]{1,64})"[^{}]{0,256}\}/gi;
const ROWS = /"(?:rows|data|values|records|results?|tuples)"\s{0,8}:\s{0,8}\[\s{0,64}(?=\[)/gi;

/** @param rows from the outer bracket on */
function redactRows(
  rows: string,
  titles: readonly string[],
  isSecret: readonly boolean[],
  redaction: TextRedaction,
): string {
  let result = "";
  let copied = 0;
  let depth = 0;
  let column = 0;
  for (let at = 0; at < rows.length; at++) {
    const character = rows[at];
    if (character === "[" && depth < 2) {
      depth++;
      column = 0;
    } else if (character === "]") depth--;
    else if (character === ",") column++;
    else if (character === '"' || character === "{" || character === "[") {
      const end = character === '"' ? measureQuoted(rows, at) : measureStructure(rows, at);
      const mark =
        character === '"' && depth === 2 && isSecret[column] === true
          ? markNamed(redaction, titles[column]!, rows.slice(at + 1, end - 1))
          : undefined;
      if (mark !== undefined) {
        result += `${rows.slice(copied, at)}"${mark}"`;
        copied = end;
      }
      at = end - 1;
    }
  }
  return copied === 0 ? rows : result + rows.slice(copied);
}

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

function isSecretName(name: string, { names }: TextRedaction): boolean {
  const { kind } = names.judge(name);
  return kind === "strong" || kind === "weak";
}
