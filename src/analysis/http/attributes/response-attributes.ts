import { findApplication, type HttpExchange } from "../../../model/index.ts";
import type { KindAttribute } from "../../protocols/kind-attribute.ts";
import {
  bodyAttribute,
  headerAttribute,
  headersAttribute,
  sizeAttributes,
  trailersAttribute,
} from "./message-attribute.ts";

/** The names for a response: Envoy's attributes, and ours for content types and bodies. */
export const RESPONSE_ATTRIBUTES: readonly KindAttribute<HttpExchange>[] = [
  {
    name: "response.code",
    type: "int",
    phase: "response-headers",
    get: ({ response }) => response?.status,
    doc: "the status code",
  },
  headersAttribute("response", "the response's headers"),
  trailersAttribute("response"),
  headerAttribute("response.content_type", "the response's Content-Type header", "response", "content-type"),
  ...sizeAttributes("response"),
  {
    name: "response.grpc_status",
    type: "int",
    phase: "end",
    get: (exchange) => findApplication(exchange, "grpc")?.status,
    doc: "the gRPC status code",
  },
  bodyAttribute("response"),
];
