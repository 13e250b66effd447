/** Headers that Envoy adds, changes or takes away between the wire and its filters. */
const ENVOY_HEADERS = new Set([
  "x-forwarded-proto",
  "x-request-id",
  "x-envoy-expected-rq-timeout-ms",
  "x-envoy-upstream-service-time",
  "server",
  "date",
  "connection",
  "keep-alive",
  "transfer-encoding",
  "te",
]);

/** Splits a file of traces: Envoy writes one indented document after the other. */
export function splitDocuments(text: string): string[] {
  return text.split(/(?<=^\}\n)/m).filter((document) => document.trim() !== "");
}

/** A trace without ids, times, ports and Envoy's own headers. */
export function normaliseTrace(document: string): unknown {
  return JSON.parse(document, (key, value: unknown) => {
    if (key === "trace_id") return "ID";
    if (key === "headers_received_time") return "TIME";
    if (key === "port_value") return "PORT";
    if (key === "headers") return (value as { key: string }[]).filter((header) => !ENVOY_HEADERS.has(header.key));
    return value;
  });
}
