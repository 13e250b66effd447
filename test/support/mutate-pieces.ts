import type { Direction } from "../../src/model/index.ts";
import type { Random } from "./random.ts";

/** Bytes that one side of a connection sends. */
export type DirectedBytes = { readonly direction: Direction; readonly bytes: Uint8Array };

/** A conversation with up to three faults: bits that flip, pieces that are cut, lost, sent twice, late or with other bytes in them. */
export function mutatePieces(base: readonly DirectedBytes[], random: Random): DirectedBytes[] {
  const pieces = base.map(({ direction, bytes }) => ({ direction, bytes: Uint8Array.from(bytes) }));
  for (let times = random.below(4); times > 0; times--) {
    const at = random.below(pieces.length);
    const { direction, bytes } = pieces[at]!;
    switch (random.below(6)) {
      case 0:
        bytes[random.below(bytes.length)]! ^= 1 << random.below(8);
        break;
      case 1:
        pieces[at] = { direction, bytes: bytes.slice(0, 1 + random.below(bytes.length)) };
        break;
      case 2:
        if (pieces.length > 1) pieces.splice(at, 1);
        break;
      case 3:
        pieces.splice(at, 0, { direction, bytes: bytes.slice() });
        break;
      case 4:
        pieces.push(...pieces.splice(at, 1));
        break;
      default: {
        const from = random.below(bytes.length);
        const rest = bytes.slice(from + random.below(20));
        pieces[at] = {
          direction,
          bytes: Uint8Array.from([...bytes.subarray(0, from), ...rest, ...random.bytes(8), 0x0a]),
        };
      }
    }
  }
  return pieces;
}
