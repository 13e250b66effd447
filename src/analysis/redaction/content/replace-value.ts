import { markNamed, markValue, type TextRedaction } from "../text-redaction.ts";
import { isSecretValue, looksSecret } from "../values/secret-value.ts";
import { decodeEscapes, decodePercent } from "./decode-written.ts";
import { measureQuoted, measureStructure } from "./measure-value.ts";
import type { Replacement, Site } from "./named-site.ts";
import { goesOnBelow, replaceBelow, replaceLine, restOfLine, trimLine } from "./replace-lines.ts";

/** Gives what stands for the value at a site; undefined where it is no secret. */
export function replaceValue(site: Site, redaction: TextRedaction): Replacement | undefined {
  const { text, start, quote, joint } = site;
  const first = text[start];
  if (first === undefined || ENCODED_QUOTE.test(text.slice(start, start + 8))) return undefined;
  if (first === '"' || first === "'" || first === "`") return replaceQuoted(site, first, redaction);
  // `{{ … }}` is a template's.
  if (first === "[" || (first === "{" && text[start + 1] !== "{")) return replaceStructure(site, first, redaction);
  if (quote !== undefined) return replaceLiteral(site, redaction);
  return joint === ":" ? replaceAfterColon(site, redaction) : replaceAfterEquals(site, redaction);
}

/** The value is encoded as its surroundings are: they are decoded first. */
const ENCODED_QUOTE = /^(?:\\+["'u]|&(?:amp;)*(?:quot|apos|#34|#39|#x2)|%(?:25)*2[27])/i;

function replaceQuoted({ text, name, start }: Site, quote: string, redaction: TextRedaction): Replacement | undefined {
  const end = measureQuoted(text, start);
  const isClosed = end > start + 1 && text[end - 1] === quote;
  const content = text.slice(start + 1, isClosed ? end - 1 : end);
  const mark = markNamed(redaction, name, redaction.marker.keepsLength ? content : decodeEscapes(content));
  if (mark === undefined) return undefined;
  // A cut value is closed, as a mark is whole.
  const close = isClosed || !redaction.marker.keepsLength ? quote : "";
  return { text: quote + mark + close, end };
}

function replaceStructure(site: Site, first: string, redaction: TextRedaction): Replacement | undefined {
  const { text, name, start } = site;
  const isWeak = redaction.names.judge(name).kind === "weak";
  if (/^\W*(?:set-?)?cookies$/i.test(name) && first === "[") return replaceCookies(site, redaction);
  if (isWeak && (first === "{" || text[start + 1] === "{")) return undefined;
  const end = measureStructure(isWeak ? text.slice(0, start + MAX_WEAK) : text, start);
  const content = text.slice(start, end);
  if (isWeak) return replaceItems(site, content, redaction);
  if (/^[{[]\s*[}\]]?$/.test(content) || (name.startsWith("$") && TYPE.test(content))) return undefined;
  const mark = redaction.marker.mark(name, content);
  return { text: redaction.marker.keepsLength ? mark : `"${mark}"`, end };
}

/** Cookies with names of their own, as HAR has them. */
function replaceCookies({ text, start }: Site, redaction: TextRedaction): Replacement | undefined {
  const list = text.slice(start, measureStructure(text.slice(0, start + MAX_COOKIES), start));
  const replaced = list.replace(COOKIE_VALUE, (_whole, before: string, value: string) => {
    const mark = redaction.marker.mark("cookie", value);
    return before + mark;
  });
  return replaced === list ? undefined : { text: replaced, end: start + list.length };
}

const MAX_COOKIES = 8192;
const COOKIE_VALUE = /("value"\s{0,8}:\s{0,8}")((?:[^"\\]|\\.){1,8192})(?=")/g;

/** Picks from a list the values that look like secrets. */
function replaceItems({ name, start }: Site, list: string, redaction: TextRedaction): Replacement | undefined {
  const replaced = list.replace(/"((?:[^"\\]|\\.){4,512})"/g, (whole, item: string) => {
    const mark = markNamed(redaction, name, item);
    return mark === undefined ? whole : `"${mark}"`;
  });
  return replaced === list ? undefined : { text: replaced, end: start + list.length };
}

/** A number after a name in quotes, or a word. */
function replaceLiteral({ text, name, start }: Site, redaction: TextRedaction): Replacement | undefined {
  LITERAL.lastIndex = start;
  const value = LITERAL.exec(text)?.[0];
  if (value === undefined) return undefined;
  const mark = markNamed(redaction, name, value);
  if (mark === undefined) return undefined;
  return { text: redaction.marker.keepsLength ? mark : `"${mark}"`, end: start + value.length };
}

const LITERAL = /[^\s,;}\])"'`]+/y;

