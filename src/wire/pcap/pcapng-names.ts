import { padded } from "./pcapng-format.ts";
import { readText, readUint16 } from "./pcapng-options.ts";

/**
 * Calls `visit` with each name in the body of a Name Resolution Block, `bytes[start, end)`: the place and size of the
 * address, and one name. Records of other kinds, and malformed ones, are passed over.
 */
export function visitNames(
  bytes: Uint8Array,
  start: number,
  end: number,
  littleEndian: boolean,
  visit: (addressStart: number, addressSize: 4 | 16, name: string) => void,
): void {
  let at = start;
  while (end - at >= 4) {
    const type = readUint16(bytes, at, littleEndian);
    const length = readUint16(bytes, at + 2, littleEndian);
    const valueStart = at + 4;
    const valueEnd = valueStart + length;
    if (type === RECORD_END || valueEnd > end) return;
    const size = type === RECORD_IPV4 ? 4 : type === RECORD_IPV6 ? 16 : 0;
    if (size !== 0 && length > size) {
      let nameStart = valueStart + size;
      while (nameStart < valueEnd) {
        const zero = bytes.subarray(nameStart, valueEnd).indexOf(0);
        const nameEnd = zero < 0 ? valueEnd : nameStart + zero;
        if (nameEnd > nameStart) visit(valueStart, size, readText(bytes, nameStart, nameEnd));
        nameStart = nameEnd + 1;
      }
    }
    at = valueStart + padded(length);
  }
}

const RECORD_END = 0;
const RECORD_IPV4 = 1;
const RECORD_IPV6 = 2;
