import type { Exchange } from "../../model/index.ts";
import type { HarEntryContext } from "../../wire/exchange-codec.ts";
import type { Fields } from "../../wire/json/fields.ts";

/** An exchange as an entry of a HAR file, and back. */
export interface HarCodec<Of extends Exchange> {
  /** Bodies should have been decoded. */
  write(exchange: Of): object;
  read(entry: Fields, context: HarEntryContext): Of;
}