/** `name=value`, where `&`, `;`, white space and quotes end it; on a line of its own the line does. */
function replaceAfterEquals(site: Site, redaction: TextRedaction): Replacement | undefined {
  const { text, name, start, begin } = site;
  const line = isLineStart(text, begin) ? restOfLine(text, start) : "=";
  if (goesOnBelow(line)) return replaceBelow(site, line, redaction);
  const pattern = redaction.names.judge(name).kind === "weak" ? WEAK_VALUE : VALUE;
  pattern.lastIndex = start;
  const value = /[=&;]/.test(line) ? pattern.exec(text)?.[0].replace(CLOSING, "") : trimLine(line);
  if (value === undefined || value === "") return undefined;
  const decoded = redaction.marker.keepsLength ? value : decodePercent(value);
  const mark = markNamed(redaction, name, decoded);
  if (mark === undefined) return undefined;
  // `Bearer …` keeps its first word: in a URL the space between is encoded.
  return { text: decoded === value ? mark : mark.replaceAll(" ", "%20"), end: start + value.length };
}

const VALUE = /(?:(?!,\s|,[\w.-]{1,64}=)[^&;#\s"'<>`])+/y;
/** One that may not be secret is looked at within bounds, for the search to be linear. */
const WEAK_VALUE =
  /(?:(?!,\s|,[\w.-]{1,64}=)[^=&;#\s"'<>`]){1,512}(?:=(?:(?!,\s|,[\w.-]{1,64}=)[^=&;#\s"'<>`]){1,512})?={0,2}/y;
const MAX_WEAK = 2048;

function replaceAfterColon(site: Site, redaction: TextRedaction): Replacement | undefined {
  const { text, begin, start } = site;
  const before = text[begin - 1];
  if (before === ":" || before === "/" || before === ".") return undefined;
  if (before === '"' || before === "'") return replaceUpTo(site, before, redaction);
  if (isLineStart(text, begin)) return replaceLine(site, redaction);
  if (/[{,([]\s{0,8}$/.test(text.slice(Math.max(0, begin - 9), begin))) return replaceLiteralBare(site, redaction);
  return replaceWord(site, text.slice(start, start + MAX_WORD), redaction);
}

/** `"Authorization: Basic …"`. */
function replaceUpTo({ text, name, start }: Site, quote: string, redaction: TextRedaction): Replacement | undefined {
  const line = /^[^\r\n]*/.exec(text.slice(start, start + MAX_WORD))![0];
  const at = line.indexOf(quote);
  const value = at < 0 ? line : line.slice(0, at);
  const mark = markNamed(redaction, name, value);
  return mark === undefined ? undefined : { text: mark, end: start + value.length };
}

function replaceLiteralBare({ text, name, start }: Site, redaction: TextRedaction): Replacement | undefined {
  LITERAL.lastIndex = start;
  const value = LITERAL.exec(text)?.[0];
  // GraphQL's variables and their types: `login(token: $token)`, `query ($token: String!)`.
  if (value !== undefined && (VARIABLE.test(value) || (name.startsWith("$") && TYPE.test(value)))) return undefined;
  const mark = value === undefined ? undefined : markNamed(redaction, name, value);
  return mark === undefined ? undefined : { text: mark, end: start + value!.length };
}

const VARIABLE = /^\$[A-Za-z_]\w{0,63}$/;
const TYPE = /^\[?[A-Z][A-Za-z]{1,63}!?\]?!?$/;

/** The characters that close what a value stands in. A run of them is looked at from its first alone: from each it would take its square. */
const CLOSING = /(?<![)\]},.])[)\]},.]+$/;
/** How much of a line is looked at for a value that stands in it. */
const MAX_WORD = 4096;

/** After other words of a line: the next word, where it is no word of the language. */
function replaceWord({ name, start }: Site, line: string, redaction: TextRedaction): Replacement | undefined {
  const [whole = "", scheme = "", word = ""] =
    /^((?:Basic|Bearer|Digest|Token|OAuth)[ \t]+)?([^\s"'<>;]+)/i.exec(line) ?? [];
  const value = word.replace(CLOSING, "");
  const isSecret = looksSecret(value, { digits: 4, chosen: true }) || isMixed(value);
  if (!isSecret || !isSecretValue(redaction.names.judge(name), value)) return undefined;
  const mark = markValue(redaction.marker, name, scheme + value);
  return { text: mark, end: start + whole.length - (word.length - value.length) };
}

/** No word of a language: letters and digits. */
function isMixed(value: string): boolean {
  return value.length >= 8 && /[A-Za-z]/.test(value) && /\d/.test(value);
}

/** Nothing but white space, a list's dash, a quotation's sign or `export` stands before it on its line. */
function isLineStart(text: string, begin: number): boolean {
  const near = text.slice(Math.max(0, begin - 64), begin);
  return (near.includes("\n") || begin < 64) && LINE_START.test(near.slice(near.lastIndexOf("\n") + 1));
}

const LINE_START = /^[ \t]*(?:[-+>*#?][ \t]*){0,3}(?:export[ \t]+|set[ \t]+|ENV[ \t]+|ARG[ \t]+)?$/;
