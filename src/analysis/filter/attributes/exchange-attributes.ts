import { type Exchange, findApplication } from "../../../model/index.ts";
import type { Attribute } from "./attribute.ts";
import { duration, span, splitTarget, timeToFirstByte } from "./measures.ts";

/** What Tapline itself says about an exchange. */
export const EXCHANGE_ATTRIBUTES: readonly Attribute[] = [
  {
    name: "id",
    type: "int",
    kinds: ["exchange"],
    phase: "end",
    get: { exchange: ({ id }) => id },
    doc: "the exchange's number in this run",
  },
  {
    name: "time",
    type: "timestamp",
    kinds: ["exchange", "flow", "event"],
    phase: "end",
    get: {
      exchange: ({ times }) => times.requestStart ?? times.responseStart,
      flow: (event) => event.time,
      event: (event) => event.time,
    },
    doc: "when it began: the first byte of the request, or of the response where there is none",
  },
  {
    name: "protocol",
    type: "string",
    kinds: ["exchange", "flow"],
    phase: "end",
    get: { exchange: ({ protocol }) => protocol, flow: (event) => event.protocol },
    doc: "`http/1.0`, `http/1.1`, `h2`, `tcp`; of a flow its transport",
  },
  {
    name: "application",
    type: "string",
    kinds: ["exchange"],
    phase: "end",
    get: { exchange: ({ application }) => application[0]?.name },
    doc: "`grpc`, `websocket` or `sse`, where that was recognised: the outermost",
  },
  {
    name: "applications",
    type: { list: "string" },
    kinds: ["exchange"],
    phase: "end",
    get: { exchange: ({ application }) => application.map(({ name }) => name) },
    doc: "all that runs inside, from the outside in: `'sse' in applications`",
  },
  {
    name: "quality",
    type: "string",
    kinds: ["exchange"],
    phase: "end",
    get: { exchange: ({ quality }) => quality },
    doc: "`complete`, `truncated`, `gap`, `mid-stream`, `unpaired` or `unfinished`",
  },
  {
    name: "problems",
    type: { list: "string" },
    kinds: ["exchange"],
    phase: "end",
    get: { exchange: ({ problems }) => problems },
    doc: "what is wrong with it: `'conflicting-length' in problems`",
  },
  {
    name: "stream",
    type: "int",
    kinds: ["http"],
    phase: "end",
    get: { exchange: ({ streamId }) => streamId },
    doc: "HTTP/2's stream; 0 for HTTP/1",
  },
  {
    name: "index",
    type: "int",
    kinds: ["exchange"],
    phase: "end",
    get: { exchange: ({ index }) => index },
    doc: "its position on the connection, from 0",
  },
  {
    name: "duration",
    type: "duration",
    kinds: ["exchange"],
    phase: "end",
    get: { exchange: duration },
    doc: "the same as request.duration",
  },
  {
    name: "ttfb",
    type: "duration",
    kinds: ["exchange"],
    phase: "end",
    get: { exchange: timeToFirstByte },
    doc: "from the first byte of the request to the first of the response",
  },
  {
    name: "connect_time",
    type: "duration",
    kinds: ["exchange"],
    phase: "end",
    get: { exchange: ({ times }) => span(times.connectStart, times.connectEnd) },
    doc: "the transport's handshake (a connection's first exchange)",
  },
  {
    name: "tls_time",
    type: "duration",
    kinds: ["exchange"],
    phase: "end",
    get: { exchange: ({ times }) => span(times.tlsStart, times.tlsEnd) },
    doc: "the TLS handshake (a connection's first exchange)",
  },
  {
    name: "messages",
    type: "int",
    kinds: ["exchange"],
    phase: "end",
    get: { exchange: ({ messages }) => messages?.length },
    doc: "how many WebSocket, gRPC or SSE messages were kept",
  },
  {
    name: "grpc.service",
    type: "string",
    kinds: ["http"],
    phase: "end",
    get: { exchange: (exchange) => grpcName(exchange)?.[0] },
    doc: "the gRPC service: `helloworld.Greeter`",
  },
  {
    name: "grpc.method",
    type: "string",
    kinds: ["http"],
    phase: "end",
    get: { exchange: (exchange) => grpcName(exchange)?.[1] },
    doc: "the gRPC method: `SayHello`",
  },
  {
    name: "grpc.status_name",
    type: "string",
    kinds: ["http"],
    phase: "end",
    get: { exchange: (exchange) => findApplication(exchange, "grpc")?.statusName },
    doc: "the gRPC status's name: `NOT_FOUND`",
  },
  {
    name: "grpc.message",
    type: "string",
    kinds: ["http"],
    phase: "end",
    get: { exchange: (exchange) => findApplication(exchange, "grpc")?.message },
    doc: "the gRPC status's message",
  },
];

function grpcName(exchange: Exchange): [string, string] | undefined {
  const target = exchange.request?.target;
  if (target === undefined || findApplication(exchange, "grpc") === undefined) return undefined;
  const [, service, method] = splitTarget(target).path.split("/");
  return service === undefined || method === undefined ? undefined : [service, method];
}
