/** How the fields of a line are parted: by a character, or by white space of two characters or more. */
export type Separator = "," | "\t" | ";" | "|" | "│" | "aligned";

/** The separator of a line, or undefined where it has none. */
export function separatorOf(line: string): Separator | undefined {
  for (const one of ["│", "\t", "|", ",", ";"] as const) if (line.includes(one)) return one;
  return GAP.test(line.trim()) ? "aligned" : undefined;
}

/** Each field as it is written; RFC 4180: a field in quotes may have separators. Those that white space parts are trimmed. */
export function splitRow(line: string, separator: Separator): string[] {
  if (separator === "aligned") return line.trim().split(GAP);
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

/** A field without what surrounds its value. */
export function unquote(field: string): string {
  return field.trim().replace(/^"(.*)"$/s, "$1");
}

/** The line with each field replaced by what `mark` gives for its place; undefined leaves it. */
export function replaceFields(
  line: string,
  fields: readonly string[],
  separator: Separator,
  mark: (column: number) => string | undefined,
): string {
  if (separator === "aligned") {
    let column = 0;
    return line.replace(FIELD, (field) => mark(column++) ?? field);
  }
  return fields
    .map((field, column) => {
      const marked = mark(column);
      return marked === undefined ? field : field.replace(unquote(field), () => marked);
    })
    .join(separator);
}

/** Where the fields begin that white space parts. */
export function startsOfFields(line: string): string {
  return Array.from(line.matchAll(FIELD), ({ index }) => index).join();
}

/** A line between titles and rows, or around a table: `|---|:-:|`, `+---+---+`, `====  ====`, `├───┼───┤`. */
export function isRule(line: string): boolean {
  if (line.length < 2 || line.length > MAX_RULE || !RULE_START.test(line)) return false;
  return RULE.test(line) && RULE_SIGN.test(line);
}

const MAX_RULE = 16_384;
const RULE_START = /^[\s|+:=│├┼┤┌┬┐└┴┘─━-]{2}/;
const RULE_SIGN = /[-=─━]/;
const RULE = /^[\s|+:=│├┼┤┌┬┐└┴┘─━-]+$/;
const GAP = /[ \t]{2,256}/;
const FIELD = /\S+(?: \S+)*/g;
