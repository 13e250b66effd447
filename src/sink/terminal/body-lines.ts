import type { Body } from "../../model/index.ts";
import { escapeControl } from "../../wire/text/escape-control.ts";
import { hexDump } from "../../wire/text/hex-dump.ts";
import { formatSize } from "./units.ts";

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
  const text = decodeText(bytes);
  if (text === undefined) {
    const lines = hexDump(bytes.subarray(0, limits.bytes));
    if (bytes.length > limits.bytes) lines.push(`… ${formatSize(bytes.length - limits.bytes)} more`);
    return lines;
  }
  const shown = indentJson(text, type).slice(0, limits.characters);
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

/** Text is UTF-8 (its last character may be cut) with few control characters. */
function decodeText(bytes: Uint8Array): string | undefined {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
  } catch {
    return undefined;
  }
  const controls = text.match(/[\u0000-\u0008\u000e-\u001a\u001c-\u001f]/g)?.length ?? 0;
  return controls > text.length / 16 ? undefined : text;
}

/** Whole JSON, by its type or its look; anything else stays as it is. */
function indentJson(text: string, type: string): string {
  if (!/[/+]json\b/i.test(type) && !/^\s*[[{]/.test(text)) return text;
  if (text.length > MAX_JSON) return text;
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2);
  } catch {
    return text;
  }
}

/** Characters of a JSON text that is indented; a longer one is shown as it is. */
const MAX_JSON = 1024 * 1024;
