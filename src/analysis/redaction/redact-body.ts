import type { Body } from "../../model/index.ts";
import { redactForm, redactJson, redactMultipart, redactText, type TextRedaction } from "./redact-text.ts";
import { SECRET_SHAPES } from "./rules.ts";

/** A body with the secrets in it replaced; the same object when there are none. `type` is its Content-Type. */
export function redactBody(body: Body, type: string, redaction: TextRedaction): Body {
  const bytes = redactBytes(body.bytes, type, redaction);
  return bytes === body.bytes ? body : { ...body, bytes };
}

/**
 * Text is searched for members, fields and parameters by name, and for shapes. In other bytes only shapes are found, and
 * they are covered with as many `*`, so that lengths in the format around them stay true.
 */
export function redactBytes(bytes: Uint8Array, type: string, redaction: TextRedaction): Uint8Array {
  if (bytes.length === 0) return bytes;
  const text = decodeText(bytes);
  if (text === undefined) return coverShapes(bytes);
  const redacted = redactContent(text, type, redaction);
  return redacted === text ? bytes : new TextEncoder().encode(redacted);
}

function redactContent(text: string, type: string, redaction: TextRedaction): string {
  if (/^application\/x-www-form-urlencoded/i.test(type)) return redactText(redactForm(text, redaction), redaction);
  if (/^multipart\//i.test(type)) return redactText(redactMultipart(text, redaction), redaction);
  return redactText(text.includes('"') ? redactJson(text, redaction) : text, redaction);
}

/** UTF-8, of which the last character may be cut. */
function decodeText(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes, { stream: true });
  } catch {
    return undefined;
  }
}

function coverShapes(bytes: Uint8Array): Uint8Array {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  let covered: Uint8Array | undefined;
  for (const { pattern } of SECRET_SHAPES)
    for (const match of text.matchAll(pattern)) {
      covered ??= bytes.slice();
      covered.fill(0x2a, match.index, match.index + match[0].length);
    }
  return covered ?? bytes;
}
