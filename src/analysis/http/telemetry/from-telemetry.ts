import {
  type Application,
  type Body,
  type Connection,
  type Endpoint,
  type Header,
  type HttpExchange,
  NO_APPLICATION,
  type RequestMessage,
  type ResponseMessage,
  SERVER_SENT_EVENTS,
  type Timestamp,
  timestampFromMillis,
  WEBSOCKET,
} from "../../../model/index.ts";
import type { Telemetry, TelemetryMessage } from "../../../wire/telemetry/index.ts";
import { headerValue } from "../header-value.ts";

export interface FromTelemetryContext {
  readonly id: number;
  /** Stands in for the time that the document does not have. */
  readonly received: Timestamp;
  /** The connection between these ends, made by `make` when it is new. */
  readonly connectionFor: (key: string, make: () => Connection) => Connection;
  /** Identifies a connection that is made. */
  readonly nextConnectionId: () => bigint;
  /** Who reported it: a name for `connection.source`. */
  readonly source: string;
  /** The report was no JSON: what is in it may be meant otherwise, which `broken-report` says. */
  readonly isBroken?: boolean;
}

/** The exchange that a trace exporter reported. */
export function fromTelemetry(telemetry: Telemetry, context: FromTelemetryContext): HttpExchange {
  const { request, response, destinationAddress, destinationNamespace, sourceAddress } = telemetry;
  const key = [sourceAddress, destinationAddress, destinationNamespace, context.source].join("\n");
  const started = timeOf(request) ?? context.received;
  const ended = timeOf(response);
  const hasResponse = response.statusCode !== "" || response.headers.length > 0;
  const protocol = protocolOf(request.version || response.version);
  const requestMessage = toRequest(telemetry, started);
  const responseMessage = hasResponse ? toResponse(telemetry, ended ?? started) : undefined;
  return {
    kind: "http",
    id: context.id,
    connection: context.connectionFor(key, () => toConnection(telemetry, context)),
    protocol,
    streamId: 0,
    index: 0,
    application: applicationsOf(requestMessage, responseMessage),
    request: requestMessage,
    ...(responseMessage && { response: responseMessage }),
    times: {
      requestStart: started,
      ...(ended !== undefined && hasResponse && { responseEnd: ended }),
    },
    quality: qualityOf(requestMessage, responseMessage),
    problems: problemsOf(hasResponse, context.isBroken === true),
  };
}

function problemsOf(hasResponse: boolean, isBroken: boolean): readonly string[] {
  if (hasResponse && !isBroken) return NO_PROBLEMS;
  return [...(hasResponse ? [] : ["request-without-response"]), ...(isBroken ? ["broken-report"] : [])];
}

const NO_PROBLEMS: readonly string[] = [];

function qualityOf(request: RequestMessage, response: ResponseMessage | undefined): HttpExchange["quality"] {
  if (response === undefined) return "unpaired";
  return request.body.truncated || response.body.truncated ? "truncated" : "complete";
}

function toRequest({ request, scheme, requestId }: Telemetry, started: Timestamp): RequestMessage {
  // The first `host` is the authority, with its port; the document's own may have neither port nor suffix.
  const [first, ...rest] = request.headers;
  const hasHost = first?.name?.toLowerCase() === "host";
  const authority = hasHost ? first!.value : request.host;
  const headers = hasHost ? rest : request.headers;
  const host: Header[] = authority ? [{ name: "host", value: authority }] : [];
  const isNamed = requestId === "" || headerValue(headers, "x-request-id") !== undefined;
  return {
    ...(request.method !== "" && { method: request.method }),
    ...(request.path !== "" && { target: request.path }),
    ...(scheme !== "" && { scheme }),
    ...(authority && { authority }),
    headers: isNamed ? [...host, ...headers] : [...host, { name: "x-request-id", value: requestId }, ...headers],
    trailers: NO_HEADERS,
    body: toBody(request),
    headBytes: 0,
    started,
  };
}

function toResponse({ response }: Telemetry, started: Timestamp): ResponseMessage {
  return {
    ...(response.statusCode !== "" && { status: Number(response.statusCode) }),
    headers: response.headers,
    trailers: NO_HEADERS,
    body: toBody(response),
    headBytes: 0,
    started,
  };
}

/** The size of a body that was dropped for its length is told by its header alone. */
function toBody({ body, truncated, headers }: TelemetryMessage): Body {
  const said = truncated ? Number(headerValue(headers, "content-length") ?? 0) : 0;
  const size = Number.isSafeInteger(said) ? Math.max(said, body.length) : body.length;
  return { bytes: body, size, truncated, complete: !truncated };
}

const NO_HEADERS: readonly Header[] = [];

function toConnection(telemetry: Telemetry, { nextConnectionId, source }: FromTelemetryContext): Connection {
  const { destinationAddress, destinationNamespace, sourceAddress } = telemetry;
  return {
    id: nextConnectionId(),
    transport: "tcp",
    role: "server",
    local: parseAddress(destinationAddress),
    remote: parseAddress(sourceAddress),
    source,
    ...(destinationNamespace !== "" && { namespace: destinationNamespace }),
  };
}

/** `10.0.0.1:80`, `[::1]:80`, or a socket's path; undefined where it is none of them. */
export function parseAddress(text: string): Endpoint | undefined {
  if (text === "") return undefined;
  if (text.startsWith("/") || text.startsWith("@")) return { kind: "pipe", path: text };
  const [, v6, v4, port] = /^(?:\[([\da-fA-F:.%]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(text) ?? [];
  const address = v6 ?? v4;
  return address === undefined || Number(port) > 65_535 ? undefined : { kind: "ip", address, port: Number(port) };
}

function timeOf({ timeMillis }: TelemetryMessage): Timestamp | undefined {
  return timeMillis === undefined ? undefined : timestampFromMillis(timeMillis);
}

/** `HTTP/1.1` where nothing is said. */
function protocolOf(version: string): string {
  const lower = version.toLowerCase();
  if (/^(?:h2|http\/2)/.test(lower)) return "h2";
  if (/^(?:h3|http\/3)/.test(lower)) return "h3";
  return lower === "http/1.0" ? lower : "http/1.1";
}

function applicationsOf(request: RequestMessage, response: ResponseMessage | undefined): readonly Application[] {
  const type = headerValue(response?.headers ?? NO_HEADERS, "content-type")?.toLowerCase() ?? "";
  if (type.startsWith("text/event-stream")) return SERVER_SENT_EVENTS;
  if (response?.status === 101 && headerValue(request.headers, "upgrade")?.toLowerCase() === "websocket")
    return WEBSOCKET;
  const asked = headerValue(request.headers, "content-type")?.toLowerCase() ?? "";
  if (!/^application\/grpc(?:$|[+;])/.test(asked)) return NO_APPLICATION;
  const status = headerValue(response?.headers ?? NO_HEADERS, "grpc-status");
  const isKnown = status !== undefined && /^\d{1,2}$/.test(status);
  return [{ name: "grpc", ...(isKnown && { status: Number(status) }) }];
}
