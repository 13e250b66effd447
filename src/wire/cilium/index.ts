/**
 * Cilium's monitor as a library: what its datapath and agent notify, decoded and printed. The names are those of Go's packages
 * pkg/monitor, pkg/monitor/api, pkg/monitor/payload and pkg/monitor/format, in TypeScript's case; constants keep theirs.
 */

export {
  type AlignmentResult,
  checkStructAlignments,
  type ExpectedStruct,
  expectedStructs,
} from "./alignment/alignment.ts";
export * from "./dialect.ts";
export type { ConnectionInfo } from "./dissect/connection-info.ts";
export type { DissectSummary, Flow, Tunnel } from "./dissect/dissect-summary.ts";
export type { DecodeOptions } from "./dissect/dissector.ts";
export { FlowEventReader, type FlowEventReaderOptions, type FlowOrigin } from "./flow/flow-event.ts";
export { hubbleDocument } from "./flow/hubble-document.ts";
export { readHubbleEvent } from "./flow/hubble-json.ts";
export * from "./flow/hubble-line.ts";
export { readJsonEvent } from "./flow/json-event.ts";
export * from "./library/agent-messages.ts";
// Named, so that these are taken and not what they extend.
export {
  DebugCapture,
  DebugMsg,
  DropNotify,
  decodeDebugCapture,
  decodeDebugMsg,
  decodeDropNotify,
  decodePolicyVerdictNotify,
  decodeTraceNotify,
  PolicyVerdictNotify,
  TraceNotify,
} from "./library/go-methods.ts";
export * from "./library/log-record-notify.ts";
export { type DecodedMessage, MessageDecoder } from "./library/message-decoder.ts";
export * from "./library/meta-payload.ts";
export * from "./library/packet.ts";
export * from "./library/verbose.ts";
export * from "./message/agent-notify.ts";
export * from "./message/debug-capture.ts";
export * from "./message/debug-msg.ts";
export { DialectFinder } from "./message/dialect-finder.ts";
export * from "./message/drop-notify.ts";
export * from "./message/log-record.ts";
export * from "./message/message-filter.ts";
export * from "./message/policy-verdict-notify.ts";
export * from "./message/recorder-capture.ts";
export * from "./message/trace-notify.ts";
export * from "./message/trace-sock-notify.ts";
export type { VersionRange } from "./message/version-range.ts";
export * from "./names/capture-names.ts";
export * from "./names/debug-subtypes.ts";
export * from "./names/drop-reasons.ts";
export { RESERVED_IDENTITIES } from "./names/identities.ts";
export * from "./names/message-types.ts";
export * from "./names/observation-points.ts";
export * from "./names/policy-names.ts";
export { bpfFileName } from "./names/source-files.ts";
export * from "./names/trace-reasons.ts";
export * from "./session/payload.ts";
export * from "./session/payload-session.ts";
export * from "./text/escape-controls.ts";
export * from "./text/formatter.ts";
export { JSON_OUTPUT as JSON } from "./text/formatter.ts";
export type { Names, PrinterOptions } from "./text/printer.ts";
