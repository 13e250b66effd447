import type { Body } from "../../../model/index.ts";
import { TextMemo } from "../../../wire/text/text-memo.ts";
import { redactForm } from "../formats/redact-form.ts";
import { redactMultipart } from "../formats/redact-multipart.ts";
import { redactProtocolLines } from "../formats/redact-protocol-lines.ts";
import { hasBinaryControls, surveyBytes, surveyText } from "../look/survey-text.ts";
import type { TextRedaction } from "../text-redaction.ts";
import { coverFields } from "./cover-fields.ts";
import { redactTableText, redactText } from "./redact-text.ts";
import { decodeWide, encodeWide } from "./wide-text.ts";

/** A body with the secrets in it replaced; the same object when there are none. `type` is its Content-Type. */
export function redactBody(body: Body, type: string, redaction: TextRedaction): Body {
  const bytes = redactBytes(body.bytes, type, redaction);
  return bytes === body.bytes ? body : { ...body, bytes };
}

/**
 * Text is searched as `redactText` does, also as UTF-16. In bytes that are no text, or whose format has lengths, the same is found where it
 * is written in ASCII, and covered by what is as long.
 */
export function redactBytes(bytes: Uint8Array, type: string, redaction: TextRedaction): Uint8Array {
  if (bytes.length === 0) return bytes;
  const kind = CONTENT_KINDS.get(type);
  const text = kind === "binary" ? undefined : decodeText(bytes);
  const hasZeros = text === undefined ? bytes.includes(0) : text.includes("\0");
  const wide = hasZeros || bytes[0]! >= 0xfe ? decodeWide(bytes, type) : undefined;
  if (wide !== undefined) {
    const redacted = redactContent(wide.text, type, redaction);
    return redacted === wide.text ? bytes : encodeWide(redacted, wide);
  }

  if (text === undefined) return coverBytes(bytes, type, redaction);
  if (kind === "web-text") return redactWebText(bytes, text, redaction);
  const { grams } = redaction.table;
  // A character that is not ASCII has several bytes: the text has less characters then.
  const survey = text.length === bytes.length ? surveyBytes(bytes, grams) : surveyText(text, grams);
  if (hasBinaryControls(survey)) return coverBytes(bytes, type, redaction);
  const redacted = redactContent(text, type, redaction, survey);
  return redacted === text ? bytes : new TextEncoder().encode(redacted);
}

/** Frames of gRPC-Web in base64, padded wherever a piece was flushed: what is in them is covered. */
function redactWebText(bytes: Uint8Array, text: string, redaction: TextRedaction): Uint8Array {
  const redacted = text.replace(/[A-Za-z0-9+/]+={0,2}/g, (piece) => {
    const digits = piece.replace(/=+$/, "");
    // A digit alone holds no byte.
    if (digits.length % 4 === 1) return piece;
    const frames = Uint8Array.from(atob(digits), (character) => character.charCodeAt(0));
    const covered = coverBytes(frames, "application/grpc", redaction);
    return covered === frames ? piece : btoa(toCharacters(covered));
  });
  return redacted === text ? bytes : new TextEncoder().encode(redacted);
}

const GRPC_WEB_TEXT = /^application\/grpc-web-text/i;

/** Formats with lengths. */
const BINARY_TYPE =
  /^application\/(?:grpc(?!-web-text)|x-protobuf|protobuf|vnd\.google\.protobuf|octet-stream|x-?msgpack|msgpack|vnd\.msgpack|cbor|x-thrift|vnd\.apache\.thrift|avro|x-avro|x-amz-ion|amqp|x-hessian)/i;

function redactContent(
  text: string,
  type: string,
  redaction: TextRedaction,
  survey = surveyText(text, redaction.table.grams),
): string {
  switch (CONTENT_KINDS.get(type)) {
    case "form":
      return redactForm(text, redaction);
    case "multipart":
      return redactMultipart(text, type, redaction, (content, partType) => redactContent(content, partType, redaction));
    case "table":
      return redactTableText(text, redaction, survey);
    case "unknown":
      return redactAnything(text, redaction);
    default:
      return redactText(text, redaction, 0, survey);
  }
}

