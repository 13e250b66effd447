import type { Application, Exchange, ExchangeKinds } from "../../model/index.ts";
import { DNS } from "../dns/row.ts";
import { HTTP } from "../http/row.ts";
import { OPAQUE } from "../opaque/row.ts";
import { REDIS } from "../redis/row.ts";
import type { ProtocolRow } from "./protocol-row.ts";

/**
 * The protocols there are, by the kind of their exchanges: one row each (docs/adding-a-protocol.md). Their detectors are asked in
 * this order.
 */
export const PROTOCOLS: { readonly [Kind in keyof ExchangeKinds]: ProtocolRow<Kind> } = {
  http: HTTP,
  opaque: OPAQUE,
  redis: REDIS,
  dns: DNS,
};

/** A row that may be asked about any exchange of its kind. */
export type AnyRow = ProtocolRow<Exchange["kind"], Exchange>;

/** The row of the exchange's kind. */
export function rowOf(exchange: Exchange): AnyRow {
  return PROTOCOLS[exchange.kind] as unknown as AnyRow;
}

/** All that runs inside an exchange, from the outside in: bodies are looked into for it (`ProtocolRow.applications`). */
export function applicationsIn(exchange: Exchange): readonly Application[] {
  return rowOf(exchange).applications?.(exchange) ?? exchange.application;
}

/** All rows, in their order. */
export const ROWS: readonly AnyRow[] = Object.values(PROTOCOLS) as unknown as readonly AnyRow[];

/** The row of that kind; undefined where there is none. */
export function findRow(kind: string | undefined): AnyRow | undefined {
  return ROWS.find((row) => row.kind === kind);
}

/** The row whose exchanges have such a `protocol`: for documents that do not tell their kind. */
export function rowSpeaking(protocol: string): AnyRow {
  return ROWS.find((row) => row.protocols.test(protocol)) ?? rowOfOpaque();
}

/** A protocol without a row is understood as bytes. */
function rowOfOpaque(): AnyRow {
  return PROTOCOLS.opaque as unknown as AnyRow;
}
