import { markNamed, type TextRedaction } from "../text-redaction.ts";

/**
 * Values in formats with lengths (MessagePack, CBOR, BSON, pickle, maps of Protobuf): a name, up to eight bytes that are no text, and a
 * text. It is covered as far as text goes: nothing says of which format it is, and with it what a length of it would be.
 * @param text bytes, a character each
 */
export function coverFields(text: string, redaction: TextRedaction): string {
  let result = "";
  let copied = 0;
  FIELD.lastIndex = 0;
  for (let match = FIELD.exec(text); match !== null; match = FIELD.exec(text)) {
    const [, before, value] = match as unknown as [string, string, string];
    const start = match.index + before.length;
    const marks = spellings(before.replace(BETWEEN, "")).map((spelling) => markNamed(redaction, spelling, value));
    const mark = marks.find((one) => one !== undefined);
    // A value that is no secret may be the name of the next field.
    FIELD.lastIndex = mark === undefined ? start : start + value.length;
    if (mark === undefined) continue;
    result += text.slice(copied, start) + mark;
    copied = start + value.length;
  }
  return copied === 0 ? text : result + text.slice(copied);
}

const FIELD = /(?<![\w.-])([A-Za-z_][\w.-]{2,63}[^\x20-\x7e]{1,8})(?=([\x20-\x7e]{4,4096}))/g;
const BETWEEN = /[^\x20-\x7e]+$/;

/**
 * CBOR's lengths may be letters (RFC 8949 §3.1): of a short text the one before it, of a longer one an `x` and a byte. Java's streams have a
 * `t` before each text.
 */
function spellings(name: string): readonly string[] {
  const shown = /[xt]$/.test(name) ? [name, name.slice(0, -1)] : [name];
  return shown.flatMap((one) => ((one.charCodeAt(0) & 0x1f) === one.length - 1 ? [one, one.slice(1)] : [one]));
}
