import { markNamed, markValue, type TextRedaction } from "../text-redaction.ts";
import { isSecretValue, looksSecret } from "../values/secret-value.ts";
import { decodeEscapes, decodePercent } from "./decode-written.ts";
import { measureQuoted, measureStructure } from "./measure-value.ts";

/** Where a name was found: it begins at `begin`, what may be its value at `start`. */
export interface Site {
  readonly text: string;
  readonly name: string;
  readonly begin: number;
  readonly start: number;
  /** Around the name. */
  readonly quote: string | undefined;
  /** Between name and value: `=`, `:`, `=>`, `:=`. */
  readonly joint: string;
}

/** The text to write from `start` to `end`. */
export interface Replacement {
  readonly text: string;
  readonly end: number;
}

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
  if (/^[{[]\s*[}\]]?$/.test(content)) return undefined;
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
  const below = HEREDOC.exec(line) ?? CONTINUED.exec(line);
  if (below !== null) return replaceBelow(site, line, below[1], redaction);
  const pattern = redaction.names.judge(name).kind === "weak" ? WEAK_VALUE : VALUE;
  pattern.lastIndex = start;
  const value = /[=&;]/.test(line) ? pattern.exec(text)?.[0].replace(/[)\]},.]+$/, "") : trimLine(line);
  if (value === undefined || value === "") return undefined;
  const mark = markNamed(redaction, name, redaction.marker.keepsLength ? value : decodePercent(value));
  return mark === undefined ? undefined : { text: mark, end: start + value.length };
}

