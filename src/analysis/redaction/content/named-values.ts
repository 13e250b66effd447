import type { TextRedaction } from "../text-redaction.ts";
import { decodeEscapes } from "./decode-written.ts";
import { type JsonText, NO_MEMBER } from "./json-text.ts";
import type { Replacement } from "./named-site.ts";
import { replaceValue } from "./replace-value.ts";

/**
 * Values that have a name before them, in whatever notation: `"name": "value"` (JSON, also cut, and its like with single quotes),
 * `name: "value"` (YAML, JavaScript, GraphQL), `name = value`, `name=value` (queries, forms, logs, settings), `name: value` on a line of its
 * own (YAML, headers) and after words (logs). A secret's value may be an object, a list, or a block of lines.
 */
export function redactNamedValues(text: string, redaction: TextRedaction, json?: JsonText): string {
  const result = new Splices(text);
  if (json === undefined) redactNames(result, text, 0, redaction);
  else redactPlaces(result, json, redaction);
  return result.join();
}

/** Where the text of JSON may have secrets with names. */
function redactPlaces(result: Splices, { places }: JsonText, redaction: TextRedaction): void {
  const { text } = result;
  for (let at = 0; at < places.length; at += 3) {
    const [begin, end, start] = [places[at]!, places[at + 1]!, places[at + 2]!];
    if (end <= result.copied) continue;
    if (begin >= result.copied) {
      if (start === NO_MEMBER) redactNames(result, text.slice(begin, end), begin, redaction, 0, end - 1);
      else redactMember(result, begin, end, start, redaction);
      if (start !== NO_MEMBER || result.copied <= end) continue;
    }
    // The replaced value ends within another of JSON's texts, or anywhere: the rest is no JSON any more.
    redactNames(result, text, 0, redaction, result.copied);
    return;
  }
}

function redactMember(result: Splices, begin: number, end: number, start: number, redaction: TextRedaction): void {
  const { text } = result;
  const name = text.slice(begin + 1, end - 1);
  const { kind } = redaction.names.judge(name);
  if (kind !== "strong" && kind !== "weak") return;
  const found = replaceValue({ text, name, begin, start, quote: '"', joint: ":" }, redaction);
  if (found !== undefined) result.replace(start, found);
}

/**
 * In a piece of the whole text, which begins at `offset` of it.
 * @param from where in the piece; @param close where the quote is that closes the text of JSON which the piece is: what is written before it has no quotes
 */
function redactNames(
  result: Splices,
  piece: string,
  offset: number,
  redaction: TextRedaction,
  from = 0,
  close = 0,
): void {
  NAME.lastIndex = from;
  for (let match = NAME.exec(piece); match !== null; match = NAME.exec(piece)) {
    const [whole, quote, quoted, bare, separator] = match as unknown as [string, string?, string?, string?, string?];
    const name = quoted === undefined ? withoutScope(bare!, separator!) : decodeEscapes(quoted);
    const { kind } = redaction.names.judge(name);
    if (kind !== "strong" && kind !== "weak") continue;
    const start = offset + NAME.lastIndex;
    const begin = start - whole.length;
    const joint = separator!.trim();
    if (joint.startsWith("==") && !isGiven(result.text, begin, whole)) continue;
    const found = replaceValue({ text: result.text, name, begin, start, quote, joint }, redaction);
    if (found === undefined) continue;
    result.replace(start, found.end <= close ? { ...found, text: found.text.replaceAll('"', "") } : found);
    NAME.lastIndex = Math.max(start, found.end) - offset;
  }
}

/** `name==value` gives a parameter a value in a URL, on HTTPie's command line and where somebody's hand slipped; elsewhere it compares. */
function isGiven(text: string, begin: number, whole: string): boolean {
  return !/[ \t]=/.test(whole) && (begin === 0 || (/[\s"'?&]/.test(text[begin - 1]!) && text[begin - 2] !== "&"));
}

/** PowerShell's variables may have a scope: `$env:NAME = "…"`. */
function withoutScope(name: string, separator: string): string {
  return (SCOPES.has(name) ? SCOPED.exec(separator)?.[1] : undefined) ?? name;
}

const SCOPES: ReadonlySet<string> = new Set(["$env", "$global", "$script", "$local", "$private", "$using"]);
const SCOPED = /^:[ \t]{0,4}(\w{2,63})[ \t]*=/;

/** A text with pieces of it replaced, one behind the other. */
class Splices {
  readonly text: string;
  /** How much of the text stands in what was written already. */
  copied = 0;
  #written = "";

  constructor(text: string) {
    this.text = text;
  }

  replace(start: number, { text, end }: Replacement): void {
    this.#written += this.text.slice(this.copied, start) + text;
    this.copied = end;
  }

  join(): string {
    return this.copied === 0 ? this.text : this.#written + this.text.slice(this.copied);
  }
}

/**
 * A quote, a name, the same quote, as a subscript too; or a name that begins where no other can have begun. Then what joins name and value,
 * with a type between them where the value is in quotes (Kotlin, Rust, TypeScript): across lines only after a name in quotes.
 */
const NAME =
  /(?:(["'`])((?:[^"'`\\\r\n]|\\u[0-9a-fA-F]{4}){2,64})\1\]?\s{0,64}(?:\/\*[^*]{0,64}\*\/\s{0,8})?|(?<![\w.$%\]]|[\w.$%\]]-|[\w.$%[\]-]\[)([A-Za-z_$@%][\w.$%[\]-]{1,63})[ \t]{0,16})(=>|->|:=|=(?!=)|={2,3}(?=[^\s=&"'`])|:[ \t]{0,4}[&A-Za-z][\w<>?.&' ]{0,48}=(?=[ \t]{0,8}["'`])|:(?!\/\/))(?:(?<=["'`]\]?\s{0,64}(?:=>|:=|=|:))\s{0,64}|[ \t]{0,64})/g;
