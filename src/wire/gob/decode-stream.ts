import { compileStruct, hasCommonField, type StructReader } from "./compile.ts";
import { DefinitionCache, type Definitions } from "./definition-cache.ts";
import { GobCursor } from "./gob-cursor.ts";
import { GobError } from "./gob-error.ts";
import { readMessageSize, readTypeId } from "./message-head.ts";
import type { StructSchema } from "./schema.ts";
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
  readonly #definitions = new DefinitionCache();
  readonly #readers = new WeakMap<Definitions, Map<number, StructReader>>();
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
      const definitions = this.#definitions.find(bytes, start, end);
      cursor.reset(bytes, start + definitions.bytes.length, end);
      const size = readMessageSize(cursor);
      cursor.end = cursor.offset + size;
      const id = readTypeId(cursor);
      this.#readerOf(definitions, id)(cursor, target);
      return undefined;
    } catch (error) {
      if (error instanceof GobError) return error.message;
      throw error;
    }
  }

  #readerOf(definitions: Definitions, id: number): StructReader {
    let readers = this.#readers.get(definitions);
    if (readers === undefined) {
      readers = new Map();
      this.#readers.set(definitions, readers);
    }
    let read = readers.get(id);
    if (read === undefined) {
      read = this.#compile(definitions.types, id);
      readers.set(id, read);
    }
    return read;
  }

  #compile(types: ReadonlyMap<number, WireType>, id: number): StructReader {
    const read = compileStruct(types, id, this.#schema);
    const struct = types.get(id)?.struct;
    if (struct !== undefined && struct.fields.length > 0 && !hasCommonField(struct, this.#schema)) {
      const name = this.#schema.goType.slice(this.#schema.goType.lastIndexOf(".") + 1);
      throw new GobError(`gob: type mismatch: no fields matched compiling decoder for ${name}`);
    }
    return read;
  }
}
