export { DOCUMENT_VERSION, exchangeDocument, exchangeLine } from "./exchange-document.ts";
export { flowDocument, flowLine } from "./flow-document.ts";
export { DEFAULT_NDJSON_LIMITS, type NdjsonHandler, type NdjsonLimits, NdjsonReader } from "./ndjson-reader.ts";
