import type { Exchange, ExchangeBase } from "../../model/index.ts";
import type { Fields } from "../../wire/json/fields.ts";
import type { JsonSchema } from "../../wire/ndjson/index.ts";

/** The part of an exchange's document (docs/read.md) that only its kind has. */
export interface DocumentCodec<Of extends Exchange> {
  /** The fields that `write` may give, by name. */
  readonly schema: Readonly<Record<string, JsonSchema>>;
  /** Its fields, beside the common ones. Undefined ones are left out. */
  write(exchange: Of): object;
  /**
   * Reads what `write` wrote, without loss. Anybody's document may come: fields that are absent or of another type are left out, and
   * what an exchange cannot be without gets a plain value.
   * @param base what was read of the common fields
   */
  read(document: Fields, base: ExchangeBase): Of;
}
