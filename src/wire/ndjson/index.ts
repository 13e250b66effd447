export { DocumentConnections, readConnection } from "./document-connections.ts";
export {
  bodyDocument,
  connectionDocument,
  DOCUMENT_VERSION,
  documentLine,
  headerDocument,
  time,
  timesDocument,
} from "./document-parts.ts";
export {
  CONTENT,
  DEFINITIONS,
  FLAG,
  INTEGER,
  type JsonSchema,
  listOf,
  NUMBER,
  record,
  reference,
  TEXT,
} from "./document-schema.ts";
export { FLOW_DOCUMENT, flowDocument, flowLine } from "./flow-document.ts";
export { DEFAULT_NDJSON_LIMITS, type NdjsonHandler, type NdjsonLimits, NdjsonReader } from "./ndjson-reader.ts";
export { readBody, readHeaders, readTimes } from "./read-document-parts.ts";
