import type { Attribute } from "./attribute.ts";
import { duration, span, splitTarget, timeToFirstByte } from "./measures.ts";

/** What Tapline itself says about an exchange. */
export const EXCHANGE_ATTRIBUTES: readonly Attribute[] = [
  { name: "id", type: "int", doc: "the exchange's number in this run", exchange: ({ id }) => id },
  {
    name: "time",
    type: "timestamp",
    doc: "when it began: the first byte of the request, or of the response where there is none",
    exchange: ({ times }) => times.requestStart ?? times.responseStart,
    flow: (event) => event.time,
    event: (event) => event.time,
  },
  {
    name: "protocol",
    type: "string",
    doc: "`http/1.0`, `http/1.1`, `h2`, `tcp`; of a flow its transport",
    exchange: ({ protocol }) => protocol,
    flow: (event) => event.protocol,
  },
  {
    name: "application",
    type: "string",
    doc: "`grpc`, `websocket` or `sse`, where that was recognised",
    exchange: ({ application }) => application,
  },
  {
    name: "quality",
    type: "string",
    doc: "`complete`, `truncated`, `gap`, `mid-stream`, `unpaired` or `unfinished`",
    exchange: ({ quality }) => quality,
  },
  {
    name: "problems",
    type: { list: "string" },
    doc: "what is wrong with it: `'conflicting-length' in problems`",
    exchange: ({ problems }) => problems,
  },
  { name: "stream", type: "int", doc: "HTTP/2's stream; 0 for HTTP/1", exchange: ({ streamId }) => streamId },
  { name: "index", type: "int", doc: "its position on the connection, from 0", exchange: ({ index }) => index },
  { name: "duration", type: "duration", doc: "the same as request.duration", exchange: duration },
  {
    name: "ttfb",
    type: "duration",
    doc: "from the first byte of the request to the first of the response",
    exchange: timeToFirstByte,
  },
  {
    name: "connect_time",
    type: "duration",
    doc: "the transport's handshake (a connection's first exchange)",
    exchange: ({ times }) => span(times.connectStart, times.connectEnd),
  },
  {
    name: "tls_time",
    type: "duration",
    doc: "the TLS handshake (a connection's first exchange)",
    exchange: ({ times }) => span(times.tlsStart, times.tlsEnd),
  },
  {
    name: "messages",
    type: "int",
    doc: "how many WebSocket, gRPC or SSE messages were kept",
    exchange: ({ messages }) => messages?.length,
  },
  {
    name: "grpc.service",
    type: "string",
    doc: "the gRPC service: `helloworld.Greeter`",
    exchange: (exchange) => grpcName(exchange.application, exchange.request?.target)?.[0],
  },
  {
    name: "grpc.method",
    type: "string",
    doc: "the gRPC method: `SayHello`",
    exchange: (exchange) => grpcName(exchange.application, exchange.request?.target)?.[1],
  },
  {
    name: "grpc.status_name",
    type: "string",
    doc: "the gRPC status's name: `NOT_FOUND`",
    exchange: ({ grpc }) => grpc?.statusName,
  },
  {
    name: "grpc.message",
    type: "string",
    doc: "the gRPC status's message",
    exchange: ({ grpc }) => grpc?.message,
  },
];

function grpcName(application: string | undefined, target: string | undefined): [string, string] | undefined {
  if (application !== "grpc" || target === undefined) return undefined;
  const [, service, method] = splitTarget(target).path.split("/");
  return service === undefined || method === undefined ? undefined : [service, method];
}
