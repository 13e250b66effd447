import { isCommonTitle } from "../formats/tables/titles.ts";
import { isMark } from "../mark.ts";
import { NAME_AS_VALUE, NAME_WORDS, NAMING } from "../names/name-table.ts";
import { markNamed, type TextRedaction } from "../text-redaction.ts";
import type { JsonText } from "./json-text.ts";
import { measureQuoted } from "./measure-value.ts";

/**
 * Names that are values themselves: `{"name": "password", "value": "…"}` in either order, `["password", "…"]`, `('password', '…')`,
 * `- name: PASSWORD` with `value: …` on the next line (Kubernetes, Compose).
 * @param outlook what was seen of the text: see `lookOver`
 */
export function redactNameValuePairs(
  text: string,
  redaction: TextRedaction,
  { found, json }: { found: number; json: JsonText | undefined },
): string {
  let result = text;
  if ((found & NAMING) !== 0 && hasSecretName(text, redaction)) {
    result = replaceFollowing(result, redaction);
    const replaceFirst = (
      whole: string,
      start: string,
      _quote: string,
      value: string,
      between: string,
      name: string,
    ) => {
      const mark = markNamed(redaction, name, value);
      return mark === undefined ? whole : `${start}${mark}${between}`;
    };
    result = result.replace(VALUE_FIRST, replaceFirst).replace(LINE_FIRST, replaceFirst);
  }
  if (json === undefined && text.includes("{") && text.includes(' "'))
    result = result.replace(BLOCK, (whole, start: string, name: string, _: string, value: string) => {
      const mark = isMark(value) ? undefined : markNamed(redaction, name, value);
      return mark === undefined ? whole : `${start}"${mark}"`;
    });
  const replacePair = (whole: string, start: string, name: string, quote: string, value: string): string => {
    const mark = isMark(value) || isMark(name) ? undefined : markNamed(redaction, name, value);
    return mark === undefined ? whole : `${start}${mark}${quote}`;
  };
  const replaceItems = (...[whole, start, name, quote, value, offset, all]: PairMatch): string =>
    isCommonTitle(value) || isTitleRow(all, offset + whole.length)
      ? whole
      : replacePair(whole, start, name, quote, value);
  if (json?.hasNamesAsItems ?? (result.includes("[") || result.includes("(")))
    result = result.replace(ITEM_PAIR, replaceItems);
  const mayHaveFlags = json?.hasFlags ?? (result.includes('"-') || result.includes("'-"));
  return mayHaveFlags ? result.replace(FLAG_PAIR, replacePair) : result;
}

type PairMatch = [
  whole: string,
  start: string,
  name: string,
  quote: string,
  value: string,
  offset: number,
  all: string,
];

/** Whether a list that ends at `end` is one of titles: the one below it begins with what was hidden for that. */
function isTitleRow(text: string, end: number): boolean {
  BELOW.lastIndex = end;
  const below = BELOW.exec(text)?.[1];
  return below !== undefined && isMark(below);
}

