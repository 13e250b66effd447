import { FilterFault } from "../filter-error.ts";
import type { LiteralNode } from "./node.ts";

const NUMBER =
  /(?:0[xX][\da-fA-F]+[uU]?|(?:\d+\.\d+(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\d+[uU]?))/y;
const STRING =
  /((?:[rR][bB]?|[bB][rR]?)?)(?:'''([\s\S]*?)'''|"""([\s\S]*?)"""|'((?:\\[\s\S]|[^'\\\n\r])*)'|"((?:\\[\s\S]|[^"\\\n\r])*)")/y;
const RAW_STRING = /((?:[rR][bB]?|[bB][rR]))(?:'''([\s\S]*?)'''|"""([\s\S]*?)"""|'([^'\n\r]*)'|"([^"\n\r]*)")/y;
const TRIPLE = /((?:[bB])?)(?:'''((?:\\[\s\S]|(?!''')[^\\])*)'''|"""((?:\\[\s\S]|(?!""")[^\\])*)""")/y;

/** A number at `at`, with a minus before it if `negative`; undefined where none begins. @throws FilterFault */
export function readNumber(text: string, at: number, start: number, negative: boolean): LiteralNode | undefined {
  NUMBER.lastIndex = at;
  const [written] = NUMBER.exec(text) ?? [];
  if (written === undefined) return undefined;
  const end = at + written.length;
  const node = { kind: "literal", start, end } as const;
  if (/^0x/i.test(written) ? /u$/i.test(written) : /u$/i.test(written)) {
    const value = BigInt(written.slice(0, -1));
    if (value > 0xffff_ffff_ffff_ffffn) throw new FilterFault(`${written} is too large for uint`, start, end);
    if (negative) throw new FilterFault(`-${written} is no uint`, start, end);
    return { ...node, type: "uint", value };
  }
  if (/^(?:0x[\da-f]+|\d+)$/i.test(written)) {
    const value = negative ? -BigInt(written) : BigInt(written);
    if (BigInt.asIntN(64, value) !== value)
      throw new FilterFault(`${text.slice(start, end)} is too large for int`, start, end, "64 bits hold it");
    return { ...node, type: "int", value };
  }
  const value = negative ? -Number(written) : Number(written);
  if (!Number.isFinite(value)) throw new FilterFault(`${written} is too large for double`, start, end);
  return { ...node, type: "double", value };
}

/** A text or bytes at `at`; undefined where none begins. @throws FilterFault where one is not closed, or has a wrong escape */
export function readString(text: string, at: number): LiteralNode | undefined {
  const opening = /(?:[rR][bB]?|[bB][rR]?)?['"]/y;
  opening.lastIndex = at;
  const [opened] = opening.exec(text) ?? [];
  if (opened === undefined) return undefined;
  const prefix = opened.slice(0, -1).toLowerCase();
  const quote = at + prefix.length;
  const triple = text.startsWith(text[quote]!.repeat(3), quote);
  const pattern = prefix.includes("r") ? RAW_STRING : triple ? TRIPLE : STRING;
  pattern.lastIndex = at;
  const match = pattern.exec(text);
  if (match === null)
    throw new FilterFault(
      "a string is not closed",
      quote,
      text.length,
      `add ${text[quote]!.repeat(triple ? 3 : 1)} at its end`,
    );
  const end = at + match[0].length;
  const content = (match[2] ?? match[3] ?? match[4] ?? match[5] ?? "").replace(/\r\n?/g, "\n");
  const contentStart = quote + (triple ? 3 : 1);
  const node = { kind: "literal", start: at, end } as const;
  if (prefix.includes("b"))
    return {
      ...node,
      type: "bytes",
      value: prefix.includes("r") ? utf8Encode(content) : unescapeBytes(content, contentStart),
    };
  return { ...node, type: "string", value: prefix.includes("r") ? content : unescapeText(content, contentStart) };
}

const ESCAPE = /\\(?:([abfnrtv\\?"'`])|[xX]([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([0-7]{3})|([\s\S]))/g;
const CONTROL: Readonly<Record<string, number>> = { a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11 };

function unescapeText(content: string, start: number): string {
  return content.replace(ESCAPE, (written, simple, hex, short, long, octal, other, ...rest) => {
    const place = start + (rest[0] as number);
    if (other !== undefined) throw wrongEscape(written, place);
    const point = codeOf(simple, hex, short, long, octal, written, place);
    if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) throw wrongEscape(written, place);
    return String.fromCodePoint(point);
  });
}

/** In bytes `\xff` and `\377` are one byte each, and what is written plainly is UTF-8. */
function unescapeBytes(content: string, start: number): Uint8Array {
  const bytes: number[] = [];
  let at = 0;
  for (const match of content.matchAll(ESCAPE)) {
    const [written, simple, hex, short, long, octal, other] = match;
    const place = start + match.index;
    bytes.push(...utf8Encode(content.slice(at, match.index)));
    at = match.index + written.length;
    if (other !== undefined || short !== undefined || long !== undefined) throw wrongEscape(written, place);
    bytes.push(codeOf(simple, hex, short, long, octal, written, place));
  }
  bytes.push(...utf8Encode(content.slice(at)));
  return Uint8Array.from(bytes);
}

function codeOf(
  simple: string | undefined,
  hex: string | undefined,
  short: string | undefined,
  long: string | undefined,
  octal: string | undefined,
  written: string,
  place: number,
): number {
  if (simple !== undefined) return CONTROL[simple] ?? simple.charCodeAt(0);
  if (octal !== undefined) {
    const value = Number.parseInt(octal, 8);
    if (value > 0o377) throw wrongEscape(written, place);
    return value;
  }
  return Number.parseInt((hex ?? short ?? long)!, 16);
}

function wrongEscape(written: string, place: number): FilterFault {
  return new FilterFault(
    `${written} is no escape`,
    place,
    place + written.length,
    "a backslash itself is written \\\\, or r'…'",
  );
}

function utf8Encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
