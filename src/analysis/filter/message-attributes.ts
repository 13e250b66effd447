import type { Body, Header } from "../../model/index.ts";
import type { Attribute } from "./attribute.ts";
import { findHeader, headerMap, requestPseudoHeaders, responsePseudoHeaders } from "./headers.ts";
import { duration, span, splitTarget } from "./measures.ts";

/** What the two messages of an exchange say: Envoy's attributes, and ours for content types and bodies. */
export const MESSAGE_ATTRIBUTES: readonly Attribute[] = [
  {
    name: "request.method",
    type: "string",
    doc: "the method, as sent",
    exchange: ({ request }) => request?.method,
  },
  {
    name: "request.path",
    type: "string",
    doc: "the request target: path and query",
    exchange: ({ request }) => request?.target,
  },
  {
    name: "request.url_path",
    type: "string",
    doc: "the path without the query",
    exchange: ({ request }) => (request?.target === undefined ? undefined : splitTarget(request.target).path),
  },
  {
    name: "request.query",
    type: "string",
    doc: "the query without its `?`; empty where there is none",
    exchange: ({ request }) => (request?.target === undefined ? undefined : splitTarget(request.target).query),
  },
  {
    name: "request.host",
    type: "string",
    doc: "the Host header or `:authority`, with its port if it has one",
    exchange: ({ request }) => request?.authority,
  },
  {
    name: "request.scheme",
    type: "string",
    doc: "`http` or `https`",
    exchange: ({ request }) => request?.scheme,
  },
  {
    name: "request.headers",
    type: { map: "string" },
    doc: "the headers: `request.headers['x-user']`; names in any case, values of one name joined with commas",
    exchange: ({ request }) => request && headerMap(request.headers, requestPseudoHeaders(request)),
    entry: (key) => requestHeader(key.toLowerCase()),
  },
  headerAttribute("request.referer", "the Referer header", "request", "referer"),
  headerAttribute("request.useragent", "the User-Agent header", "request", "user-agent"),
  headerAttribute("request.id", "the X-Request-Id header", "request", "x-request-id"),
  headerAttribute("request.content_type", "the request's Content-Type header", "request", "content-type"),
  {
    name: "request.trailers",
    type: { map: "string" },
    doc: "the request's trailers",
    exchange: ({ request }) => request && headerMap(request.trailers, {}),
    entry: (key) => trailer("request", key.toLowerCase()),
  },
  {
    name: "request.time",
    type: "timestamp",
    doc: "when the first byte of the request was seen",
    exchange: ({ times }) => times.requestStart,
  },
  {
    name: "request.duration",
    type: "duration",
    doc: "from the first byte of the request to the last of the response",
    exchange: duration,
  },
  {
    name: "request.protocol",
    type: "string",
    doc: "`HTTP/1.0`, `HTTP/1.1` or `HTTP/2`",
    exchange: ({ protocol }) => (protocol === "h2" ? "HTTP/2" : protocol.toUpperCase()),
  },
  {
    name: "request.size",
    type: "int",
    doc: "bytes of the request's body",
    exchange: ({ request }) => request?.body.size,
  },
  {
    name: "request.total_size",
    type: "int",
    doc: "bytes of the request's head and body",
    exchange: ({ request }) => request && request.headBytes + request.body.size,
  },
  bodyAttribute("request"),
  {
    name: "response.code",
    type: "int",
    doc: "the status code",
    exchange: ({ response }) => response?.status,
  },
  {
    name: "response.headers",
    type: { map: "string" },
    doc: "the response's headers",
    exchange: ({ response }) => response && headerMap(response.headers, responsePseudoHeaders(response)),
    entry: (key) => responseHeader(key.toLowerCase()),
  },
  {
    name: "response.trailers",
    type: { map: "string" },
    doc: "the response's trailers",
    exchange: ({ response }) => response && headerMap(response.trailers, {}),
    entry: (key) => trailer("response", key.toLowerCase()),
  },
  headerAttribute("response.content_type", "the response's Content-Type header", "response", "content-type"),
  {
    name: "response.size",
    type: "int",
    doc: "bytes of the response's body",
    exchange: ({ response }) => response?.body.size,
  },
  {
    name: "response.total_size",
    type: "int",
    doc: "bytes of the response's head and body",
    exchange: ({ response }) => response && response.headBytes + response.body.size,
  },
  {
    name: "response.grpc_status",
    type: "int",
    doc: "the gRPC status code",
    exchange: ({ grpc }) => grpc?.status,
  },
  {
    name: "response.backend_latency",
    type: "duration",
    doc: "from the last byte of the request to the first of the response",
    exchange: ({ times }) => span(times.requestEnd, times.responseStart),
  },
  bodyAttribute("response"),
];

function headerAttribute(name: string, doc: string, from: "request" | "response", header: string): Attribute {
  return { name, type: "string", doc, exchange: (exchange) => headerOf(exchange[from]?.headers, header) };
}

function bodyAttribute(from: "request" | "response"): Attribute {
  return {
    name: `${from}.body`,
    type: "string",
    doc: `the ${from}'s body as UTF-8 text, as far as it was kept; \`tapline read\` undoes its content coding`,
    exchange: (exchange) => decodeBody(exchange[from]?.body),
  };
}

function requestHeader(key: string): Pick<Attribute, "exchange"> {
  return {
    exchange: ({ request }) => {
      if (request === undefined) return undefined;
      return findHeader(request.headers, key) ?? requestPseudoHeaders(request)[key];
    },
  };
}

function responseHeader(key: string): Pick<Attribute, "exchange"> {
  return {
    exchange: ({ response }) => {
      if (response === undefined) return undefined;
      return findHeader(response.headers, key) ?? responsePseudoHeaders(response)[key];
    },
  };
}

function trailer(from: "request" | "response", key: string): Pick<Attribute, "exchange"> {
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
