import { findApplication, type HttpExchange } from "../../../model/index.ts";
import type { KindAttribute } from "../../protocols/kind-attribute.ts";
import { headerMap, trailerMap } from "../header-map.ts";
import {
  bodyAttribute,
  headerAttribute,
  headerGetter,
  headerOctetsGetter,
  lowerCase,
  trailerGetter,
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
  {
    name: "response.headers",
    type: { map: "string" },
    phase: "response-headers",
    get: ({ response }) => response && headerMap(response),
    doc: "the response's headers",
    entry: (key) => headerGetter("response", key.toLowerCase()),
    entryOctets: (key) => headerOctetsGetter("response", key.toLowerCase()),
    normalizeKey: lowerCase,
  },
  {
    name: "response.trailers",
    type: { map: "string" },
    phase: "end",
    get: ({ response }) => response && trailerMap(response),
    doc: "the response's trailers",
    entry: (key) => trailerGetter("response", key.toLowerCase()),
    normalizeKey: lowerCase,
  },
  headerAttribute("response.content_type", "the response's Content-Type header", "response", "content-type"),
  {
    name: "response.size",
    type: "int",
    phase: "end",
    get: ({ response }) => response?.body.size,
    doc: "bytes of the response's body",
  },
  {
    name: "response.total_size",
    type: "int",
    phase: "end",
    get: ({ response }) => response && response.headBytes + response.body.size,
    doc: "bytes of the response's head and body",
  },
  {
    name: "response.grpc_status",
    type: "int",
    phase: "end",
    get: (exchange) => findApplication(exchange, "grpc")?.status,
    doc: "the gRPC status code",
  },
  bodyAttribute("response"),
];
