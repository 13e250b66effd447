import {
  type Body,
  type ConversationMessage,
  clientOf,
  compareTimestamps,
  type Endpoint,
  elapsedNanos,
  findApplication,
  formatTimestamp,
  type Header,
  type HttpExchange,
  isKnownTime,
  type RequestMessage,
  type ResponseMessage,
  serverOf,
  type Timestamp,
} from "../../model/index.ts";
import { encodeBase64, encodeContent } from "../../wire/text/content-text.ts";
import { isAscii, isText, octetsToText } from "../../wire/text/octets-to-text.ts";
import { harFacts } from "./har-facts.ts";
import { harQueryString, harUrl } from "./har-url.ts";
import { headerValue } from "./header-value.ts";
import { httpVersion } from "./http-version.ts";

/**
 * One exchange as an entry of a HAR 1.2 file (http://www.softwareishard.com/blog/har-12-spec/). What HAR has no field for
 * stands in fields that begin with `_`, as the format allows: `_quality`, `_problems`, `_truncated` where a body is not whole,
 * `_timeUnknown` where `startedDateTime`, which must be there, means nothing,
 * `_unknownHeaders` (names or values that a header compression hid), `_webSocketMessages` as Chrome writes them, `_grpc`.
 * Bodies should have been decoded (`decodeBodies`): HAR's `content.text` is what a browser shows.
 */
export function harEntry(exchange: HttpExchange): object {
  const { connection, times, messages } = exchange;
  const request = exchange.request && requestAsText(exchange.request);
  const response = exchange.response && responseAsText(exchange.response);
  const application = exchange.application[0]?.name;
  const { name: _, ...grpc } = findApplication(exchange, "grpc") ?? { name: undefined };
  const { began, timings } = harTimings(exchange);
  const started = [began, times.responseStart, request?.started].find(
    (time) => time !== undefined && isKnownTime(time),
  );
  const [client, server] = [clientOf(connection), serverOf(connection)];
  return {
    startedDateTime: formatTimestamp(started ?? { seconds: 0, nanos: 0 }),
    ...(started === undefined && { _timeUnknown: true }),
    time: totalOf(timings),
    request: harRequest(exchange, request),
    response: harResponse(exchange, response),
    cache: {},
    timings,
    ...(server?.kind === "ip" && { serverIPAddress: server.address }),
    connection: String(connection.id),
    ...(application !== undefined && { _resourceType: application === "sse" ? "eventsource" : application }),
    _protocol: exchange.protocol,
    ...(exchange.streamId !== 0 && { _stream: exchange.streamId }),
    _client: endpoint(client),
    _server: endpoint(server),
    ...(connection.tls !== undefined && { _tls: { version: connection.tls.version, sni: connection.tls.sni } }),
    _tapline: harFacts(exchange),
    _quality: exchange.quality,
    ...(exchange.problems.length > 0 && { _problems: exchange.problems }),
    ...(application === "websocket" && messages && { _webSocketMessages: messages.flatMap(webSocketMessage) }),
    ...(application === "sse" && messages && { _eventSourceMessages: messages.map(eventSourceMessage) }),
    ...(application === "grpc" && {
      _grpc: { ...grpc, ...(messages && { messages: messages.map(grpcMessage) }) },
    }),
  };
}

/** `ssl` is a part of `connect`. */
function totalOf({ blocked, connect, send, wait, receive }: HarTimings): number {
  return Math.max(0, blocked) + Math.max(0, connect) + send + wait + receive;
}

/** HAR is text: fields and targets as people read them. What is no UTF-8 is marked, so that it can be read again. */
function requestAsText(request: RequestMessage): RequestMessage {
  const { method, target, scheme, authority } = request;
  return {
    ...messageAsText(request),
    ...(method !== undefined && { method }),
    ...(target !== undefined && { target: octetsToText(target) }),
    ...(scheme !== undefined && { scheme }),
    ...(authority !== undefined && { authority: octetsToText(authority) }),
  };
}

function responseAsText(response: ResponseMessage): ResponseMessage {
  const { status, reason } = response;
  return {
    ...messageAsText(response),
    ...(status !== undefined && { status }),
    ...(reason !== undefined && { reason }),
  };
}

/** Messages may be views whose fields are made when they are asked for: each is asked for here. */
function messageAsText({ headers, trailers, body, headBytes, started, finished }: RequestMessage | ResponseMessage) {
  return {
    headers: headers.map(asTextHeader),
    trailers: trailers.map(asTextHeader),
    body,
    headBytes,
    ...(started && { started }),
    ...(finished !== undefined && { finished }),
  };
}

