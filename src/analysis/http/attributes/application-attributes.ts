import { findApplication, type HttpExchange } from "../../../model/index.ts";
import { GRPC_STATUS_NAMES } from "../../../wire/grpc/status.ts";
import { splitTarget } from "../../filter/attributes/measures.ts";
import type { KindAttribute } from "../../protocols/kind-attribute.ts";

/** The names for streams, and for what runs on top of HTTP. */
export const APPLICATION_ATTRIBUTES: readonly KindAttribute<HttpExchange>[] = [
  {
    name: "stream",
    type: "int",
    phase: "end",
    get: ({ streamId }) => streamId,
    doc: "HTTP/2's stream; 0 for HTTP/1",
  },
  {
    name: "messages",
    type: "int",
    phase: "end",
    get: ({ messages }) => messages?.length,
    doc: "how many WebSocket, gRPC or SSE messages were kept",
  },
  {
    name: "grpc.service",
    type: "string",
    phase: "end",
    get: (exchange) => grpcName(exchange)?.[0],
    doc: "the gRPC service: `helloworld.Greeter`",
  },
  {
    name: "grpc.method",
    type: "string",
    phase: "end",
    get: (exchange) => grpcName(exchange)?.[1],
    doc: "the gRPC method: `SayHello`",
  },
  {
    name: "grpc.status_name",
    type: "string",
    phase: "end",
    get: (exchange) => findApplication(exchange, "grpc")?.statusName,
    values: GRPC_STATUS_NAMES,
    doc: "the gRPC status's name: `NOT_FOUND`",
  },
  {
    name: "grpc.message",
    type: "string",
    phase: "end",
    get: (exchange) => findApplication(exchange, "grpc")?.message,
    doc: "the gRPC status's message",
  },
];

function grpcName(exchange: HttpExchange): [string, string] | undefined {
  const target = exchange.request?.target;
  if (target === undefined || findApplication(exchange, "grpc") === undefined) return undefined;
  const [, service, method] = splitTarget(target).path.split("/");
  return service === undefined || method === undefined ? undefined : [service, method];
}
