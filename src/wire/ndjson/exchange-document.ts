import {
  type Connection,
  type ConversationMessage,
  type Endpoint,
  type Exchange,
  type ExchangeTimes,
  findApplication,
  formatTimestamp,
  type Header,
  nanosBetween,
  type RequestMessage,
  type ResponseMessage,
  type Timestamp,
} from "../../model/index.ts";
import { encodeContent } from "../text/content-text.ts";

/** The version of the documents below, which every one of them carries. It changes when a field changes its meaning. */
export const DOCUMENT_VERSION = 1;

/**
 * An exchange as one JSON document (docs/read.md describes it): times as RFC 3339 to the nanosecond, bytes as `text` where
 * they are UTF-8 and as `base64` where not, 64-bit numbers as strings, and `null` for a header's name or value that is not
 * known. `toExchange` reads it back without loss.
 */
export function exchangeDocument(exchange: Exchange): object {
  const { connection, request, response, informational, messages, application, times } = exchange;
  const { name: _, ...grpc } = findApplication(exchange, "grpc") ?? { name: undefined };
  return {
    type: "exchange",
    version: DOCUMENT_VERSION,
    id: exchange.id,
    time: time(times.requestStart ?? times.responseStart),
    protocol: exchange.protocol,
    application: application[0]?.name,
    stream: exchange.streamId,
    index: exchange.index,
    connection: connectionDocument(connection),
    request: request && requestDocument(request),
    response: response && responseDocument(response),
    informational: informational?.map((one) => ({
      status: one.status,
      headers: one.headers.map(headerDocument),
      time: time(one.time),
    })),
    messages: messages?.map(messageDocument),
    grpc: application[0]?.name === "grpc" ? grpc : undefined,
    times: timesDocument(times),
    durationMs: times.requestStart && times.responseEnd && nanosBetween(times.requestStart, times.responseEnd) / 1e6,
    quality: exchange.quality,
    problems: exchange.problems,
    kind: exchange.kind,
    applications: application,
  };
}

/** One line, with its line feed. */
export function exchangeLine(exchange: Exchange): string {
  return `${JSON.stringify(exchangeDocument(exchange))}\n`;
}

function connectionDocument(connection: Connection): object {
  const { id, transport, role, local, remote, dialled, opened, closed, tls, process, source, seenAt } = connection;
  return {
    id: String(id),
    transport,
    role,
    local: endpointDocument(local),
    remote: endpointDocument(remote),
    dialled: time(dialled),
    opened: time(opened),
    closed: time(closed),
    tls: tls && { ...tls, started: time(tls.started), finished: time(tls.finished) },
    process,
    source,
    seenAt,
  };
}

export function endpointDocument(endpoint: Endpoint | undefined): object | undefined {
  if (endpoint === undefined) return undefined;
  return endpoint.kind === "ip" ? { address: endpoint.address, port: endpoint.port } : { path: endpoint.path };
}

export function time(moment: Timestamp | undefined): string | undefined {
  return moment && formatTimestamp(moment);
}

function requestDocument(request: RequestMessage): object {
  const { method, target, scheme, authority } = request;
  return { method, target, scheme, authority, ...bodyAndHeaders(request) };
}

function responseDocument(response: ResponseMessage): object {
  const { status, reason } = response;
  return { status, reason, ...bodyAndHeaders(response) };
}

function bodyAndHeaders({
  headers,
  trailers,
  body,
  headBytes,
  started,
  finished,
}: RequestMessage | ResponseMessage): object {
  const { bytes, size, truncated, complete, decodedFrom } = body;
  return {
    headers: headers.map(headerDocument),
    trailers: trailers.map(headerDocument),
    headBytes,
    body: { size, truncated, complete, decodedFrom, ...encodeContent(bytes) },
    started: time(started),
    finished: time(finished),
  };
}

function headerDocument({ name, value, sensitive }: Header): object {
  return { name: name ?? null, value: value ?? null, sensitive };
}

function messageDocument({ bytes, ...message }: ConversationMessage): object {
  return { ...message, time: time(message.time), ...encodeContent(bytes) };
}

function timesDocument(times: ExchangeTimes): object {
  return Object.fromEntries(
    Object.entries(times).map(([name, moment]) => [name, time(moment as Timestamp | undefined)]),
  );
}
