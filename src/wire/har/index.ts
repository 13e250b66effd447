export { DEFAULT_HAR_LIMITS, type HarHandler, type HarLimits, HarReader } from "./har-reader.ts";
export { HarWriter } from "./har-writer.ts";
