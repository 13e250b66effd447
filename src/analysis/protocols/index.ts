export type { ExchangeCells, Tone } from "./exchange-cells.ts";
export { EXCHANGE_CODEC, exchangeDocument, exchangeLine } from "./exchange-codec.ts";
export type { DetailOptions, ExchangeDetail, Fact } from "./exchange-details.ts";
export { type ExchangeFacts, factsOf, type RequestFacts, requestFactsOf } from "./exchange-facts.ts";
export type { KindAttribute } from "./kind-attribute.ts";
export type { ExchangeSizes, ProtocolRow } from "./protocol-row.ts";
export { type AnyRow, applicationsIn, PROTOCOLS, ROWS, rowOf } from "./table.ts";
export { conversationOf, KeptView, viewOf } from "./view-of.ts";
