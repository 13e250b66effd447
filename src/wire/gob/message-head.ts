import type { GobCursor } from "./gob-cursor.ts";
import { EOF, GobError, UNEXPECTED_EOF } from "./gob-error.ts";

/** The length of a message, which Go reads from the stream: there an end is told apart from a cut. */
export function readMessageSize(cursor: GobCursor): number {
  checkNotCut(cursor);
  const size = cursor.readCount();
  if (size >= MAX_SIZE_OF_GO) throw new GobError("invalid message length");
  if (size > cursor.remaining) throw new GobError(UNEXPECTED_EOF);
  return size;
}

/** The type id a message begins with: negative for the definition of a type. */
export function readTypeId(cursor: GobCursor): number {
  checkNotCut(cursor);
  return Number(BigInt.asIntN(32, BigInt(cursor.readInt())));
}

function checkNotCut(cursor: GobCursor): void {
  if (cursor.remaining === 0) throw new GobError(EOF);
  const first = cursor.bytes[cursor.offset]!;
  if (first >= 248 && cursor.remaining - 1 < 256 - first) throw new GobError(UNEXPECTED_EOF);
}

/** Go's own bound on a message, 8 GiB. Ours is set by whoever reads the stream. */
export const MAX_SIZE_OF_GO = 2 ** 33;
