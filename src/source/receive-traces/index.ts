export { openHostList } from "./host-list.ts";
export { ReportJoiner } from "./join-reports.ts";
export { readBody } from "./read-body.ts";
export { ReportedExchanges } from "./reported-exchanges.ts";
export { TraceIngest, type TraceIngestOptions } from "./trace-ingest.ts";
export { TraceReceiver, type TraceReceiverOptions } from "./trace-receiver.ts";
