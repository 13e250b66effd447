import { findAttribute } from "../../analysis/filter/index.ts";
import type { Exchange } from "../../model/index.ts";

/** The name of a service that is not known (https://opentelemetry.io/docs/specs/semconv/resource/#service). */
export const UNKNOWN_SERVICE = "unknown_service";

/** A value of OTLP, as far as spans have them. */
export type AttributeValue = string | number | boolean;

/**
 * OpenTelemetry's names (https://opentelemetry.io/docs/specs/semconv/, 1.38) for what the attributes of the filter language say. A name that
 * stands here twice has the first that is known.
 */
const NAMES: readonly (readonly [name: string, attribute: string])[] = [
  ["http.request.method", "request.method"],
  ["http.response.status_code", "response.code"],
  ["http.route", "route"],
  ["url.scheme", "request.scheme"],
  ["url.path", "request.url_path"],
  ["url.query", "request.query"],
  ["user_agent.original", "request.useragent"],
  ["http.request.body.size", "request.size"],
  ["http.response.body.size", "response.size"],
  ["rpc.service", "grpc.service"],
  ["rpc.method", "grpc.method"],
  ["rpc.grpc.status_code", "response.grpc_status"],
  ["db.operation.name", "redis.command"],
  ["dns.question.name", "dns.name"],
  ["server.address", "request.host"],
  ["server.address", "destination.address"],
  ["server.port", "destination.port"],
  ["client.address", "source.address"],
  ["client.port", "source.port"],
  ["network.transport", "connection.transport"],
  ["tls.server.name", "connection.requested_server_name"],
  ["process.pid", "connection.pid"],
  ["k8s.pod.name", "connection.pod"],
  ["k8s.namespace.name", "connection.namespace"],
  ["tapline.quality", "quality"],
  ["tapline.application", "application"],
];

const GETTERS = NAMES.map(([name, attribute]) => ({ name, get: findAttribute(attribute)!.get.exchange! }));
const REQUEST_PROTOCOL = findAttribute("request.protocol")!.get.exchange!;
/** Those that only exchanges of these have, which have sizes, too. */
const OF_HTTP = /^http\./;
/** Where OpenTelemetry knows a method by another name than its own, it is this. */
const METHODS = new Set(["CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE", "QUERY"]);
/** Characters of a text; more are cut off. */
const MAX_TEXT = 1024;

/** Everything that is known of an exchange, by OpenTelemetry's names. */
export function spanAttributes(exchange: Exchange): Map<string, AttributeValue> {
  const attributes = new Map<string, AttributeValue>();
  const isHttp = GETTERS[0]!.get(exchange) !== undefined;
  for (const { name, get } of GETTERS) {
    if (attributes.has(name) || (!isHttp && OF_HTTP.test(name))) continue;
    const value = get(exchange);
    if (typeof value === "bigint") attributes.set(name, Number(value));
    else if (typeof value === "string" && value !== "") attributes.set(name, value.slice(0, MAX_TEXT));
    else if (typeof value === "number" || typeof value === "boolean") attributes.set(name, value);
  }
  mendHost(attributes);
  const method = attributes.get("http.request.method");
  if (typeof method === "string" && !METHODS.has(method)) {
    attributes.set("http.request.method", "_OTHER");
    attributes.set("http.request.method_original", method);
  }
  if (attributes.has("rpc.service")) attributes.set("rpc.system", "grpc");
  if (attributes.has("db.operation.name")) attributes.set("db.system.name", "redis");
  nameProtocol(attributes, exchange);
  return attributes;
}

function nameProtocol(attributes: Map<string, AttributeValue>, exchange: Exchange): void {
  const version = /^HTTP\/(\d(?:\.[1-9])?)/.exec(String(REQUEST_PROTOCOL(exchange) ?? ""))?.[1];
  attributes.set("network.protocol.name", version === undefined ? exchange.protocol : "http");
  if (version !== undefined) attributes.set("network.protocol.version", version);
}

/** The port of the Host header is the server's. */
function mendHost(attributes: Map<string, AttributeValue>): void {
  const host = attributes.get("server.address");
  const match = /^(.+):(\d{1,5})$/.exec(typeof host === "string" ? host : "");
  if (match === null || (match[1]!.includes(":") && !match[1]!.startsWith("["))) return;
  attributes.set("server.address", match[1]!);
  attributes.set("server.port", Number(match[2]));
}
