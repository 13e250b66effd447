import type { Exchange, ExchangeKind, ExchangeKinds, Outcome } from "../../model/index.ts";
import type { Attribute } from "../filter/attributes/attribute.ts";
import type { NameEvidence } from "../identity/name-evidence.ts";

/**
 * All that is known of one kind of exchange: whoever needs to know more of an exchange than `ExchangeBase` has asks its row
 * (`rowOf`), and nothing else asks for the kind. Pure functions, called once or more for each exchange that is shown.
 */
export interface ProtocolRow<Kind extends ExchangeKind = ExchangeKind, Of extends Exchange = ExchangeKinds[Kind]> {
  readonly kind: Kind;
  /** What the kind is, in one line for the documentation. */
  readonly doc: string;
  /** Names of the filter language that only exchanges of this kind have. */
  readonly attributes: readonly Attribute[];
  /** What was asked for, as a list shows it: `GET /cart`, `SET key`, `A example.com`. Few different ones: no query, no numbers of calls. */
  operation(exchange: Of): string;
  /** What became of it; undefined where what was seen does not tell. */
  outcome(exchange: Of): Outcome | undefined;
  /** Bytes on the wire, as the protocol counts them; a side that was never seen is absent. */
  sizes(exchange: Of): ExchangeSizes;
  /** What the exchange itself says of who asked, who answered, and of which trace it is part. */
  evidence(exchange: Of): NameEvidence;
}

export interface ExchangeSizes {
  readonly request?: number;
  readonly response?: number;
}
