import type { HttpExchange } from "../../../model/index.ts";
import { octetsToText } from "../../../wire/text/octets-to-text.ts";
import { splitTarget } from "../../filter/attributes/measures.ts";
import type { KindAttribute } from "../../protocols/kind-attribute.ts";
import { templatePath } from "../../routes/template-path.ts";
import {
  bodyAttribute,
  headerAttribute,
  headersAttribute,
  sizeAttributes,
  trailersAttribute,
} from "./message-attribute.ts";

/** The names for a request: Envoy's attributes, and ours for content types and bodies. */
export const REQUEST_ATTRIBUTES: readonly KindAttribute<HttpExchange>[] = [
  {
    name: "request.method",
    type: "string",
    phase: "request-headers",
    get: ({ request }) => toText(request?.method),
    octets: ({ request }) => request?.method,
    doc: "the method, as sent",
  },
  {
    name: "request.path",
    type: "string",
    phase: "request-headers",
    get: ({ request }) => toText(request?.target),
    octets: ({ request }) => request?.target,
    doc: "the request target: path and query",
  },
  {
    name: "request.url_path",
    type: "string",
    phase: "request-headers",
    get: ({ request }) => (request?.target === undefined ? undefined : splitTarget(octetsToText(request.target)).path),
    octets: ({ request }) => (request?.target === undefined ? undefined : splitTarget(request.target).path),
    doc: "the path without the query",
  },
  {
    name: "request.query",
    type: "string",
    phase: "request-headers",
    get: ({ request }) => (request?.target === undefined ? undefined : splitTarget(octetsToText(request.target)).query),
    octets: ({ request }) => (request?.target === undefined ? undefined : splitTarget(request.target).query),
    doc: "the query without its `?`; empty where there is none",
  },
  {
    name: "request.host",
    type: "string",
    phase: "request-headers",
    get: ({ request }) => toText(request?.authority),
    octets: ({ request }) => request?.authority,
    doc: "the Host header or `:authority`, with its port if it has one",
  },
  {
    name: "request.scheme",
    type: "string",
    phase: "request-headers",
    get: ({ request }) => request?.scheme,
    doc: "`http` or `https`",
  },
  headersAttribute(
    "request",
    "the headers: `request.headers['x-user']`; names in any case, values of one name joined with commas",
  ),
  headerAttribute("request.referer", "the Referer header", "request", "referer"),
  headerAttribute("request.useragent", "the User-Agent header", "request", "user-agent"),
  headerAttribute("request.id", "the X-Request-Id header", "request", "x-request-id"),
  headerAttribute("request.content_type", "the request's Content-Type header", "request", "content-type"),
  trailersAttribute("request"),
  ...sizeAttributes("request"),
  bodyAttribute("request"),
  {
    name: "route",
    type: "string",
    phase: "request-headers",
    get: ({ request }) =>
      request?.target === undefined ? undefined : templatePath(splitTarget(octetsToText(request.target)).path),
    doc: "the path with `{id}` for numbers, UUIDs, hashes and long hexadecimal: `/users/{id}`",
  },
];

function toText(octets: string | undefined): string | undefined {
  return octets === undefined ? undefined : octetsToText(octets);
}
