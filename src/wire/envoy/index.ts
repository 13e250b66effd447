export { DETECTION_BYTES, detectTraceEncoding } from "./detect.ts";
export * from "./encode.ts";
export * from "./format.ts";
export * from "./socket-event-mapper.ts";
export * from "./trace.ts";
export * from "./trace-reader.ts";
export type {
  CaptureRecord,
  TraceEncoding,
  TraceProblem,
  TraceReaderLimits,
  TraceRecord,
  WrapperRecord,
} from "./trace-record.ts";
export { DEFAULT_TRACE_READER_LIMITS } from "./trace-record.ts";
export * from "./trace-writer.ts";
