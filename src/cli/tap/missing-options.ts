import type { TraceRecord } from "../../wire/envoy/index.ts";

/**
 * Tells once of the options of Envoy's HTTP tap that say when a request came and who asked, where a trace has neither:
 * `envoy.extensions.filters.http.tap.v3.Tap`.
 * @param tell gets a line that is safe for a terminal
 */
export function tellMissingOptions(tell: (text: string) => void): (record: TraceRecord) => void {
  let isTold = false;
  return (record) => {
    if (isTold || record.kind !== "wrapper") return;
    const { trace } = record.wrapper;
    if (trace.kind !== "http-buffered") return;
    const isUntimed = trace.request !== undefined && trace.request.headersReceivedTime === undefined;
    const isUnsigned = trace.downstreamConnection === undefined;
    if (!isUntimed && !isUnsigned) return;
    isTold = true;
    tell(isUntimed ? (isUnsigned ? NEITHER : NO_TIMES) : NO_SENDERS);
  };
}

const NO_TIMES =
  "these traces do not say when requests began: record_headers_received_time of Envoy's tap filter would";
const NO_SENDERS =
  "these traces do not say who sent requests: record_downstream_connection of Envoy's tap filter would";
const NEITHER =
  "these traces do not say when requests began and who sent them: record_headers_received_time, record_downstream_connection of Envoy's tap filter would";
