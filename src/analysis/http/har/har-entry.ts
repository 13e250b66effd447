import {
  type Body,
  clientOf,
  type Endpoint,
  findApplication,
  formatTimestamp,
  type Header,
  type HttpExchange,
  isKnownTime,
  type RequestMessage,
  type ResponseMessage,
  serverOf,
} from "../../../model/index.ts";
import { encodeContent } from "../../../wire/text/content-text.ts";
import { octetsToText } from "../../../wire/text/octets-to-text.ts";
import { outermostByHeads } from "../../applications/table.ts";
import { headerValue } from "../header-value.ts";
import { httpVersion } from "../http-version.ts";
import { harCookies } from "./har-cookies.ts";
import { harFacts } from "./har-facts.ts";
import { harHeaders, hiddenHeaders, markedHeader, textHeaders } from "./har-headers.ts";
import { eventSourceMessage, grpcMessage, webSocketMessage } from "./har-messages.ts";
import { harTimings, totalOf } from "./har-timings.ts";
import { harQueryString, harUrl } from "./har-url.ts";

/**
 * One exchange as an entry of a HAR 1.2 file (http://www.softwareishard.com/blog/har-12-spec/). What HAR has no field for
 * stands in fields that begin with `_`, as the format allows: `_quality`, `_problems`, `_truncated` where a body is not whole,
 * `_timeUnknown` where `startedDateTime`, which must be there, means nothing,
 * `_unknownHeaders` (names or values that a header compression hid), `_webSocketMessages` as Chrome writes them, `_grpc`.
 * Bodies should have been decoded (`decodeBodies`): HAR's `content.text` is what a browser shows. Members that are undefined are
 * not there: JSON leaves them out, and objects of one shape are written faster.
 */
export function harEntry(exchange: HttpExchange): object {
  const { connection, protocol, times, messages, problems, streamId } = exchange;
  const { request, response } = exchange;
  const application = outermostByHeads(exchange.application)?.name;
  const { name: _, ...grpc } = findApplication(exchange, "grpc") ?? { name: undefined };
  const { began, timings } = harTimings(exchange);
  const started = [began, times.responseStart, request?.started].find(
    (time) => time !== undefined && isKnownTime(time),
  );
  const [client, server] = [clientOf(connection), serverOf(connection)];
  return {
    startedDateTime: formatTimestamp(started ?? { seconds: 0, nanos: 0 }),
    _timeUnknown: started === undefined || undefined,
    time: totalOf(timings),
    request: harRequest(exchange, request),
    response: harResponse(protocol, response),
    cache: {},
    timings,
    serverIPAddress: server?.kind === "ip" ? server.address : undefined,
    connection: String(connection.id),
    _resourceType: application === "sse" ? "eventsource" : application,
    _protocol: protocol,
    _stream: streamId === 0 ? undefined : streamId,
    _client: endpoint(client),
    _server: endpoint(server),
    _tls: connection.tls && { version: connection.tls.version, sni: connection.tls.sni },
    _tapline: harFacts(exchange),
    _quality: exchange.quality,
    _problems: problems.length > 0 ? problems : undefined,
    _webSocketMessages: application === "websocket" ? messages?.flatMap(webSocketMessage) : undefined,
    _eventSourceMessages: application === "sse" ? messages?.map(eventSourceMessage) : undefined,
    _grpc: application === "grpc" ? { ...grpc, messages: messages?.map(grpcMessage) } : undefined,
  };
}

function harRequest(exchange: HttpExchange, request: RequestMessage | undefined): object {
  const { connection, messages, application } = exchange;
  // HAR is text: targets and fields as people read them. Messages may be views, each part of which is made when it is asked for.
  const headers = textHeaders(request?.headers);
  const target = request?.target === undefined ? undefined : octetsToText(request.target);
  const authority = request?.authority === undefined ? undefined : octetsToText(request.authority);
  const method = request?.method;
  const body = request?.body;
  return {
    method: method ?? "",
    url: harUrl({ method, target, scheme: request?.scheme, authority }, connection),
    httpVersion: httpVersion(exchange.protocol),
    cookies: harCookies(headers, "cookie"),
    headers: harHeaders(headers),
    _unknownHeaders: hiddenHeaders(headers),
    _trailers: trailerFields(request),
    queryString: harQueryString(target ?? ""),
    // Others say that nothing was sent, and what.
    postData: body !== undefined && (body.size > 0 || body.bytes.length > 0) ? postData(body, headers) : undefined,
    headersSize: request?.headBytes || -1,
    bodySize: body?.size ?? -1,
    _missing: request === undefined || undefined,
    _unknownMethod: (request !== undefined && method === undefined) || undefined,
    _webSocket: (application[0]?.name === "websocket" && messages !== undefined) || undefined,
  };
}

function harResponse(protocol: string, response: ResponseMessage | undefined): object {
  const headers = textHeaders(response?.headers);
  return {
    // Chrome and others write 0 where there was no response.
    status: response?.status ?? 0,
    statusText: response?.reason ?? "",
    httpVersion: response === undefined ? "" : httpVersion(protocol),
    cookies: harCookies(headers, "set-cookie"),
    headers: harHeaders(headers),
    _unknownHeaders: hiddenHeaders(headers),
    _trailers: trailerFields(response),
    content: responseContent(response?.body, headers),
    redirectURL: headerValue(headers, "location") ?? "",
    headersSize: response?.headBytes || -1,
    bodySize: response?.body.size ?? -1,
    _missing: response === undefined || undefined,
  };
}

function responseContent(body: Body | undefined, headers: readonly Header[]): object {
  const mimeType = headerValue(headers, "content-type") ?? "x-unknown";
  if (body === undefined) return { size: 0, mimeType };
  const { bytes, size, decodedFrom } = body;
  const decoded = decodedFrom !== undefined;
  const { text, isBase64 } = contentText(bytes);
  return {
    size: decoded ? bytes.length : size,
    compression: decoded ? bytes.length - size : undefined,
    _decodedFrom: decodedFrom,
    mimeType,
    text,
    encoding: isBase64 ? "base64" : undefined,
    ...truncation(body),
  };
}

/** HAR has either `text` or `params`: only the first has all of a body. */
function postData(body: Body, headers: readonly Header[]): object {
  const { text, isBase64 } = contentText(body.bytes);
  return {
    mimeType: headerValue(headers, "content-type") ?? "",
    text,
    _encoding: isBase64 ? "base64" : undefined,
    ...truncation(body),
    _decodedFrom: body.decodedFrom,
  };
}

function contentText(bytes: Uint8Array): { readonly text?: string; readonly isBase64?: boolean } {
  if (bytes.length === 0) return {};
  const content = encodeContent(bytes);
  return "text" in content ? content : { text: content.base64, isBase64: true };
}

/** `_truncated` says that bytes are missing, `_keptSize` how many are there. */
function truncation({ bytes, truncated, complete }: Body): object | undefined {
  return truncated || !complete ? { _truncated: true, _keptSize: bytes.length } : undefined;
}

function trailerFields(message: RequestMessage | ResponseMessage | undefined): object[] | undefined {
  const trailers = textHeaders(message?.trailers);
  return trailers.length > 0 ? trailers.map(markedHeader) : undefined;
}

function endpoint(end: Endpoint | undefined): object | undefined {
  if (end === undefined) return undefined;
  return end.kind === "ip" ? { address: end.address, port: end.port } : { path: end.path };
}
