export type * from "./capture-trace.ts";
export { CUT_FIELDS } from "./cut-fields.ts";
export * from "./format.ts";
export { DETECTION_BYTES, detectTraceEncoding } from "./read/detect.ts";
export { tellsSomething } from "./read/tells-something.ts";
export * from "./read/trace-reader.ts";
export * from "./replay/socket-event-mapper.ts";
export type * from "./trace.ts";
export type {
  CaptureRecord,
  TraceEncoding,
  TraceProblem,
  TraceReaderLimits,
  TraceRecord,
  WrapperRecord,
} from "./trace-record.ts";
export { DEFAULT_TRACE_READER_LIMITS } from "./trace-record.ts";
export * from "./write/encode.ts";
export * from "./write/trace-writer.ts";