const BELOW = /\s{0,64}\]\s{0,64},?\s{0,64}\[\s{0,64}"([\w-]{1,128})"/y;

/** `"type": "password"` says what the value is, as a name does. */
const NAMES = `${NAME_WORDS}|type(?=["']?\\s{0,8}[:=]\\s{0,8}["']?(?:password|secret|securestring)\\b)`;

/** Nearly always there is none, and the rest need not be searched for. */
function hasSecretName(text: string, redaction: TextRedaction): boolean {
  for (const [, , name] of text.matchAll(NAME_FIRST)) if (isSecretName(name!, redaction)) return true;
  return false;
}

function isSecretName(name: string, { names }: TextRedaction): boolean {
  const { kind } = names.judge(name);
  return kind === "strong" || kind === "weak";
}

const VALUE_WORDS =
  "value|values|val|v|content|contents|data|default|defaultValue|#?text|string|plaintext|secret|newValue|example|stringValue|string_value|ParameterValue";

/** A name that is a value, behind the word that says so. */
const NAME_FIRST = new RegExp(`(?:^|["'\\s,{-])(${NAMES})["']?\\s{0,8}[:=]\\s{0,8}["']?(${NAME_AS_VALUE})`, "gi");

/** After a name, within the same object, the member that has its value. */
function replaceFollowing(text: string, redaction: TextRedaction): string {
  let result = "";
  let copied = 0;
  for (const match of text.matchAll(NAME_FIRST)) {
    const [whole, word, name] = match as unknown as [string, string, string];
    const from = match.index + whole.length;
    if (from < copied || !isSecretName(name, redaction)) continue;
    const member = VALUE_AFTER.exec(text.slice(from, from + MAX_BETWEEN));
    if (member === null || beginsAnother(text, match.index + whole.indexOf(word), word, from, member[0])) continue;
    const start = from + member[0].length;
    const found = valueAt(text, start);
    const mark = found === undefined ? undefined : markNamed(redaction, name, found.content);
    if (found === undefined || mark === undefined) continue;
    const close = found.isClosed || !redaction.marker.keepsLength ? found.quote : "";
    result += text.slice(copied, start) + found.quote + mark + close;
    copied = found.end;
  }
  return copied === 0 ? text : result + text.slice(copied);
}

/**
 * Whether something else begins between a name and what may be its value: a tag, an item of a list, or another name.
 * @param at where the word stands that says that it is a name; @param from where the text between begins
 */
function beginsAnother(text: string, at: number, word: string, from: number, between: string): boolean {
  if (TAG_END.test(between)) return true;
  const column = columnOf(text, at);
  for (const [, indent] of between.matchAll(ITEM)) if (indent!.length < column) return true;
  for (const { 0: whole, 1: other, index } of between.matchAll(NAME_WORD)) {
    if (other!.toLowerCase() !== word.toLowerCase()) continue;
    const place = index + whole.indexOf(other!);
    if (!between.slice(0, place).includes("\n") || columnOf(text, from + place) <= column) return true;
  }
  return false;
}

/** On its line, which is not looked at for ever. */
function columnOf(text: string, at: number): number {
  const before = text.slice(Math.max(0, at - MAX_BETWEEN), at);
  return before.length - before.lastIndexOf("\n") - 1;
}

const TAG_END = /(?<![-=])>/;
const ITEM = /\n([ \t]{0,256})-[ \t]/g;
const NAME_WORD = new RegExp(`["'\\s,{-](${NAME_WORDS})["']?\\s{0,8}[:=]`, "gi");

/** A value's default below its name (HCL): `variable "db_password" { default = "…" }`. */
const BLOCK =
  /(\b(?:variable|output|local)\s{1,8}"([\w-]{2,64})"\s{0,8}\{[^{}"]{0,200}(?:"[^"{}]{0,200}"[^{}"]{0,100}){0,4}?\b(?:default|value)\s{0,16}=\s{0,16}(?="))()"([^"\r\n]{1,1024})"/g;

const MAX_BETWEEN = 400;
const VALUE_AFTER = new RegExp(
  `^["']?\\s{0,64},?[^{}]{0,300}?(?<=["'\\s,])(?:${VALUE_WORDS})["']?\\s{0,8}[:=]\\s{0,8}(?:\\{\\s{0,8}["'](?:(?:string|secret)_?(?:value)?|value|text|plain|S)["']\\s{0,8}:\\s{0,8}|\\[\\s{0,8})?(?=\\S)`,
  "i",
);

function valueAt(
  text: string,
  start: number,
): { content: string; quote: string; end: number; isClosed: boolean } | undefined {
  const first = text[start];
  if (first === '"' || first === "'") {
    const end = measureQuoted(text, start);
    const isClosed = end > start + 1 && text[end - 1] === first;
    return { content: text.slice(start + 1, isClosed ? end - 1 : end), quote: first, end, isClosed };
  }
  BARE.lastIndex = start;
  const content = BARE.exec(text)?.[0];
  return content === undefined ? undefined : { content, quote: "", end: start + content.length, isClosed: true };
}

/** A tag's end is no part of it; an apostrophe is. */
const BARE = /(?:(?!\/?>(?:[\s<]|$))[^\s"'{}[\],]|(?<=\w)["'](?=\w))+/y;

/** The value first. */
const VALUE_FIRST = new RegExp(
  `(["'](?:${VALUE_WORDS})["']\\s{0,8}:\\s{0,8}(["']))((?:(?!\\2)[^\\\\]|\\\\.){1,4096})(["'](?:\\s{0,64},[^{}[\\]]{0,128}?)?\\s{0,64},\\s{0,64}["'](?:${NAMES})["']\\s{0,8}:\\s{0,8}["']([\\w.$-]{2,64})["'])`,
  "gi",
);

/** The same on lines, as YAML has it: `- value: …`, and `name: PASSWORD` on the next one. */
const LINE_FIRST = new RegExp(
  `((?:^|\\n)[ \\t]{0,64}(?:-[ \\t]{1,8})?(?:${VALUE_WORDS}):[ \\t]{1,8}["']?)()([^\\s"'](?:[^\\r\\n"']|["'](?![ \\t]{0,8}[\\r\\n])){0,1024})(["']?[ \\t]{0,8}\\r?\\n[ \\t]{1,64}(?:${NAMES}):[ \\t]{1,8}["']?([\\w.$-]{2,64})["']?[ \\t]{0,8}(?=\\r?\\n|$))`,
  "gi",
);

/** `"--api-key", "…"`, wherever it stands in a list of arguments. */
const FLAG_PAIR =
  /(["']--?([A-Za-z][\w-]{1,63})["']\s{0,16},\s{0,64}(["']))((?:(?!\3)[^\\\r\n-]|\\.)(?:(?!\3)[^\\\r\n]|\\.){0,4096})\3/g;

/** A list of two, or a tuple: also of a header's name and value. */
const ITEM_PAIR =
  /([[(]\s{0,64}["']([A-Za-z][\w.$-]{1,63})["']\s{0,16},\s{0,64}(["']))((?:(?!\3)[^\\\r\n]|\\.){1,4096})\3(?=\s{0,64}[\])])/g;
