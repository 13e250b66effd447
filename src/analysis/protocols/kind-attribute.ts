import type { Exchange } from "../../model/index.ts";
import type { Attribute, Resolver } from "../filter/attributes/attribute.ts";

/**
 * A name of the filter language as a protocol's folder writes it: its getters are given exchanges of its own kind only. Several
 * kinds may have the same name with the same type and meaning (`request.size`): they become one row of the table of attributes.
 */
export interface KindAttribute<Of extends Exchange>
  extends Pick<Attribute, "name" | "type" | "phase" | "doc" | "values" | "form" | "normalizeKey" | "ofBodies"> {
  readonly get: Resolver<Of>;
  /** For a map: finds one entry without making the map. */
  readonly entry?: (key: string) => Resolver<Of>;
  /** For a text that comes as octets: these. */
  readonly octets?: Resolver<Of>;
  readonly entryOctets?: (key: string) => Resolver<Of>;
}