/** Texts that may be tables, and need not be of one kind. */
const TABLE_TYPE =
  /^text\/(?!html|xml|css|(?:x-)?(?:java|ecma)script|event-stream|vcard|calendar)|[/.+-]csv\b|spreadsheet/i;

/** By Content-Type; each process sees few. */
const CONTENT_KINDS = new TextMemo<ContentKind>(256, (type) => {
  if (BINARY_TYPE.test(type)) return "binary";
  if (GRPC_WEB_TEXT.test(type)) return "web-text";
  if (/^application\/x-www-form-urlencoded/i.test(type)) return "form";
  if (/^multipart\//i.test(type)) return "multipart";
  if (TABLE_TYPE.test(type)) return "table";
  return type === "" ? "unknown" : "text";
});

/** `binary` has lengths in it, `web-text` is base64 with such in it. */
type ContentKind = "form" | "multipart" | "table" | "unknown" | "text" | "binary" | "web-text";

/** A body of unknown type. */
function redactAnything(text: string, redaction: TextRedaction): string {
  const lines = redactProtocolLines(text, redaction);
  return FORM.test(lines)
    ? redactForm(lines, redaction)
    : MULTIPART.test(lines)
      ? redactUnknownMultipart(lines, redaction)
      : redactTableText(lines, redaction);
}

function redactUnknownMultipart(text: string, redaction: TextRedaction): string {
  return redactMultipart(text, "", redaction, (content, type) =>
    type === "" ? redactText(content, redaction) : redactContent(content, type, redaction),
  );
}

/** A body without a type that can be read in one way only. */
const FORM = /^[\w.~%+*[\]-]{1,128}=[\w.~%+*!'(),:@/-]*(?:&[\w.~%+*[\]-]{1,128}=[\w.~%+*!'(),:@/-]*)+$/;
const MULTIPART = /^(?:\r?\n)*--[^\r\n]{1,256}\r?\ncontent-/i;

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
    return isCut(bytes)
      ? new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes, { stream: true })
      : WHOLE.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Keeps nothing from one text to the next: a text that may be cut needs one of its own. */
const WHOLE = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Whether a character may have begun at the end, and not have ended. */
function isCut(bytes: Uint8Array): boolean {
  const { length } = bytes;
  for (let missing = 1; missing <= 3 && missing <= length; missing++) {
    const byte = bytes[length - missing]!;
    // The first byte of a character of two, three or four.
    if (byte >= 0xc0) return missing < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2);
    if (byte < 0x80) return false;
  }
  return false;
}

function coverBytes(bytes: Uint8Array, type: string, redaction: TextRedaction): Uint8Array {
  const text = toCharacters(bytes);
  const covering = { ...redaction, marker: redaction.covering };
  const hasLengths = BINARY_TYPE.test(type) || hasBinaryControls(surveyBytes(bytes, redaction.table.grams));
  const narrow = hasLengths ? coverWide(coverFields(text, covering), covering) : text;
  const covered = redactContent(narrow, type, covering);
  return covered === text ? bytes : Uint8Array.from(covered, (character) => character.charCodeAt(0));
}

/** Texts of UTF-16 among other bytes, a character of `text` each. */
function coverWide(text: string, covering: TextRedaction): string {
  if (!WIDE.test(text)) return text;
  return text.replace(WIDE_RUNS, (run) => {
    const narrow = run.replaceAll("\0", "");
    const covered = redactContent(narrow, "", covering);
    if (covered === narrow) return run;
    return run.startsWith("\0") ? covered.replace(/./gs, "\0$&") : covered.replace(/./gs, "$&\0");
  });
}

const WIDE = /[\t\r\n\x20-\x7e]\0[\x20-\x7e]\0[\x20-\x7e]\0[\x20-\x7e]\0/;
const WIDE_RUNS = /(?:[\t\r\n\x20-\x7e]\0){8,65536}|(?:\0[\t\r\n\x20-\x7e]){8,65536}/g;

/** A character each. */
function toCharacters(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return text;
}