/** HCL and shells: `name = <<EOF`, and the lines up to that word. */
const HEREDOC = /^<<[-~]?[ \t]{0,4}["']?(\w{1,64})["']?[ \t]*$/;
/** Properties: the value goes on on the next line. */
const CONTINUED = /^[^\s\\]*\\[ \t]*$/;

/** @param word the last line, of which nothing else is on it; undefined where lines go on as long as they end in a backslash */
function replaceBelow(
  { text, name, start }: Site,
  line: string,
  word: string | undefined,
  redaction: TextRedaction,
): Replacement | undefined {
  const most = redaction.names.judge(name).kind === "weak" ? MAX_WEAK_BELOW : MAX_BELOW;
  const first = start + line.length;
  let end = first;
  LINE.lastIndex = first;
  for (let match = LINE.exec(text); match !== null && end - first < most; match = LINE.exec(text)) {
    if (word !== undefined && match[1]!.trim() === word) break;
    end = LINE.lastIndex;
    if (word === undefined && !/\\[ \t]*$/.test(match[1]!)) break;
  }
  const value = text.slice(word === undefined ? start : first, end);
  const mark = end === first ? undefined : markNamed(redaction, name, value.replace(/\\?\s+/g, " ").trim());
  if (mark === undefined) return undefined;
  if (redaction.marker.keepsLength)
    return { text: text.slice(start, end).replace(value, redaction.marker.mark(name, value)), end };
  return { text: word === undefined ? mark : `${line}\n${mark}`, end };
}

const MAX_BELOW = 65_536;
const MAX_WEAK_BELOW = 512;

const VALUE = /(?:(?!,\s|,[\w.-]{1,64}=)[^&;#\s"'<>`])+/y;
/** One that may not be secret is looked at within bounds, for the search to be linear. */
const WEAK_VALUE =
  /(?:(?!,\s|,[\w.-]{1,64}=)[^=&;#\s"'<>`]){1,512}(?:=(?:(?!,\s|,[\w.-]{1,64}=)[^=&;#\s"'<>`]){1,512})?={0,2}/y;
const MAX_WEAK = 2048;
const MAX_WEAK_LINES = 64;

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

/** A value that the line ends, a block of indented lines (YAML), or the items of a list below. */
function replaceLine(site: Site, redaction: TextRedaction): Replacement | undefined {
  const { text, name, start, begin } = site;
  const line = restOfLine(text, start);
  if (/^[|>][+-]?\d?[+-]?[ \t]*(?:[ \t]#.*)?$/.test(line)) return replaceBlock(site, line, redaction);
  if (/^[ \t]*(?:#.*)?$/.test(line)) return replaceItemLines(site, line, redaction);
  const value = trimLine(line);
  const isCookie = /^(?:set-)?cookie2?$/i.test(name) && value.includes("=");
  const mark = isCookie ? redaction.marker.mark(name, value) : markNamed(redaction, name, value);
  if (mark === undefined) return undefined;
  // A header's value that goes on on the next line (RFC 9112 §5.2), where this one began its line.
  const folded =
    begin === 0 || text[begin - 1] === "\n"
      ? /^(?:\r?\n[ \t]+[^\s:][^\r\n:]*(?=\r?\n|$))+/.exec(text.slice(start + line.length, start + line.length + 4096))
      : null;
  return { text: mark, end: start + (folded === null ? value.length : line.length + folded[0].length) };
}

function replaceBlock(
  { text, name, start, begin }: Site,
  line: string,
  redaction: TextRedaction,
): Replacement | undefined {
  const most = redaction.names.judge(name).kind === "weak" ? MAX_WEAK_LINES : Number.POSITIVE_INFINITY;
  const { lines, end } = indentedLines(text, start + line.length, indentOf(text, begin), most);
  const value = lines.map(({ content }) => content.trim()).join("\n");
  const mark = markNamed(redaction, name, value);
  if (mark === undefined || lines.length === 0) return undefined;
  const lineBreak = /^\r?\n/.exec(text.slice(start + line.length))?.[0] ?? "\n";
  const indent = /^[ \t]*/.exec(lines[0]!.content)![0];
  if (!redaction.marker.keepsLength) return { text: line + lineBreak + indent + mark, end };
  return { text: text.slice(start, end).replace(/(?<=\n)[^\r\n]+/g, (one) => redaction.marker.mark(name, one)), end };
}

/** `name:` and below it the value, or `- one`, `- two`. */
function replaceItemLines(
  { text, name, start, begin }: Site,
  line: string,
  redaction: TextRedaction,
): Replacement | undefined {
  const indent = indentOf(text, begin);
  const { lines } = indentedLines(text, start + line.length, indent - 1, MAX_WEAK_LINES);
  const [first, second] = lines;
  const isAlone =
    first !== undefined && indentIn(first) > indent && (second === undefined || indentIn(second) <= indent);
  if (isAlone && SCALAR.test(first.content)) {
    const value = first.content.trim();
    const mark = markNamed(redaction, name, value);
    const from = first.end - first.content.trimStart().length;
    return mark === undefined ? undefined : { text: text.slice(start, from) + mark, end: from + value.length };
  }
  const other = lines.findIndex(({ content }) => !ITEM.test(content));
  const end = lines.at(other < 0 ? lines.length - 1 : other - 1)?.end;
  if (end === undefined || other === 0) return undefined;
  const replaced = text
    .slice(start, end)
    .replace(/(?<=\n[ \t]*-[ \t]+)(["']?)([^\r\n"']+)\1/g, (whole, quote: string, item: string) => {
      const mark = markNamed(redaction, name, item);
      return mark === undefined ? whole : quote + mark + quote;
    });
  return replaced === text.slice(start, end) ? undefined : { text: replaced, end };
}

/** A text of one word, which is no name, no item and no line of a table. */
const SCALAR = /^[ \t]*[^\s:{[|<#-][^\s:{[|<]*[ \t]*$/;
const ITEM = /^[ \t]*-[ \t]+[^\s:{[][^\r\n{[]*$/;

const VARIABLE = /^\$[A-Za-z_]\w{0,63}$/;
const TYPE = /^\[?[A-Z][A-Za-z]{1,63}!?\]?!?$/;

/** How much of a line is looked at for a value that stands in it. */
const MAX_WORD = 4096;

/** After other words of a line: the next word, where it is no word of the language. */
function replaceWord({ name, start }: Site, line: string, redaction: TextRedaction): Replacement | undefined {
  const [whole = "", scheme = "", word = ""] =
    /^((?:Basic|Bearer|Digest|Token|OAuth)[ \t]+)?([^\s"'<>;]+)/i.exec(line) ?? [];
  const value = word.replace(/[),.\]}]+$/, "");
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

function indentIn({ content }: IndentedLine): number {
  return content.length - content.trimStart().length;
}

function indentOf(text: string, begin: number): number {
  const near = text.slice(Math.max(0, begin - 64), begin);
  return /^[ \t]*/.exec(near.slice(near.lastIndexOf("\n") + 1))![0].length;
}

/** The lines after a line's end that are indented by more, and empty ones between; the end is that of the last one. */
function indentedLines(
  text: string,
  from: number,
  indent: number,
  most: number,
): { lines: IndentedLine[]; end: number } {
  const lines: IndentedLine[] = [];
  let end = from;
  LINE.lastIndex = from;
  for (let match = LINE.exec(text); match !== null; match = LINE.exec(text)) {
    const [whole, content] = match as unknown as [string, string];
    if (content.trim() !== "") {
      if (/^[ \t]*/.exec(content)![0].length <= indent) break;
      if (lines.length === most) break;
      end = match.index + whole.length;
      lines.push({ content, end });
    }
    if (LINE.lastIndex >= text.length) break;
  }
  return { lines, end };
}

interface IndentedLine {
  readonly content: string;
  readonly end: number;
}

const LINE = /\r?\n([^\r\n]*)/y;

function restOfLine(text: string, start: number): string {
  REST.lastIndex = start;
  return REST.exec(text)?.[0] ?? "";
}

const REST = /[^\r\n]*/y;

/** Without white space at the end, a comma of JavaScript, and what closes the value's surroundings. */
function trimLine(line: string): string {
  return line.replace(/[ \t]+$/, "").replace(/(?<=\S)[,;]$/, "");
}