function asTextHeader(header: Header): TextHeader {
  const { value } = header;
  if (value === undefined || isAscii(value)) return header;
  return isText(value) ? { ...header, value: octetsToText(value) } : { ...header, isOctets: true };
}

interface TextHeader extends Header {
  /** Its value is octets that are no text. */
  readonly isOctets?: true;
}

function harRequest(
  { protocol, connection, messages, application }: HttpExchange,
  request: RequestMessage | undefined,
): object {
  const body = request?.body;
  return {
    method: request?.method ?? "",
    url: harUrl(request, connection),
    httpVersion: httpVersion(protocol),
    cookies: cookies(request?.headers ?? [], "cookie"),
    ...headerFields(request),
    queryString: harQueryString(request?.target ?? ""),
    ...(body !== undefined && body.size > 0 && { postData: postData(body, request?.headers ?? []) }),
    headersSize: request?.headBytes || -1,
    bodySize: body?.size ?? -1,
    ...(request === undefined && { _missing: true }),
    ...(request !== undefined && request.method === undefined && { _unknownMethod: true }),
    ...(application[0]?.name === "websocket" && messages && { _webSocket: true }),
  };
}

function harResponse({ protocol }: HttpExchange, response: ResponseMessage | undefined): object {
  return {
    // Chrome and others write 0 where there was no response.
    status: response?.status ?? 0,
    statusText: response?.reason ?? "",
    httpVersion: response === undefined ? "" : httpVersion(protocol),
    cookies: cookies(response?.headers ?? [], "set-cookie"),
    ...headerFields(response),
    content: responseContent(response),
    redirectURL: headerValue(response?.headers, "location") ?? "",
    headersSize: response?.headBytes || -1,
    bodySize: response?.body.size ?? -1,
    ...(response === undefined && { _missing: true }),
  };
}

function responseContent(response: ResponseMessage | undefined): object {
  const mimeType = headerValue(response?.headers, "content-type") ?? "x-unknown";
  if (response === undefined) return { size: 0, mimeType };
  const { body } = response;
  const decoded = body.decodedFrom !== undefined;
  return {
    size: decoded ? body.bytes.length : body.size,
    ...(decoded && { compression: body.bytes.length - body.size, _decodedFrom: body.decodedFrom }),
    mimeType,
    ...contentText(body, "encoding"),
  };
}

function postData(body: Body, headers: readonly Header[]): object {
  const mimeType = headerValue(headers, "content-type") ?? "";
  const content = contentText(body, "_encoding");
  // HAR has either `text` or `params`: only the first has all of a body.
  return {
    mimeType,
    ...content,
    ...(body.decodedFrom !== undefined && { _decodedFrom: body.decodedFrom }),
  };
}

/** Whole, or marked: `_truncated` says that bytes are missing, `_keptSize` how many are there. */
function contentText(body: Body, encodingField: "encoding" | "_encoding"): object {
  const content = encodeContent(body.bytes);
  return {
    ...(body.bytes.length > 0 &&
      ("text" in content ? { text: content.text } : { text: content.base64, [encodingField]: "base64" })),
    ...((body.truncated || !body.complete) && { _truncated: true, _keptSize: body.bytes.length }),
  };
}

function headerFields(message: RequestMessage | ResponseMessage | undefined): object {
  const headers: readonly TextHeader[] = message?.headers ?? [];
  const known = headers.filter((header) => header.name !== undefined && header.value !== undefined);
  const trailers: readonly TextHeader[] = message?.trailers ?? [];
  return {
    headers: known.map((header) =>
      header.isOctets === true || header.sensitive === true
        ? { name: header.name, value: header.value, ...headerMarks(header) }
        : { name: header.name, value: header.value },
    ),
    ...(known.length < headers.length && {
      _unknownHeaders: headers
        .filter((header) => header.name === undefined || header.value === undefined)
        .map((header) => ({ name: header.name ?? null, value: header.value ?? null, ...headerMarks(header) })),
    }),
    ...(trailers.length > 0 && {
      _trailers: trailers.map((header) => ({
        name: header.name ?? null,
        value: header.value ?? null,
        ...headerMarks(header),
      })),
    }),
  };
}

function headerMarks({ isOctets, sensitive }: TextHeader): object {
  return { ...(isOctets === true && { _octets: true }), ...(sensitive === true && { _sensitive: true }) };
}

/**
 * When the entry's interval began, and its parts in milliseconds, one after the other; -1 where a part does not apply. `connect` has
 * `ssl` in it, as the format says. The handshakes belong to the first request if it was sent within a second of them: a client that
 * waited longer was idle, and its request did not wait. What was not seen takes no time; `_tapline` has the moments themselves.
 */
