import { EXCHANGE_CODEC } from "../../../analysis/protocols/index.ts";
import type { Exchange } from "../../../model/index.ts";
import { Fields } from "../../../wire/json/fields.ts";
import { DocumentConnections } from "../../../wire/ndjson/index.ts";

/**
 * The exchange that a stored document says, as far as this version knows.
 * @param id its number in the store
 * @param connections those that were read before: exchanges of one connection share it
 */
export function readStoredDocument(document: string, id: number, connections = new DocumentConnections(1)): Exchange {
  const fields = new Fields({ ...(JSON.parse(document) as object), id });
  return EXCHANGE_CODEC.readDocument(fields, connections.find(fields.object("connection")));
}
