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
    const options = [
      ...(trace.request?.headersReceivedTime === undefined ? ["record_headers_received_time"] : []),
      ...(trace.downstreamConnection === undefined ? ["record_downstream_connection"] : []),
    ];
    if (options.length === 0) return;
    isTold = true;
    const missing = options.length === 2 ? "when requests began and who sent them" : MISSING[options[0]!];
    tell(`these traces do not say ${missing}: ${options.join(", ")} of Envoy's tap filter would`);
  };
}

const MISSING: Readonly<Record<string, string>> = {
  record_headers_received_time: "when requests began",
  record_downstream_connection: "who sent requests",
};
