import type { TextRedaction } from "../text-redaction.ts";

/** Which parameters of a statement are secrets: by their number from 1 on, or by their name, the column that they are given for. */
export type SecretParameters = ReadonlyMap<number | string, string>;

/**
 * The meaning of the placeholders of a statement, of those whose column's name says that its value is secret: `?`, `?2`, `$2`, `:2`, `%s`, and
 * `:name`, `@name`, `$name`, `%(name)s`. Undefined where there is none.
 * @param statement SQL or Cypher, at most `MAX_STATEMENT` characters of it are read
 */
export function readSecretPlaceholders(statement: string, { names }: TextRedaction): SecretParameters | undefined {
  if (!VERB.test(statement)) return undefined;
  const text = statement.slice(0, MAX_STATEMENT);
  const inserted = readInserted(text);
  const secrets = new Map<number | string, string>();
  let place = 0;
  let count = 0;
  for (const { 0: whole, groups, index } of text.matchAll(PLACEHOLDER)) {
    const name = groups!["number"] ?? groups!["name"] ?? groups!["python"];
    if (name === undefined && whole !== "?" && whole !== "%s") continue;
    if (++count > MAX_PLACEHOLDERS) break;
    const key = name === undefined ? ++place : /^\d+$/.test(name) ? Number(name) : name;
    const column = inserted.get(index) ?? columnAround(text, index, index + whole.length);
    if (column !== undefined && names.judge(column).kind !== "none") secrets.set(key, column);
  }
  return secrets.size === 0 ? undefined : secrets;
}

/** A name that is compared with a placeholder, or set to it: `password = crypt($1, …)`, `$1 = password`, `IDENTIFIED BY ?`, Cypher's `{password: $p}`. */
function columnAround(text: string, start: number, end: number): string | undefined {
  const before = text.slice(Math.max(0, start - MAX_NEAR), start);
  const column = COMPARED.exec(before)?.[1] ?? COMPARES.exec(text.slice(end, end + MAX_NEAR))?.[1];
  if (column !== undefined) return bareName(column);
  return SPOKEN.test(before) ? "password" : undefined;
}

/** The columns of `INSERT INTO t (a, b) VALUES (?, ?), …`, by where their placeholders begin. */
function readInserted(text: string): Map<number, string> {
  const columns = new Map<number, string>();
  for (const { 0: head, 1: list, index } of text.matchAll(INSERT)) {
    const titles = list!.split(",").map((title) => bareName(title.trim()));
    let depth = 0;
    let column = 0;
    ITEM.lastIndex = index + head.length;
    for (let item = ITEM.exec(text); item !== null; item = ITEM.exec(text)) {
      const sign = item[1]!;
      if (sign === "(" && ++depth === 1) column = 0;
      else if (sign === ")") depth--;
      else if (sign === "," && depth === 1) column++;
      else if (depth <= 0 && sign !== ",") break;
      else if (/^[?$:@%]/.test(sign) && titles[column] !== undefined)
        columns.set(ITEM.lastIndex - sign.length, titles[column]!);
    }
  }
  return columns;
}

/** The name in `u."password"` and `[password]`. */
function bareName(column: string): string {
  return column.replaceAll(/["'`[\]]/g, "").replace(/^.*\./, "");
}

const VERB =
  /\b(?:insert|replace|update|upsert|merge|select|delete|where|set|values|alter|create|call|exec|execute|match)\b/i;
/** Texts in quotes have none. A cast (`::text`) is none either. */
const PLACEHOLDER =
  /'(?:[^'\\]|''|\\.)*'|(?<![\w:@$?])[?](?![?|&])(?<number>\d{1,4})?|(?<![\w:@$])[$:@](?<name>\d{1,4}|[A-Za-z_]\w{0,63})|%s|%\((?<python>\w{1,64})\)s/g;
const COMPARED =
  /([\w.$"`[\]]{1,128})\s{0,8}(?:=>|:=|<>|!=|=|:|\b(?:not\s{1,4})?i?like\b|\bin\s{0,4}\()\s{0,8}(?:\w{1,32}\s{0,4}\(\s{0,8}){0,4}$/i;
const COMPARES = /^\s{0,8}\){0,4}\s{0,8}(?:<>|!=|=)\s{0,8}([\w.$"`[\]]{1,128})/;
const SPOKEN = /\b(?:identified\s{1,8}(?:with\s{1,8}\w{1,64}\s{1,8})?by|password)\s{1,8}$/i;
const INSERT =
  /\b(?:insert(?:\s{1,8}or\s{1,8}\w{1,16}|\s{1,8}ignore)?|replace|upsert|merge)\s{1,8}into\s{1,8}[\w."`[\]]{1,128}\s{0,8}\(([^()]{1,4096})\)[^()]{0,64}\bvalues\s{0,8}/gi;
const ITEM = /\s*([(),]|'(?:[^'\\]|''|\\.)*'|[?$:@%][\w]{0,64}|[^\s(),;'?$:@%]+)/y;
const MAX_STATEMENT = 65_536;
const MAX_PLACEHOLDERS = 1024;
const MAX_NEAR = 224;
