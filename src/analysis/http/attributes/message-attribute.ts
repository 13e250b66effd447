import type { Header, HttpExchange } from "../../../model/index.ts";
import { bodyText } from "../../content/body-text.ts";
import type { KindAttribute } from "../../protocols/kind-attribute.ts";
import {
  findHeader,
  findHeaderOctets,
  findPseudoHeader,
  headerMap,
  isPseudoHeader,
  trailerMap,
} from "../header-map.ts";

/** Which of the two messages. */
export type Side = "request" | "response";

/** @param header its name in lower case */
export function headerAttribute(name: string, doc: string, from: Side, header: string): KindAttribute<HttpExchange> {
  return {
    name,
    type: "string",
    phase: `${from}-headers`,
    get: (exchange) => headerOf(exchange[from]?.headers, header),
    octets: (exchange) => {
      const headers = exchange[from]?.headers;
      return headers && findHeaderOctets(headers, header);
    },
    doc,
  };
}

export function headersAttribute(from: Side, doc: string): KindAttribute<HttpExchange> {
  return {
    name: `${from}.headers`,
    type: { map: "string" },
    phase: `${from}-headers`,
    get: (exchange) => {
      const message = exchange[from];
      return message && headerMap(message);
    },
    doc,
    entry: (key) => headerGetter(from, key.toLowerCase()),
    entryOctets: (key) => headerOctetsGetter(from, key.toLowerCase()),
    normalizeKey: lowerCase,
  };
}

export function trailersAttribute(from: Side): KindAttribute<HttpExchange> {
  return {
    name: `${from}.trailers`,
    type: { map: "string" },
    phase: "end",
    get: (exchange) => {
      const message = exchange[from];
      return message && trailerMap(message);
    },
    doc: `the ${from}'s trailers`,
    entry: (key) => trailerGetter(from, key.toLowerCase()),
    normalizeKey: lowerCase,
  };
}

/** The sizes of its body, and of the whole of it. */
export function sizeAttributes(from: Side): readonly KindAttribute<HttpExchange>[] {
  return [
    {
      name: `${from}.size`,
      type: "int",
      phase: "end",
      get: (exchange) => exchange[from]?.body.size,
      doc: `bytes of the ${from}'s body`,
    },
    {
      name: `${from}.total_size`,
      type: "int",
      phase: "end",
      get: (exchange) => {
        const message = exchange[from];
        // A head that was not told has no bytes; a response of HTTP/0.9 has no head.
        const hasNoHead = from === "response" && exchange.response?.status === undefined;
        return message !== undefined && (message.headBytes > 0 || hasNoHead)
          ? message.headBytes + message.body.size
          : undefined;
      },
      doc: `bytes of the ${from}'s head and body, where the head's are known`,
    },
  ];
}

export function bodyAttribute(from: Side): KindAttribute<HttpExchange> {
  return {
    name: `${from}.body`,
    type: "string",
    phase: "end",
    ofBodies: true,
    get: (exchange) => bodyText(exchange[from]?.body),
    doc: `the ${from}'s body as UTF-8 text, as far as it was kept; \`tapline read\` undoes its content coding`,
  };
}

/** @param key in lower case */
function headerGetter(from: Side, key: string): KindAttribute<HttpExchange>["get"] {
  if (isPseudoHeader(key))
    return (exchange) => {
      const message = exchange[from];
      return message && (findHeader(message.headers, key) ?? findPseudoHeader(message, key));
    };
  return from === "request"
    ? ({ request }) => request && findHeader(request.headers, key)
    : ({ response }) => response && findHeader(response.headers, key);
}

/** @param key in lower case */
function headerOctetsGetter(from: Side, key: string): KindAttribute<HttpExchange>["get"] {
  if (isPseudoHeader(key))
    return (exchange) => {
      const message = exchange[from];
      return message && (findHeaderOctets(message.headers, key) ?? findPseudoHeader(message, key));
    };
  return from === "request"
    ? ({ request }) => request && findHeaderOctets(request.headers, key)
    : ({ response }) => response && findHeaderOctets(response.headers, key);
}

/** Names of fields have no case (RFC 9110 §5.1). */
function lowerCase(key: string): string {
  return key.toLowerCase();
}

/** @param key in lower case */
function trailerGetter(from: Side, key: string): KindAttribute<HttpExchange>["get"] {
  return (exchange) => headerOf(exchange[from]?.trailers, key);
}

function headerOf(headers: readonly Header[] | undefined, key: string): string | undefined {
  return headers && findHeader(headers, key);
}
