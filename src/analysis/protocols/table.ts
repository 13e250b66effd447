import type { Exchange, ExchangeKinds } from "../../model/index.ts";
import { HTTP } from "../http/row.ts";
import { OPAQUE } from "../opaque/row.ts";
import type { ProtocolRow } from "./protocol-row.ts";

/** The protocols there are, by the kind of their exchanges. One row each: docs/adding-a-protocol.md. */
export const PROTOCOLS: { readonly [Kind in keyof ExchangeKinds]: ProtocolRow<Kind> } = {
  http: HTTP,
  opaque: OPAQUE,
};

/** The row of the exchange's kind: it may be asked about this exchange. */
export function rowOf(exchange: Exchange): ProtocolRow<Exchange["kind"], Exchange> {
  return PROTOCOLS[exchange.kind] as unknown as ProtocolRow<Exchange["kind"], Exchange>;
}
