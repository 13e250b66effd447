import type { HttpExchange } from "./http-exchange.ts";
import type { OpaqueExchange } from "./opaque-exchange.ts";

/**
 * One request and its response (or as much of them as was seen), or one long conversation: told apart by `kind`. What only one
 * kind has is known in that protocol's folder and reached through its row (`src/analysis/protocols`).
 */
export type Exchange = ExchangeKinds[ExchangeKind];

/** `http`, `opaque`, …: which protocol's row understands it. */
export type ExchangeKind = keyof ExchangeKinds;

/** The kinds there are, by name. A protocol's folder adds its own by declaring this interface again (docs/adding-a-protocol.md). */
export interface ExchangeKinds {
  http: HttpExchange;
  opaque: OpaqueExchange;
}
