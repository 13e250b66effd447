import { escapeControl, escapeControlInJson } from "../../text/escape-control.ts";
import { type ByteString, fromByteString, toByteString, utf8SequenceLength } from "../go/byte-string.ts";

/**
 * A byte string without what would act on a terminal or forge a line (`escapeControl`); bytes that are not UTF-8 become `\\x9b`.
 */
export function escapeControls(text: ByteString): ByteString {
  if (!SUSPICIOUS.test(text)) return text;
  let valid = "";
  for (let at = 0; at < text.length; ) {
    const length = utf8SequenceLength(text, at);
    valid += length === 0 ? `\\x${text.charCodeAt(at).toString(16)}` : text.slice(at, at + length);
    at += Math.max(1, length);
  }
  return toByteString(escapeControl(fromByteString(valid)));
}

/** A JSON document in valid UTF-8 with JSON's escapes for what would act on a terminal and JSON itself leaves as it is. */
export function escapeJsonControls(json: ByteString): ByteString {
  return /[\x7f-\xff]/.test(json) ? toByteString(escapeControlInJson(fromByteString(json))) : json;
}

const SUSPICIOUS = /[\0-\x1f\x7f-\xff]/;
