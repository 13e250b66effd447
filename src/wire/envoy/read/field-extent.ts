/** The field does not end within the bytes that are there. */
export const INCOMPLETE = 0;
/** No field of the kind that traces are made of begins here. */
export const INVALID = -1;

/**
 * How many bytes the protobuf field at `bytes[start]` takes, tag and all, or INCOMPLETE, or INVALID. The length of a
 * length-delimited field may point behind `end`: its extent is known as soon as its length is there.
 */
export function measureField(bytes: Uint8Array, start: number, end: number): number {
  const tag = peekVarint(bytes, start, end);
  if (tag.length <= 0) return tag.length;
  if (tag.value < 8) return INVALID;
  const after = start + tag.length;
  switch (tag.value & 7) {
    case 0: {
      const { length } = peekVarint(bytes, after, end);
      return length <= 0 ? length : tag.length + length;
    }
    case 1:
      return tag.length + 8;
    case 2: {
      const { value, length } = peekVarint(bytes, after, end);
      return length <= 0 ? length : tag.length + length + value;
    }
    case 5:
      return tag.length + 4;
    default:
      return INVALID;
  }
}

/** The varint at `bytes[start]` and how long it is (INCOMPLETE, INVALID). Exact up to 2^53. */
export function peekVarint(bytes: Uint8Array, start: number, end: number): { value: number; length: number } {
  let value = 0;
  let scale = 1;
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return { value, length: at - start + 1 };
    scale *= 0x80;
    if (at - start === 9) return { value: 0, length: INVALID };
  }
  return { value: 0, length: INCOMPLETE };
}
