import { GobCursor } from "./gob-cursor.ts";
import { EOF, GobError, UNEXPECTED_EOF } from "./gob-error.ts";
import { readMessageSize, readTypeId } from "./message-head.ts";
import { TypeTable } from "./type-table.ts";
import type { WireType } from "./wire-type.ts";

/** The definitions that a stream begins with. */
export interface Definitions {
  readonly bytes: Uint8Array;
  readonly types: ReadonlyMap<number, WireType>;
}

/**
 * Reads the definitions at the beginning of streams that each define their types anew. They are the same bytes again and
 * again: what they were read to is kept under those bytes, and the same object is given for them.
 */
export class DefinitionCache {
  readonly #known: Definitions[] = [];

  /**
   * The definitions that `bytes[start, end)` begins with.
   * @throws GobError in Go's words, where the stream ends in them or they are no definitions
   */
  find(bytes: Uint8Array, start: number, end: number): Definitions {
    for (const known of this.#known) if (startsWith(bytes, start, end, known.bytes)) return known;
    const { types, offset } = readDefinitions(bytes, start, end);
    const known: Definitions = { bytes: bytes.slice(start, offset), types };
    if (this.#known.length >= MAX_KNOWN) this.#known.pop();
    // The longest first, so that definitions that begin like others do not hide behind them.
    this.#known.push(known);
    this.#known.sort((a, b) => b.bytes.length - a.bytes.length);
    return known;
  }
}

/** How many different sets of definitions are kept: one a version of the sender, in practice. */
const MAX_KNOWN = 8;

function startsWith(bytes: Uint8Array, start: number, end: number, prefix: Uint8Array): boolean {
  const { length } = prefix;
  if (end - start <= length) return false;
  for (let i = 0; i < length; i++) if (bytes[start + i] !== prefix[i]) return false;
  // Another definition may follow: then this is not all of them. A value's type id is positive, an even number on the wire.
  const size = bytes[start + length]!;
  const idAt = start + length + (size < 128 ? 1 : 257 - size);
  if (idAt >= end) return true;
  const first = bytes[idAt]!;
  const last = first < 128 ? first : bytes[Math.min(idAt + 256 - first, end - 1)]!;
  return (last & 1) === 0;
}

/** Reads the definitions at the beginning and gives where the message of the value begins. */
function readDefinitions(
  bytes: Uint8Array,
  start: number,
  end: number,
): { types: ReadonlyMap<number, WireType>; offset: number } {
  const table = new TypeTable();
  const cursor = new GobCursor();
  cursor.reset(bytes, start, end);
  for (;;) {
    const messageStart = cursor.offset;
    let size: number;
    try {
      size = readMessageSize(cursor);
    } catch (error) {
      // The end is an end of input only where a value could begin: not after a definition.
      if (error instanceof GobError && error.message === EOF && table.types.size > 0)
        throw new GobError(UNEXPECTED_EOF);
      throw error;
    }
    const messageEnd = cursor.offset + size;
    cursor.end = messageEnd;
    const id = readTypeId(cursor);
    if (id >= 0) return { types: table.types, offset: messageStart };
    table.define(-id, cursor);
    cursor.reset(bytes, messageEnd, end);
  }
}
