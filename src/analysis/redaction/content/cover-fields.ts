import { markNamed, type TextRedaction } from "../text-redaction.ts";

/**
 * Values in formats with lengths (MessagePack, CBOR, BSON, pickle, maps of Protobuf): a name, up to eight bytes that are no text, and a
 * text. It is covered as far as text goes: nothing says of which format it is, and with it what a length of it would be.
 * @param text bytes, a character each
 */
export function coverFields(text: string, redaction: TextRedaction): string {
  return text.replace(FIELD, (whole, name: string, between: string, value: string) => {
    for (const spelling of spellings(name)) {
      const mark = markNamed(redaction, spelling, value);
      if (mark !== undefined) return name + between + mark;
    }
    return whole;
  });
}

const FIELD = /(?<![\w.-])([A-Za-z_][\w.-]{2,63})([^\x20-\x7e]{1,8})([\x20-\x7e]{4,4096})/g;

/** CBOR's lengths may be letters (RFC 8949 §3.1): of a short text the one before it, of a longer one an `x` and a byte. */
function spellings(name: string): readonly string[] {
  const shown = name.endsWith("x") ? [name, name.slice(0, -1)] : [name];
  return shown.flatMap((one) => ((one.charCodeAt(0) & 0x1f) === one.length - 1 ? [one, one.slice(1)] : [one]));
}
