import { rowOf } from "../../analysis/protocols/index.ts";
import type { Exchange, ExchangeSink, Header, HttpExchange, Sink } from "../../model/index.ts";
import { toHeaderValues } from "../../tap/http/http-tapper.ts";
import { toTraceConnection } from "../../tap/trace-connection.ts";
import type { HttpTraceMessage, TraceRecord } from "../../wire/envoy/index.ts";

/**
 * Writes exchanges that were reported by others to a file of traces or packets: each as the buffered HTTP trace that Envoy's tap would
 * have made of it. Kinds that have no such trace are dropped.
 */
export function createRecordSink(records: Sink<TraceRecord>): ExchangeSink {
  return {
    submit(exchange) {
      const record = toTraceRecord(exchange);
      return record === undefined ? { dropped: "no-trace" } : records.submit(record);
    },
    whenReady: () => records.whenReady(),
    flush: () => records.flush(),
    // The file is finished by who opened it.
    close: async () => {},
  };
}

function toTraceRecord(exchange: Exchange): TraceRecord | undefined {
  // Only HTTP has a head, which its report shows.
  if (rowOf(exchange).report === undefined) return undefined;
  const { request, response, connection, times } = exchange as HttpExchange;
  const trace = {
    kind: "http-buffered" as const,
    ...(request && {
      request: toMessage(
        [
          { name: ":authority", value: request.authority ?? "" },
          { name: ":path", value: request.target ?? "" },
          { name: ":method", value: request.method ?? "" },
          { name: ":scheme", value: request.scheme ?? "http" },
        ],
        request.headers.filter(({ name }) => name?.toLowerCase() !== "host"),
        request,
        times.requestStart,
      ),
    }),
    ...(response && {
      response: toMessage(
        [{ name: ":status", value: String(response.status ?? "") }],
        response.headers,
        response,
        times.responseStart ?? times.responseEnd,
      ),
    }),
    downstreamConnection: toTraceConnection(connection),
  };
  return { kind: "wrapper", wrapper: { trace }, more: false };
}

function toMessage(
  pseudo: readonly Header[],
  headers: readonly Header[],
  { body, trailers }: Pick<NonNullable<HttpExchange["request"]>, "body" | "trailers">,
  headersReceivedTime: HttpExchange["times"]["requestStart"],
): HttpTraceMessage {
  return {
    headers: toHeaderValues([...pseudo, ...headers.filter(({ name }) => name?.startsWith(":") !== true)]),
    trailers: toHeaderValues(trailers),
    ...(body.size > 0 && { body: { asBytes: body.bytes, truncated: body.truncated } }),
    ...(headersReceivedTime && { headersReceivedTime }),
  };
}
