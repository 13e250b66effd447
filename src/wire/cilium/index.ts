/**
 * Cilium's monitor as a library: what its datapath and agent notify, decoded and printed. The names are those of Go's packages
 * pkg/monitor, pkg/monitor/api, pkg/monitor/payload and pkg/monitor/format, in TypeScript's case; constants keep theirs.
 */
export * from "./agent-messages.ts";
export * from "./agent-notify.ts";
export { type AlignmentResult, checkStructAlignments, type ExpectedStruct, expectedStructs } from "./alignment.ts";
export * from "./capture-names.ts";
export * from "./debug-capture.ts";
export * from "./debug-msg.ts";
export * from "./debug-subtypes.ts";
export * from "./dialect.ts";
export type { ConnectionInfo } from "./dissect/connection-info.ts";
export type { DissectSummary, Flow, Tunnel } from "./dissect/dissect-summary.ts";
export type { DecodeOptions } from "./dissect/dissector.ts";
export * from "./drop-notify.ts";
export * from "./drop-reasons.ts";
export * from "./escape-controls.ts";
export { FlowEventReader, type FlowOrigin } from "./flow-event.ts";
export * from "./formatter.ts";
export { JSON_OUTPUT as JSON } from "./formatter.ts";
export * from "./hubble-line.ts";
export { RESERVED_IDENTITIES } from "./identities.ts";
export { readJsonEvent } from "./json-event.ts";
export * from "./log-record.ts";
export * from "./log-record-notify.ts";
export { type DecodedMessage, MessageDecoder } from "./message-decoder.ts";
export * from "./message-filter.ts";
export * from "./message-types.ts";
export * from "./meta-payload.ts";
export * from "./observation-points.ts";
export * from "./packet.ts";
export * from "./payload.ts";
export * from "./payload-session.ts";
export * from "./policy-names.ts";
export * from "./policy-verdict-notify.ts";
export type { Names, PrinterOptions } from "./printer.ts";
export * from "./recorder-capture.ts";
export { bpfFileName } from "./source-files.ts";
export * from "./trace-notify.ts";
export * from "./trace-reasons.ts";
export * from "./trace-sock-notify.ts";
export * from "./verbose.ts";
