import type { Exchange, HttpExchange } from "../../model/index.ts";

/** The exchange, if it is one of HTTP. */
export function asHttpExchange(exchange: Exchange): HttpExchange | undefined {
  return exchange.kind === "http" ? exchange : undefined;
}
