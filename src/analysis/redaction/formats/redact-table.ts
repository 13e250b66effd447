import { markNamed, type TextRedaction } from "../text-redaction.ts";

/**
 * Comma-, semicolon- and tab-separated values, and tables that are drawn with `|` and `+`: the columns whose titles say that they are secret.
 * What databases' clients show a line a column is looked at line by line.
 */
export function redactTable(text: string, redaction: TextRedaction): string {
  if (text.startsWith("-[ RECORD")) return redactRecords(text, redaction);
  const frame = FRAME.exec(text)?.[0] ?? "";
  return frame + redactColumns(text.slice(frame.length), redaction);
}

function redactRecords(text: string, redaction: TextRedaction): string {
  return text.replace(
    /(?<=^[ ]?([\w .-]{1,64}?)[ ]*\|[ ])[^\r\n]*[^\s](?=[ ]*$)/gm,
    (value, title: string) => markNamed(redaction, title, value) ?? value,
  );
}

const FRAME = /^\+[-+=]{3,4096}\+\r?\n(?=\|)/;

function redactColumns(text: string, redaction: TextRedaction): string {
  const end = text.search(/\r?\n/);
  if (end < 0 || end > MAX_TITLES) return text;
  const separator = [",", "\t", ";", "|"].find((one) => text.slice(0, end).includes(one));
  if (separator === undefined) return redactAligned(text, end, redaction);
  const titles = splitRow(text.slice(0, end), separator).map(unquote);
  const isFramed = separator === "|" && titles[0] === "" && titles.at(-1) === "";
  const secret = titles
    .map((title) => redaction.names.judge(title).kind)
    .map((kind) => kind === "strong" || kind === "weak");
  if (!secret.includes(true) || titles.some((title) => !TITLE.test(title) && !(isFramed && title === ""))) return text;
  const lines = text.slice(end).replace(/[^\r\n]+/g, (line) => {
    const fields = splitRow(line, separator);
    if (fields.length !== titles.length || RULE.test(line)) return line;
    return fields
      .map((field, column) => (secret[column] ? redactField(field, titles[column]!, redaction) : field))
      .join(separator);
  });
  return text.slice(0, end) + lines;
}

/**
 * Columns that white space alone parts, two characters or more (`kubectl`, `docker`): as many fields a line as there are titles, which are in
 * capitals, or in any case where each field begins below its title.
 */
function redactAligned(text: string, end: number, redaction: TextRedaction): string {
  const titles = text.slice(0, end).trimEnd().split(GAP);
  const names = titles.map((title) => redaction.names.judge(title).kind);
  const isCapital = titles.every((title) => ALIGNED_TITLE.test(title));
  const isTable = titles.length > 1 && (isCapital || titles.every((title) => WORD_TITLE.test(title)));
  if (!isTable || !names.some((kind) => kind === "strong" || kind === "weak")) return text;
  const starts = startsOfFields(text.slice(0, end));
  const lines = text.slice(end).replace(/[^\r\n]+/g, (line) => {
    const fields = line.trimEnd().split(GAP);
    if (fields.length !== titles.length || !(isCapital || startsOfFields(line) === starts)) return line;
    let column = 0;
    return line.replace(FIELD, (field) => markNamed(redaction, titles[column++]!, field) ?? field);
  });
  return text.slice(0, end) + lines;
}

function startsOfFields(line: string): string {
  return Array.from(line.matchAll(FIELD), ({ index }) => index).join();
}

const GAP = /[ \t]{2,256}/;
const FIELD = /\S+(?: \S+)*/g;
const ALIGNED_TITLE = /^[A-Z][A-Z0-9_()-]*(?: [A-Z0-9_()-]+)*$/;
const WORD_TITLE = /^[A-Za-z][\w-]{0,63}$/;

/** Between titles and rows, as Markdown has it. */
const RULE = /^[|: ]*-[|: -]*$/;
const MAX_TITLES = 4096;
const TITLE = /^[\p{L}\p{N}_ .,:/()-]{1,64}$/u;

function redactField(field: string, title: string, redaction: TextRedaction): string {
  const value = unquote(field);
  const mark = markNamed(redaction, title, value);
  return mark === undefined ? field : field.replace(value, () => mark);
}

/** RFC 4180: a field in quotes may have separators. */
function splitRow(line: string, separator: string): string[] {
  const fields: string[] = [];
  let start = 0;
  let isQuoted = false;
  for (let at = 0; at < line.length; at++) {
    if (line[at] === '"') isQuoted = !isQuoted;
    else if (line[at] === separator && !isQuoted) {
      fields.push(line.slice(start, at));
      start = at + 1;
    }
  }
  return [...fields, line.slice(start)];
}

function unquote(field: string): string {
  return field.trim().replace(/^"(.*)"$/s, "$1");
}
