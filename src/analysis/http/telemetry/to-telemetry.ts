import {
  type Connection,
  clientOf,
  type Endpoint,
  formatEndpoint,
  type Header,
  type HttpExchange,
  nanosBetween,
  type RequestMessage,
  type ResponseMessage,
  serverOf,
  type Timestamp,
} from "../../../model/index.ts";
import type { Telemetry, TelemetryMessage, TelemetryOptions } from "../../../wire/telemetry/index.ts";
import { lowerAscii } from "../../../wire/text/lower-ascii.ts";
import { contentCodings } from "../../content/decode-bodies.ts";
import { headerValue } from "../header-value.ts";
import { httpVersion } from "../http-version.ts";
import { fixHostName } from "./fix-host-name.ts";

/** An exchange as a trace exporter reports it. Bodies are borrowed from it. */
export function toTelemetry(exchange: HttpExchange, options: TelemetryOptions): Telemetry {
  const { connection, request, response, times, protocol } = exchange;
  const { compat, format } = options;
  const authority = request?.authority ?? "";
  // The original of this format learns of the namespace with the response; that of `scn` at the end.
  const isAnswered = response !== undefined;
  const isUntold = compat && format === "apiclarity" && !isAnswered;
  const destinationNamespace = isUntold ? "" : (namespaceOf(connection) ?? "");
  const version = compat ? "" : httpVersion(protocol);
  const startMillis = times.requestStart && toMillis(times.requestStart);
  const host = request === undefined ? [] : [{ name: "host", value: authority }];
  return {
    requestId: headerValue(request?.headers, "x-request-id") ?? "",
    scheme: compat ? "" : schemeOf(exchange),
    destinationAddress: addressOf(serverOf(connection)),
    destinationNamespace,
    sourceAddress: addressOf(clientOf(connection)),
    request: {
      method: request?.method ?? "",
      path: request === undefined ? "" : pathOf(request),
      host: format === "scn" ? authority : fixHostName(authority, destinationNamespace, { compat, isAnswered }).host,
      ...toMessage(request, version, startMillis, options, host, protocol.startsWith("http/1") || !isPseudo(request)),
    },
    response: {
      statusCode: response?.status === undefined ? "" : String(response.status),
      ...toMessage(
        response,
        response === undefined ? "" : version,
        endMillis(exchange, startMillis),
        options,
        [],
        false,
      ),
    },
  };
}

/** Whether the authority came as `:authority`: else the field `host` is it (RFC 9113 §8.3.1). */
function isPseudo(request: RequestMessage | undefined): boolean {
  return request?.headers.some(({ name }) => name === ":authority") === true;
}

/** `10.0.0.1:80`; empty where the end is not known. */
function addressOf(endpoint: Endpoint | undefined): string {
  return endpoint === undefined ? "" : formatEndpoint(endpoint);
}

/** The namespace of the end that was called. */
function namespaceOf({ namespace, forwardedOn, role, process }: Connection): string | undefined {
  return namespace ?? forwardedOn?.namespace ?? (role === "server" ? process?.namespace : undefined);
}

function schemeOf({ request, connection }: HttpExchange): string {
  const scheme = request?.scheme ?? headerValue(request?.headers, "x-forwarded-proto");
  return scheme ?? (connection.tls === undefined ? "http" : "https");
}

/** As `:path`: of an absolute target what follows the authority (RFC 9112 §3.2.2); CONNECT has none. */
function pathOf({ method, target = "" }: RequestMessage): string {
  if (target.startsWith("/")) return target;
  if (method === "CONNECT") return "";
  const [, path] = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*(.*)$/is.exec(target) ?? [];
  if (path === undefined) return target;
  return path.startsWith("/") ? path : `/${path}`;
}

function toMessage(
  message: RequestMessage | ResponseMessage | undefined,
  version: string,
  timeMillis: number | undefined,
  options: TelemetryOptions,
  first: readonly Header[],
  dropsHost: boolean,
): TelemetryMessage {
  const time = timeMillis === undefined ? undefined : { timeMillis };
  if (message === undefined) return { version, headers: first, body: NO_BYTES, truncated: false, ...time };
  const { body } = message;
  const headers = [...first];
  const isDecoded = body.decodedFrom !== undefined;
  for (const { name, value } of message.headers) {
    if (name === undefined) continue;
    const key = lowerAscii(name);
    if (key.startsWith(":") || (dropsHost && key === "host")) continue;
    if (isDecoded && (key === "content-encoding" || key === "content-length")) continue;
    if (!isExcluded(key, options.excludeHeaderPrefixes)) headers.push({ name: key, value });
  }
  return { version, headers, ...toBody(message, options), ...time };
}

function isExcluded(name: string, prefixes: readonly string[]): boolean {
  for (const prefix of prefixes) if (name.startsWith(prefix)) return true;
  return false;
}

function toBody(
  { body, headers }: RequestMessage | ResponseMessage,
  { maxBodyBytes, bodyMode, withholdsCoded }: TelemetryOptions,
): Pick<TelemetryMessage, "body" | "truncated"> {
  const { bytes, truncated, decodedFrom } = body;
  const size = decodedFrom === undefined ? Math.max(body.size, bytes.length) : bytes.length;
  if (bodyMode === "none") return { body: NO_BYTES, truncated: size > 0 };
  if (withholdsCoded && size > 0 && decodedFrom === undefined && contentCodings(headers).length > 0)
    return { body: NO_BYTES, truncated: true };
  if (!truncated && size <= maxBodyBytes) return { body: bytes, truncated: false };
  return { body: bodyMode === "drop" ? NO_BYTES : bytes.subarray(0, maxBodyBytes), truncated: true };
}

/** The original adds the duration to the request's time, each in whole milliseconds. */
function endMillis({ times }: HttpExchange, startMillis: number | undefined): number | undefined {
  const { requestStart, requestEnd, responseStart, responseEnd } = times;
  const end = responseEnd ?? responseStart ?? requestEnd;
  if (startMillis === undefined || requestStart === undefined || end === undefined) return startMillis;
  return startMillis + Math.max(0, Math.floor(nanosBetween(requestStart, end) / 1e6));
}

function toMillis({ seconds, nanos }: Timestamp): number {
  return Math.max(0, seconds * 1000 + Math.floor(nanos / 1e6));
}

const NO_BYTES = new Uint8Array(0);
