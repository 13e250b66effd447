import { markNamed, type TextRedaction } from "../text-redaction.ts";
import type { Replacement, Site } from "./named-site.ts";

/** A value that the line ends, a block of indented lines (YAML), or the items of a list below. */
export function replaceLine(site: Site, redaction: TextRedaction): Replacement | undefined {
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
    .replace(
      /(?<=\n[ \t]{0,256}-[ \t]{1,16})(["']?)([^\s"'](?:[^\r\n"']*[^\s"'])?)\1/g,
      (whole, quote: string, item: string) => {
        const mark = markNamed(redaction, name, item);
        return mark === undefined ? whole : quote + mark + quote;
      },
    );
  return replaced === text.slice(start, end) ? undefined : { text: replaced, end };
}

/** A text of one word, which is no name, no item and no line of a table. */
const SCALAR = /^[ \t]*[^\s:{[|<#-][^\s:{[|<]*[ \t]*$/;
const ITEM = /^[ \t]*-[ \t]+[^\s:{[][^\r\n{[]*$/;

/** Whether a value is not, or not only, on the line of its name. */
export function goesOnBelow(line: string): boolean {
  return HEREDOC.test(line) || CONTINUED.test(line);
}

/** HCL and shells: `name = <<EOF`, and the lines up to that word. */
const HEREDOC = /^<<[-~]?[ \t]{0,4}["']?(\w{1,64})["']?[ \t]*$/;
/** Properties: the value goes on on the next line. */
const CONTINUED = /^[^\s\\]*\\[ \t]*$/;

/** Up to a heredoc's last line, of which nothing else is on it; or as long as lines end in a backslash. @param line `goesOnBelow` */
export function replaceBelow(
  { text, name, start }: Site,
  line: string,
  redaction: TextRedaction,
): Replacement | undefined {
  const word = HEREDOC.exec(line)?.[1];
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
const MAX_WEAK_LINES = 64;

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

export function restOfLine(text: string, start: number): string {
  REST.lastIndex = start;
  return REST.exec(text)?.[0] ?? "";
}

const REST = /[^\r\n]*/y;

/** Without white space at the end, a comma of JavaScript, and what closes the value's surroundings. */
export function trimLine(line: string): string {
  return line.replace(/(?<![ \t])[ \t]+$/, "").replace(/(?<=\S)[,;]$/, "");
}
