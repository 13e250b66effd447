import type { GobCursor } from "./gob-cursor.ts";
import { GobError } from "./gob-error.ts";
import { MAX_DEFINITION_BYTES, MAX_TYPES } from "./limits.ts";
import { FIRST_USER_ID, readWireType, type WireType } from "./wire-type.ts";

/** The types that one stream has defined, by their ids. */
export class TypeTable {
  readonly #types = new Map<number, WireType>();
  #bytes = 0;

  get types(): ReadonlyMap<number, WireType> {
    return this.#types;
  }

  /**
   * Takes the definition of type `id` that stands in the rest of a message.
   * @throws GobError in Go's words; in ours where the stream defines more than is allowed (`MAX_TYPES`, `MAX_DEFINITION_BYTES`)
   */
  define(id: number, cursor: GobCursor): void {
    if (id < FIRST_USER_ID || this.#types.has(id)) throw new GobError("gob: duplicate type received");
    this.#bytes += cursor.remaining;
    if (this.#types.size >= MAX_TYPES) throw new GobError(`the stream defines more than ${MAX_TYPES} types`);
    if (this.#bytes > MAX_DEFINITION_BYTES)
      throw new GobError(`the stream defines its types in more than ${MAX_DEFINITION_BYTES} bytes`);
    this.#types.set(id, readWireType(cursor));
    if (cursor.remaining > 0) throw new GobError("extra data in buffer");
  }
}
