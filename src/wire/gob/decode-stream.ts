import { compileStruct, hasCommonField, type StructReader } from "./compile.ts";
import { GobCursor } from "./gob-cursor.ts";
import { EOF, GobError, UNEXPECTED_EOF } from "./gob-error.ts";
import type { StructSchema } from "./schema.ts";
import { TypeTable } from "./type-table.ts";
import type { WireType } from "./wire-type.ts";

/**
 * Decodes gob streams that each hold the definitions of their types and one struct, over and over: what a sender makes that
 * opens a new encoder for every value. The definitions are the same bytes again and again, so what they compile to is kept
 * under those bytes.
 *
 *     | len id<0 definition | len id<0 definition | … | len id>0 struct |
 *     '------------- compared with the kept ones -----'   '- decoded -'
 */
export class StructStreamDecoder {
  readonly #schema: StructSchema;
  readonly #known: Known[] = [];
  readonly #cursor = new GobCursor();

  constructor(schema: StructSchema) {
    this.#schema = schema;
  }

  /**
   * Decodes `bytes[start, end)` into `target`, which has the fields of the schema at their zero values. Gives Go's error text;
   * what was read before the error stays in `target`.
   */
  decode(bytes: Uint8Array, start: number, end: number, target: Record<string, unknown>): string | undefined {
    try {
      const cursor = this.#cursor;
      const known = this.#find(bytes, start, end);
      cursor.reset(bytes, start + known.definitions.length, end);
      const size = readMessageSize(cursor);
      cursor.end = cursor.offset + size;
      const id = readTypeId(cursor);
      let read = known.readers.get(id);
      if (read === undefined) {
        read = this.#compile(known, id);
        known.readers.set(id, read);
      }
      read(cursor, target);
      return undefined;
    } catch (error) {
      if (error instanceof GobError) return error.message;
      throw error;
    }
  }

  #find(bytes: Uint8Array, start: number, end: number): Known {
    for (const known of this.#known) if (startsWith(bytes, start, end, known.definitions)) return known;
    const { types, offset } = readDefinitions(bytes, start, end);
    const known: Known = { definitions: bytes.slice(start, offset), types, readers: new Map() };
    if (this.#known.length >= MAX_KNOWN) this.#known.pop();
    // The longest first, so that definitions that begin like others do not hide behind them.
    this.#known.push(known);
    this.#known.sort((a, b) => b.definitions.length - a.definitions.length);
    return known;
  }

  #compile(known: Known, id: number): StructReader {
    const read = compileStruct(known.types, id, this.#schema);
    const struct = known.types.get(id)?.struct;
    if (struct !== undefined && struct.fields.length > 0 && !hasCommonField(struct, this.#schema)) {
      const name = this.#schema.goType.slice(this.#schema.goType.lastIndexOf(".") + 1);
      throw new GobError(`gob: type mismatch: no fields matched compiling decoder for ${name}`);
    }
    return read;
  }
}

interface Known {
  readonly definitions: Uint8Array;
  readonly types: ReadonlyMap<number, WireType>;
  readonly readers: Map<number, StructReader>;
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

/** The length of a message, which Go reads from the stream: there an end is told apart from a cut. */
function readMessageSize(cursor: GobCursor): number {
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
