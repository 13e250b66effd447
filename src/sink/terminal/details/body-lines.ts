import type { Body } from "../../../model/index.ts";
import { indentJson } from "../../../wire/json/indent-json.ts";
import { escapeControl } from "../../../wire/text/escape-control.ts";
import { hexDump } from "../../../wire/text/hex-dump.ts";
import { formatSize } from "../units.ts";

export interface BodyLimits {
  /** Characters of a text that are shown. */
  readonly characters: number;
  /** Bytes of anything else that are shown, in hexadecimal. */
  readonly bytes: number;
}

const DEFAULT_BODY_LIMITS: BodyLimits = { characters: 64 * 1024, bytes: 4096 };

/** A body for people, by its media type: JSON indented, text as it is, the rest in hexadecimal; with a note of what is not shown. */
export function bodyLines(body: Body, type = "", limits: BodyLimits = DEFAULT_BODY_LIMITS): string[] {
  if (body.bytes.length === 0) return body.size === 0 ? [] : [`(${formatSize(body.size)}, not kept)`];
  return [...contentLines(body.bytes, type, limits), ...bodyNotes(body)];
}

/** The same of bytes without headers: a message of a conversation. */
export function contentLines(bytes: Uint8Array, type = "", limits: BodyLimits = DEFAULT_BODY_LIMITS): string[] {
  const text = decodeText(bytes, limits.characters);
  if (text === undefined) {
    const lines = hexDump(bytes.subarray(0, limits.bytes));
    if (bytes.length > limits.bytes) lines.push(`… ${formatSize(bytes.length - limits.bytes)} more`);
    return lines;
  }
  const shown = (indentedJson(text, type, limits.characters) ?? text).slice(0, limits.characters);
  const lines = escapeControl(shown.replaceAll("\r\n", "\n").replace(/\n$/, ""), "lines").split("\n");
  if (text.length > limits.characters) lines.push(`… ${text.length - limits.characters} characters more`);
  return lines;
}

function bodyNotes({ size, bytes, truncated, complete, decodedFrom }: Body): string[] {
  const notes: string[] = [];
  if (decodedFrom !== undefined)
    notes.push(`decoded from ${escapeControl(decodedFrom)}, ${formatSize(size)} on the wire`);
  if (truncated) notes.push(decodedFrom === undefined ? `${bytes.length} of ${size} bytes were kept` : "cut");
  if (!complete) notes.push("its end was not seen");
  return notes.length === 0 ? [] : [`(${notes.join("; ")})`];
}

/** Text is UTF-8 (its last character may be cut) with few control characters in the part that is shown. */
function decodeText(bytes: Uint8Array, shown: number): string | undefined {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
  } catch {
    return undefined;
  }
  const looked = Math.min(text.length, shown);
  let controls = 0;
  for (let at = 0; at < looked && controls <= looked / 16; at++) if (isControl(text.charCodeAt(at))) controls++;
  return controls > looked / 16 ? undefined : text;
}

/** Not tabulators, line breaks, form feeds and escapes. */
function isControl(code: number): boolean {
  return code < 0x20 && (code < 0x09 || code > 0x0d) && code !== 0x1b;
}

/** Whole JSON, by its type or its look. */
function indentedJson(text: string, type: string, limit: number): string | undefined {
  return /[/+]json\b/i.test(type) || /^\s*[[{]/.test(text) ? indentJson(text, limit) : undefined;
}
