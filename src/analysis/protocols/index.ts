export type { ExchangeSizes, ProtocolRow } from "./protocol-row.ts";
export { PROTOCOLS, rowOf } from "./table.ts";
