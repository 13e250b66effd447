/** A text of two bytes a character, and how it was written. */
export interface WideText {
  readonly text: string;
  readonly order: "utf-16le" | "utf-16be";
  readonly hasMark: boolean;
}

/** UTF-16: by its mark, by what the type says, or where nearly every second byte is zero. */
export function decodeWide(bytes: Uint8Array, type: string): WideText | undefined {
  if (bytes.length < 4) return undefined;
  const [first, second] = bytes as unknown as [number, number];
  const mark =
    first === 0xff && second === 0xfe ? "utf-16le" : first === 0xfe && second === 0xff ? "utf-16be" : undefined;
  const order = mark ?? orderOf(bytes, /charset="?utf-16/i.test(type));
  if (order === undefined) return undefined;
  const start = mark === undefined ? 0 : 2;
  const text = new TextDecoder(order).decode(bytes.subarray(start, bytes.length - (bytes.length % 2)));
  return { text, order, hasMark: mark !== undefined };
}

export function encodeWide(text: string, { order, hasMark }: WideText): Uint8Array {
  const written = hasMark ? `\ufeff${text}` : text;
  const view = new DataView(new ArrayBuffer(written.length * 2));
  for (let at = 0; at < written.length; at++) view.setUint16(at * 2, written.charCodeAt(at), order === "utf-16le");
  return new Uint8Array(view.buffer);
}

/** Where the zeros of ASCII stand. */
function orderOf(bytes: Uint8Array, isSaid: boolean): WideText["order"] | undefined {
  const length = Math.min(bytes.length & ~1, 512);
  let low = 0;
  let high = 0;
  for (let at = 0; at < length; at += 2) {
    if (bytes[at] === 0 && bytes[at + 1] !== 0) high++;
    if (bytes[at] !== 0 && bytes[at + 1] === 0) low++;
  }
  const least = isSaid ? 0.3 : 0.8;
  if (length < 8) return undefined;
  if (low * 2 >= length * least) return "utf-16le";
  return high * 2 >= length * least ? "utf-16be" : undefined;
}