function harTimings({ times }: HttpExchange): { began: Timestamp | undefined; timings: HarTimings } {
  const { tlsStart, tlsEnd, connectEnd, requestStart, requestEnd, responseStart, responseEnd } = times;
  const connectStart = times.connectStart ?? tlsStart;
  const connected = tlsEnd ?? connectEnd;
  const idle = elapsedNanos(connected, requestStart);
  const connects = connectStart !== undefined && idle !== undefined && idle <= MAX_IDLE_NANOS;
  const sent =
    requestEnd && responseStart && compareTimestamps(responseStart, requestEnd) < 0 ? responseStart : requestEnd;
  const millis = (from: Timestamp | undefined, to: Timestamp | undefined, otherwise: number): number => {
    const nanos = elapsedNanos(from, to);
    return nanos === undefined ? otherwise : nanos / 1e6;
  };
  return {
    began: connects ? connectStart : requestStart,
    timings: {
      blocked: connects ? idle / 1e6 : -1,
      dns: -1,
      connect: connects ? millis(connectStart, connected, -1) : -1,
      ssl: connects ? millis(tlsStart, tlsEnd, -1) : -1,
      send: millis(requestStart, sent, 0),
      wait: millis(sent, responseStart, 0),
      receive: millis(responseStart, responseEnd, 0),
    },
  };
}

interface HarTimings {
  readonly blocked: number;
  readonly dns: number;
  readonly connect: number;
  readonly ssl: number;
  readonly send: number;
  readonly wait: number;
  readonly receive: number;
}

/** How long after its connection's handshakes a request may begin for them to be a part of it. */
const MAX_IDLE_NANOS = 1e9;

function cookies(headers: readonly Header[], name: "cookie" | "set-cookie"): object[] {
  const cookies: object[] = [];
  for (const { name: own, value = "" } of headers) {
    if (own?.length !== name.length || own.toLowerCase() !== name) continue;
    if (name === "cookie") cookies.push(...value.split(";").map(pair));
    else cookies.push(setCookie(value));
  }
  return cookies;
}

function setCookie(value: string): object {
  const [first, ...attributes] = value.split(";");
  const has = (name: string): string | undefined =>
    attributes.find((attribute) => attribute.trim().toLowerCase().startsWith(name))?.trim();
  const path = has("path=")?.slice(5);
  const domain = has("domain=")?.slice(7);
  return {
    ...pair(first!),
    ...(path !== undefined && { path }),
    ...(domain !== undefined && { domain }),
    httpOnly: has("httponly") !== undefined,
    secure: has("secure") !== undefined,
  };
}

function pair(text: string): { name: string; value: string } {
  const equals = text.indexOf("=");
  return { name: text.slice(0, Math.max(0, equals)).trim(), value: text.slice(equals + 1).trim() };
}

/** As Chrome's network panel exports them: text as it is, binary in base64; control frames have their opcodes. */
function webSocketMessage({ from, time, kind, bytes, size, truncated }: ConversationMessage): object[] {
  const opcode = OPCODES[kind];
  if (opcode === undefined) return [];
  const content = encodeContent(bytes);
  return [
    {
      type: from === "client" ? "send" : "receive",
      ...momentFields(time),
      opcode,
      data: opcode === 1 && "text" in content ? content.text : encodeBase64(bytes),
      ...(truncated && { _truncated: true, _size: size }),
    },
  ];
}

const OPCODES: Readonly<Record<string, number>> = { text: 1, binary: 2, close: 8, ping: 9, pong: 10 };

function eventSourceMessage({ from, time, kind, bytes, size, truncated }: ConversationMessage): object {
  return {
    from,
    ...momentFields(time),
    ...(kind !== "event" && { _kind: kind }),
    size,
    ...encodeContent(bytes),
    ...(truncated && { _truncated: true }),
  };
}

function grpcMessage({ from, time, kind, bytes, size, truncated, compressed }: ConversationMessage): object {
  return {
    from,
    ...momentFields(time),
    ...(kind !== "message" && { _kind: kind }),
    size,
    ...encodeContent(bytes),
    ...(truncated && { _truncated: true }),
    ...(compressed !== undefined && { compressed }),
  };
}

/** The seconds are Chrome's, as exact as a number can be. */
function momentFields(time: Timestamp): object {
  if (!isKnownTime(time)) return { time: 0, _timeUnknown: true };
  return { time: time.seconds + time.nanos / 1e9, _time: formatTimestamp(time) };
}

function endpoint(end: Endpoint | undefined): object | undefined {
  if (end === undefined) return undefined;
  return end.kind === "ip" ? { address: end.address, port: end.port } : { path: end.path };
}
