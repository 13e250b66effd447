import { blankHttpExchange } from "../../analysis/http/blank-exchange.ts";
import {
  type Application,
  type Connection,
  type Endpoint,
  type Header,
  type HttpExchange,
  NO_APPLICATION,
  type Timestamp,
} from "../../model/index.ts";
import { nameGrpcStatus } from "../../wire/grpc/status.ts";
import type { AnyValue, KeyValue, Resource, Span } from "../../wire/otlp/gen/opentelemetry/trace/trace_service_pb.js";

/**
 * The request that a span tells of, by the semantic conventions of HTTP (https://opentelemetry.io/docs/specs/semconv/http/http-spans/), the
 * stable names and those before. Undefined where it is no server's or client's span of HTTP. Bodies are not recorded, and of headers those
 * alone that were made attributes.
 */
export function exchangeOfSpan(span: Span, resource: Resource | undefined, id: number): HttpExchange | undefined {
  const facts = new Attributes(span.attributes);
  const method = facts.text("http.request.method", "http.method");
  if (method === undefined || (span.kind !== SERVER && span.kind !== CLIENT)) return undefined;
  const service = new Attributes(resource?.attributes ?? []).text("service.name");
  const status = facts.number("http.response.status_code", "http.status_code");
  const [started, ended] = [timeOf(span.startTimeUnixNano), timeOf(span.endTimeUnixNano)];
  const url = facts.text("url.full", "http.url");
  const parsed = url !== undefined && URL.canParse(url) ? new URL(url) : undefined;
  const connection = connectionOf(span, facts, service, BigInt(id));
  const authority = authorityOf(facts) ?? parsed?.host;
  const scheme = facts.text("url.scheme", "http.scheme") ?? parsed?.protocol.replace(":", "");
  return {
    ...blankHttpExchange(connection),
    id,
    application: applicationOf(facts),
    protocol: versionOf(facts.text("network.protocol.version", "http.flavor")),
    request: {
      method: facts.text("http.request.method_original") ?? method,
      target: targetOf(facts, parsed),
      ...(authority !== undefined && { authority }),
      ...(scheme !== undefined && { scheme }),
      headers: [...facts.headers("http.request.header."), ...traceHeader(span)],
      ...messageOf(facts.number("http.request.body.size", "http.request_content_length")),
      ...(started && { started }),
    },
    ...(status !== undefined && {
      response: {
        status,
        headers: facts.headers("http.response.header."),
        ...messageOf(facts.number("http.response.body.size", "http.response_content_length")),
        ...(ended && { finished: ended }),
      },
    }),
    times: { ...(started && { requestStart: started }), ...(ended && { responseEnd: ended }) },
    quality: status === undefined ? "unpaired" : "complete",
    problems: ["headers-not-recorded", ...(status === undefined ? ["request-without-response"] : [])],
  };
}

/** `SPAN_KIND_SERVER` and `SPAN_KIND_CLIENT`. */
const SERVER = 2;
const CLIENT = 3;

function connectionOf(span: Span, facts: Attributes, service: string | undefined, id: bigint): Connection {
  const isServer = span.kind === SERVER;
  const server = endOf(
    facts.text(...(isServer ? ["network.local.address", "net.host.ip"] : ["network.peer.address", "net.peer.ip"])) ??
      facts.text("server.address", "net.host.name", "net.peer.name"),
    facts.number("server.port", "network.local.port", "net.host.port", "net.peer.port"),
  );
  // A client does not tell its address: its service's name stands for it.
  const client = isServer
    ? endOf(
        facts.text("network.peer.address", "client.address", "net.sock.peer.addr", "http.client_ip"),
        facts.number("network.peer.port", "client.port", "net.sock.peer.port"),
      )
    : endOf(service, 0);
  const [local, remote] = isServer ? [server, client] : [client, server];
  return {
    id,
    transport: "tcp",
    role: isServer ? "server" : "client",
    local,
    remote,
    source: (isServer ? service : undefined) ?? "otlp",
    ...(service !== undefined && { named: { local: service } }),
  };
}

