/** Why a header could not be decoded, in the ledger's words. `short-…`: the captured bytes end inside it. */
export type DecodeProblem =
  | "short-link-header"
  | "malformed-link-header"
  | "encrypted-link"
  | "unknown-link-type"
  | "short-network-header"
  | "malformed-network-header"
  | "short-transport-header"
  | "malformed-transport-header";
