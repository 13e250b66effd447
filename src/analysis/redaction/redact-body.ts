import type { Body } from "../../model/index.ts";
import { redactJson } from "./redact-json.ts";
import { redactLinesWithNames, redactMarkup, redactSingleQuoted } from "./redact-markup.ts";
import { redactForm, redactMultipart, redactText, type TextRedaction } from "./redact-text.ts";

/** A body with the secrets in it replaced; the same object when there are none. `type` is its Content-Type. */
export function redactBody(body: Body, type: string, redaction: TextRedaction): Body {
  const bytes = redactBytes(body.bytes, type, redaction);
  return bytes === body.bytes ? body : { ...body, bytes };
}

/**
 * Text is searched for members, fields and parameters by name, and for shapes. In bytes that are no UTF-8 the same is found where
 * it is written in ASCII, and covered by what is as long, so that lengths in the format around it stay true.
 */
export function redactBytes(bytes: Uint8Array, type: string, redaction: TextRedaction): Uint8Array {
  if (bytes.length === 0) return bytes;
  const text = decodeText(bytes);
  if (text === undefined) return coverBytes(bytes, type, redaction);
  const redacted = redactContent(text, type, redaction);
  return redacted === text ? bytes : new TextEncoder().encode(redacted);
}

function redactContent(text: string, type: string, redaction: TextRedaction): string {
  if (/^application\/x-www-form-urlencoded/i.test(type)) return redactText(redactForm(text, redaction), redaction);
  if (/^multipart\//i.test(type)) return redactText(redactMultipart(text, redaction), redaction);
  let result = text.includes('"') ? redactJson(text, redaction) : text;
  if (MARKUP.test(type) && text.includes("<")) result = redactMarkup(result, redaction);
  if (NAMED_LINES.test(type)) result = redactLinesWithNames(result, redaction);
  if (text.includes("':")) result = redactSingleQuoted(result, redaction);
  return redactText(result, redaction);
}

/** Types that may have elements and attributes, or lines with a name and a value; nothing is said of what has no type. */
const MARKUP = /^$|xml|html/i;
const NAMED_LINES = /^$|^text\/plain|yaml|toml|properties/i;

/** Each line that is text on its own, whatever stands around it, and then all of it as content. */
export function redactLines(
  bytes: Uint8Array,
  redactLine: (line: string) => string,
  redactRest: (bytes: Uint8Array) => Uint8Array,
): Uint8Array {
  const lines: Uint8Array[] = [];
  for (let start = 0; start < bytes.length; ) {
    const feed = bytes.indexOf(0x0a, start);
    const end = feed < 0 ? bytes.length : feed + 1;
    const line = bytes.subarray(start, end);
    const text = decodeText(line);
    const redacted = text?.replace(/[^\r\n]+/, redactLine);
    lines.push(text === redacted || redacted === undefined ? line : new TextEncoder().encode(redacted));
    start = end;
  }
  const isText = decodeText(bytes) !== undefined;
  return isText ? redactRest(joinBytes(lines)) : joinBytes(lines.map(redactRest));
}

function joinBytes(pieces: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
}

/** UTF-8, of which the last character may be cut. */
function decodeText(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes, { stream: true });
  } catch {
    return undefined;
  }
}

function coverBytes(bytes: Uint8Array, type: string, redaction: TextRedaction): Uint8Array {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  const covered = redactContent(text, type, { ...redaction, marker: redaction.covering });
  return covered === text ? bytes : Uint8Array.from(covered, (character) => character.charCodeAt(0));
}