function endOf(address: string | undefined, port: number | undefined): Endpoint | undefined {
  return address === undefined || address === "" ? undefined : { kind: "ip", address, port: port ?? 0 };
}

function authorityOf(facts: Attributes): string | undefined {
  const host = facts.text("http.host");
  if (host !== undefined) return host;
  const [name, port] = [facts.text("server.address", "net.host.name"), facts.number("server.port", "net.host.port")];
  if (name === undefined || port === undefined || port === 80 || port === 443) return name;
  return `${name}:${port}`;
}

function targetOf(facts: Attributes, url: URL | undefined): string {
  const target = facts.text("http.target");
  if (target !== undefined) return target;
  const path = facts.text("url.path") ?? url?.pathname ?? facts.text("http.route") ?? "/";
  const query = facts.text("url.query") ?? url?.search.slice(1);
  return query ? `${path}?${query}` : path;
}

/** The trace that it is of, as its request has carried it. */
function traceHeader({ traceId, spanId, parentSpanId }: Span): Header[] {
  if (traceId.length !== 16) return [];
  const span = parentSpanId.length === 8 ? parentSpanId : spanId;
  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
  return [{ name: "traceparent", value: `00-${hex(traceId)}-${hex(span)}-01` }];
}

/** The call that HTTP has carried: its status says whether it failed, where HTTP's is 200. */
function applicationOf(facts: Attributes): readonly Application[] {
  const status = facts.number("rpc.grpc.status_code");
  if (status === undefined && facts.text("rpc.system", "rpc.system.name") !== "grpc") return NO_APPLICATION;
  const statusName = status === undefined ? undefined : nameGrpcStatus(status);
  return [{ name: "grpc", ...(status !== undefined && { status }), ...(statusName !== undefined && { statusName }) }];
}

function messageOf(size = 0) {
  return { trailers: [], headBytes: 0, body: { bytes: NO_BYTES, size, truncated: size > 0, complete: true } };
}

const NO_BYTES = new Uint8Array(0);

function versionOf(version: string | undefined): string {
  if (version === undefined || !/^\d(?:\.\d)?$/.test(version)) return "http/1.1";
  return version.startsWith("2") ? "h2" : version.startsWith("3") ? "h3" : version === "1.0" ? "http/1.0" : "http/1.1";
}

function timeOf(nanos: bigint): Timestamp | undefined {
  if (nanos === 0n) return undefined;
  return { seconds: Number(nanos / 1_000_000_000n), nanos: Number(nanos % 1_000_000_000n) };
}

/** Attributes by their names; of several the first that is there. */
class Attributes {
  readonly #byKey: ReadonlyMap<string, AnyValue["value"]>;

  constructor(attributes: readonly KeyValue[]) {
    this.#byKey = new Map(attributes.map(({ key, value }) => [key, value?.value ?? { case: undefined }]));
  }

  text(...names: readonly string[]): string | undefined {
    const value = this.#find(names);
    if (value?.case === "stringValue") return value.value;
    return value?.case === "intValue" || value?.case === "doubleValue" ? String(value.value) : undefined;
  }

  number(...names: readonly string[]): number | undefined {
    const value = this.#find(names);
    if (value?.case === "intValue" || value?.case === "doubleValue") return Number(value.value);
    return value?.case === "stringValue" && /^\d{1,15}$/.test(value.value) ? Number(value.value) : undefined;
  }

  /** `http.request.header.content-type` has the values of that header. */
  headers(prefix: string): Header[] {
    const headers: Header[] = [];
    for (const [key, value] of this.#byKey) {
      if (!key.startsWith(prefix) || value === undefined) continue;
      const name = key.slice(prefix.length).replaceAll("_", "-");
      const values = value.case === "arrayValue" ? value.value.values.map((one) => one.value) : [value];
      for (const one of values) if (one.case === "stringValue") headers.push({ name, value: one.value });
    }
    return headers;
  }

  #find(names: readonly string[]): AnyValue["value"] | undefined {
    for (const name of names) {
      const value = this.#byKey.get(name);
      if (value?.case !== undefined) return value;
    }
    return undefined;
  }
}
