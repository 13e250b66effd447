import { type Body, findApplication, type Header } from "../../../model/index.ts";
import type { Attribute, Getters } from "./attribute.ts";
import { findHeader, headerMap, requestPseudoHeaders, responsePseudoHeaders } from "./headers.ts";
import { duration, span, splitTarget } from "./measures.ts";

/** What the two messages of an exchange say: Envoy's attributes, and ours for content types and bodies. */
export const MESSAGE_ATTRIBUTES: readonly Attribute[] = [
  {
    name: "request.method",
    type: "string",
    kinds: ["http"],
    phase: "request-headers",
    get: { exchange: ({ request }) => request?.method },
    doc: "the method, as sent",
  },
  {
    name: "request.path",
    type: "string",
    kinds: ["http"],
    phase: "request-headers",
    get: { exchange: ({ request }) => request?.target },
    doc: "the request target: path and query",
  },
  {
    name: "request.url_path",
    type: "string",
    kinds: ["http"],
    phase: "request-headers",
    get: { exchange: ({ request }) => (request?.target === undefined ? undefined : splitTarget(request.target).path) },
    doc: "the path without the query",
  },
  {
    name: "request.query",
    type: "string",
    kinds: ["http"],
    phase: "request-headers",
    get: { exchange: ({ request }) => (request?.target === undefined ? undefined : splitTarget(request.target).query) },
    doc: "the query without its `?`; empty where there is none",
  },
  {
    name: "request.host",
    type: "string",
    kinds: ["http"],
    phase: "request-headers",
    get: { exchange: ({ request }) => request?.authority },
    doc: "the Host header or `:authority`, with its port if it has one",
  },
  {
    name: "request.scheme",
    type: "string",
    kinds: ["http"],
    phase: "request-headers",
    get: { exchange: ({ request }) => request?.scheme },
    doc: "`http` or `https`",
  },
  {
    name: "request.headers",
    type: { map: "string" },
    kinds: ["http"],
    phase: "request-headers",
    get: { exchange: ({ request }) => request && headerMap(request.headers, requestPseudoHeaders(request)) },
    doc: "the headers: `request.headers['x-user']`; names in any case, values of one name joined with commas",
    entry: (key) => requestHeader(key.toLowerCase()),
  },
  headerAttribute("request.referer", "the Referer header", "request", "referer"),
  headerAttribute("request.useragent", "the User-Agent header", "request", "user-agent"),
  headerAttribute("request.id", "the X-Request-Id header", "request", "x-request-id"),
  headerAttribute("request.content_type", "the request's Content-Type header", "request", "content-type"),
  {
    name: "request.trailers",
    type: { map: "string" },
    kinds: ["http"],
    phase: "end",
    get: { exchange: ({ request }) => request && headerMap(request.trailers, {}) },
    doc: "the request's trailers",
    entry: (key) => trailer("request", key.toLowerCase()),
  },
  {
    name: "request.time",
    type: "timestamp",
    kinds: ["exchange"],
    phase: "end",
    get: { exchange: ({ times }) => times.requestStart },
    doc: "when the first byte of the request was seen",
  },
  {
    name: "request.duration",
    type: "duration",
    kinds: ["exchange"],
    phase: "end",
    get: { exchange: duration },
    doc: "from the first byte of the request to the last of the response",
  },
  {
    name: "request.protocol",
    type: "string",
    kinds: ["exchange"],
    phase: "end",
    get: { exchange: ({ protocol }) => (protocol === "h2" ? "HTTP/2" : protocol.toUpperCase()) },
    doc: "`HTTP/1.0`, `HTTP/1.1` or `HTTP/2`",
  },
  {
    name: "request.size",
    type: "int",
    kinds: ["http"],
    phase: "end",
    get: { exchange: ({ request }) => request?.body.size },
    doc: "bytes of the request's body",
  },
  {
    name: "request.total_size",
    type: "int",
    kinds: ["http"],
    phase: "end",
    get: { exchange: ({ request }) => request && request.headBytes + request.body.size },
    doc: "bytes of the request's head and body",
  },
  bodyAttribute("request"),
  {
    name: "response.code",
    type: "int",
    kinds: ["http"],
    phase: "response-headers",
    get: { exchange: ({ response }) => response?.status },
    doc: "the status code",
  },
  {
    name: "response.headers",
    type: { map: "string" },
    kinds: ["http"],
    phase: "response-headers",
    get: { exchange: ({ response }) => response && headerMap(response.headers, responsePseudoHeaders(response)) },
    doc: "the response's headers",
    entry: (key) => responseHeader(key.toLowerCase()),
  },
  {
    name: "response.trailers",
    type: { map: "string" },
    kinds: ["http"],
    phase: "end",
    get: { exchange: ({ response }) => response && headerMap(response.trailers, {}) },
    doc: "the response's trailers",
    entry: (key) => trailer("response", key.toLowerCase()),
  },
  headerAttribute("response.content_type", "the response's Content-Type header", "response", "content-type"),
  {
    name: "response.size",
    type: "int",
    kinds: ["http"],
    phase: "end",
    get: { exchange: ({ response }) => response?.body.size },
    doc: "bytes of the response's body",
  },
  {
    name: "response.total_size",
    type: "int",
    kinds: ["http"],
    phase: "end",
    get: { exchange: ({ response }) => response && response.headBytes + response.body.size },
    doc: "bytes of the response's head and body",
  },
  {
    name: "response.grpc_status",
    type: "int",
    kinds: ["http"],
    phase: "end",
    get: { exchange: (exchange) => findApplication(exchange, "grpc")?.status },
    doc: "the gRPC status code",
  },
  {
    name: "response.backend_latency",
    type: "duration",
    kinds: ["exchange"],
    phase: "end",
    get: { exchange: ({ times }) => span(times.requestEnd, times.responseStart) },
    doc: "from the last byte of the request to the first of the response",
  },
  bodyAttribute("response"),
];

function headerAttribute(name: string, doc: string, from: "request" | "response", header: string): Attribute {
  return {
    name,
    type: "string",
    kinds: ["http"],
    phase: `${from}-headers`,
    get: { exchange: (exchange) => headerOf(exchange[from]?.headers, header) },
    doc,
  };
}

function bodyAttribute(from: "request" | "response"): Attribute {
  return {
    name: `${from}.body`,
    type: "string",
    kinds: ["http"],
    phase: "end",
    get: { exchange: (exchange) => decodeBody(exchange[from]?.body) },
    doc: `the ${from}'s body as UTF-8 text, as far as it was kept; \`tapline read\` undoes its content coding`,
  };
}

function requestHeader(key: string): Getters {
  return {
    exchange: ({ request }) => {
      if (request === undefined) return undefined;
      return findHeader(request.headers, key) ?? requestPseudoHeaders(request)[key];
    },
  };
}

function responseHeader(key: string): Getters {
  return {
    exchange: ({ response }) => {
      if (response === undefined) return undefined;
      return findHeader(response.headers, key) ?? responsePseudoHeaders(response)[key];
    },
  };
}

function trailer(from: "request" | "response", key: string): Getters {
  return { exchange: (exchange) => headerOf(exchange[from]?.trailers, key) };
}

function headerOf(headers: readonly Header[] | undefined, key: string): string | undefined {
  return headers && findHeader(headers, key);
}

/** A body is often asked for several times by one filter: its text is made once. */
const texts = new WeakMap<Body, string>();

function decodeBody(body: Body | undefined): string | undefined {
  if (body === undefined) return undefined;
  let text = texts.get(body);
  if (text === undefined) {
    text = new TextDecoder().decode(body.bytes);
    texts.set(body, text);
  }
  return text;
}
