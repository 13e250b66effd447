/**
 * A prefix code (RFC 1951 §3.2.2) as one table: the next `bits` bits of the input, as they lie in it (least significant first),
 * index an entry of `symbol << 4 | length`; 0 where no code fits.
 */
export class HuffmanTable {
  readonly bits: number;
  readonly entries: Uint16Array;

  /** @param lengths the code length of each symbol; 0 for those that do not occur */
  constructor(lengths: Uint8Array) {
    let bits = 1;
    for (const length of lengths) if (length > bits) bits = length;
    this.bits = bits;
    this.entries = new Uint16Array(1 << bits);
    let code = 0;
    for (let length = 1; length <= bits; length++) {
      for (let symbol = 0; symbol < lengths.length; symbol++) {
        if (lengths[symbol] !== length) continue;
        if (code >= 1 << length) return;
        const entry = (symbol << 4) | length;
        for (let at = reverse(code, length); at < this.entries.length; at += 1 << length) this.entries[at] = entry;
        code++;
      }
      code <<= 1;
    }
  }
}

/** Whether no code is assigned twice: the lengths do not ask for more codes than there are. */
export function isDecodable(lengths: Uint8Array): boolean {
  let left = 1;
  const counts = new Uint16Array(16);
  for (const length of lengths) if (length > 0) counts[length]!++;
  for (let length = 1; length <= 15; length++) {
    left = left * 2 - counts[length]!;
    if (left < 0) return false;
  }
  return true;
}

function reverse(code: number, length: number): number {
  let reversed = 0;
  for (let bit = 0; bit < length; bit++) if ((code & (1 << bit)) !== 0) reversed |= 1 << (length - 1 - bit);
  return reversed;
}
