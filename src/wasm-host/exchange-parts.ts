import { httpVersion } from "../analysis/http/http-version.ts";
import type { Endpoint, Header, HttpExchange, RequestMessage, Timestamp } from "../model/index.ts";
import { clientOf, formatEndpoint, nanosBetween, serverOf } from "../model/index.ts";
import { lowerAscii } from "../wire/text/lower-ascii.ts";
import type { Pair } from "./pairs.ts";
import { type Properties, type PropertyValue, propertiesOf } from "./properties.ts";

/**
 * A request's headers as a proxy shows them to its filters: `:authority`, `:path`, `:method`, `:scheme`, then the fields, names in lower
 * case and without Host, `Connection` and its like.
 */
export function requestPairs(request: RequestMessage): Pair[] {
  const { method, target = "", authority, scheme = "http", headers } = request;
  const absolute = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*(.*)$/i.exec(target);
  const path = absolute === null ? target : absolute[1]!.startsWith("/") ? absolute[1]! : `/${absolute[1]}`;
  const pairs: Pair[] = [];
  if (authority !== undefined) pairs.push([":authority", authority]);
  if (path !== "" && method !== "CONNECT") pairs.push([":path", path]);
  if (method !== undefined) pairs.push([":method", method]);
  if (method !== "CONNECT") pairs.push([":scheme", scheme]);
  return [...pairs, ...fieldPairs(headers).filter(([name]) => name !== "host")];
}

/** `:status`, then the fields. */
export function responsePairs(status: number | undefined, headers: readonly Header[]): Pair[] {
  return [[":status", status === undefined ? "" : String(status)], ...fieldPairs(headers)];
}

/** Fields with names in lower case, without those that are for one connection (RFC 9110 §7.6.1). */
export function fieldPairs(headers: readonly Header[]): Pair[] {
  return headers.flatMap(({ name, value }): Pair[] => {
    if (name === undefined || value === undefined) return [];
    const key = lowerAscii(name);
    if (key.startsWith(":") || OF_CONNECTION.has(key)) return [];
    return [[key, value]];
  });
}

const OF_CONNECTION: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
  "te",
]);

/** Properties of an exchange beside its messages, by the names of Envoy's attributes, as far as they are known. */
export function exchangeProperties({ connection, times, request, response, protocol }: HttpExchange): Properties {
  const { requestStart, responseEnd = times.responseStart ?? times.requestEnd } = times;
  const [client, server] = [clientOf(connection), serverOf(connection)];
  const duration =
    requestStart === undefined || responseEnd === undefined
      ? undefined
      : BigInt(Math.max(0, nanosBetween(requestStart, responseEnd)));
  return propertiesOf({
    "request.time": requestStart && nanosOf(requestStart),
    "request.duration": duration,
    "request.protocol": httpVersion(protocol),
    "request.size": request && BigInt(request.body.size),
    "request.total_size": request && BigInt(request.body.size + request.headBytes),
    "request.url_path": request?.target?.replace(/\?.*$/s, ""),
    "request.query": request?.target?.includes("?") ? request.target.replace(/^[^?]*\?/, "") : undefined,
    "response.size": response && BigInt(response.body.size),
    "response.total_size": response && BigInt(response.body.size + response.headBytes),
    "source.address": addressOf(client),
    "source.port": portOf(client),
    "destination.address": addressOf(server),
    "destination.port": portOf(server),
    "upstream.address": addressOf(server),
    "upstream.port": portOf(server),
    "connection.id": connection.id,
    "connection.mtls": false,
    "connection.tls_version": connection.tls?.version,
    "connection.requested_server_name": connection.tls?.sni,
    ...namespaceOf(connection.namespace),
  });
}

function namespaceOf(namespace: string | undefined): Record<string, PropertyValue> {
  if (namespace === undefined) return {};
  return {
    "upstream_host_metadata.filter_metadata.istio.workload": `;${namespace};;;`,
    "upstream_host_metadata.filter_metadata.envoy.lb.k8s.kuma.io/namespace": namespace,
  };
}

function nanosOf({ seconds, nanos }: Timestamp): bigint {
  return BigInt(seconds) * 1_000_000_000n + BigInt(nanos);
}

function addressOf(endpoint: Endpoint | undefined): string | undefined {
  return endpoint && formatEndpoint(endpoint);
}

function portOf(endpoint: Endpoint | undefined): bigint | undefined {
  return endpoint?.kind === "ip" ? BigInt(endpoint.port) : undefined;
}
