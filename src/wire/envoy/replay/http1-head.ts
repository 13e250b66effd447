import type { HeaderValue } from "../trace.ts";

/** How a message's body is framed in HTTP/1 (RFC 9112 §6). */
export type Framing = "none" | "length" | "chunked" | "until-close";

/** Facts about a message's body that are known when its head is written. */
export interface BodyOutlook {
  /** Bytes of the body, where all of it is known. */
  readonly knownLength?: number;
  /** More of the body may come, or trailers do. */
  readonly continues: boolean;
}

/** The value of a pseudo-header or header, undefined when it is not there. */
export function headerOf(headers: readonly HeaderValue[], name: string): string | undefined {
  return headers.find(({ key }) => key.toLowerCase() === name)?.value;
}

export interface Head {
  readonly head: string;
  readonly framing: Framing;
  /** The last field is not the trace's: it frames the body. */
  readonly isFramed: boolean;
}

/** The request's line and headers in HTTP/1. What the trace does not say is filled in: `GET`, `/`. */
export function requestHead(headers: readonly HeaderValue[], outlook: BodyOutlook): Head {
  const method = headerOf(headers, ":method") ?? "GET";
  const authority = headerOf(headers, ":authority");
  const path = headerOf(headers, ":path") ?? (method === "CONNECT" ? (authority ?? "/") : "/");
  const { lines, framing, isFramed } = headerLines(headers, outlook, method === "CONNECT" ? "until-close" : undefined);
  const host =
    authority === undefined || headerOf(headers, "host") !== undefined ? "" : `host: ${clean(authority)}\r\n`;
  return { head: `${token(method)} ${target(path)} HTTP/1.1\r\n${host}${lines}\r\n`, framing, isFramed };
}

/**
 * The response's line and headers in HTTP/1.
 * @param method the request's, which decides whether there is a body
 */
export function responseHead(headers: readonly HeaderValue[], outlook: BodyOutlook, method: string): Head {
  const status = headerOf(headers, ":status") ?? "200";
  const tunnels = status === "101" || (method === "CONNECT" && status.startsWith("2"));
  const bodiless = method === "HEAD" || status === "204" || status === "304";
  const { lines, framing, isFramed } = headerLines(
    headers,
    outlook,
    tunnels ? "until-close" : bodiless ? "none" : undefined,
  );
  const length = framing === "none" && !bodiless && headerOf(headers, "content-length") === undefined;
  return {
    head: `HTTP/1.1 ${clean(status)} ${REASONS[status] ?? ""}\r\n${lines}${length ? "content-length: 0\r\n" : ""}\r\n`,
    framing,
    isFramed: isFramed || length,
  };
}

/** Headers or trailers as lines, without pseudo-headers. */
export function fieldLines(headers: readonly HeaderValue[]): string {
  return headers
    .filter(({ key }) => !key.startsWith(":"))
    .map(
      ({ key, value, rawValue }) =>
        `${token(key)}: ${clean(value === "" && rawValue ? UTF8.decode(rawValue) : value)}\r\n`,
    )
    .join("");
}

const UTF8 = new TextDecoder();

/** Headers as they are, and one more that frames the body where none of them does. */
function headerLines(
  headers: readonly HeaderValue[],
  { knownLength, continues }: BodyOutlook,
  forced: Framing | undefined,
): { lines: string; framing: Framing; isFramed: boolean } {
  const lines = fieldLines(headers);
  const isFramed = false;
  if (forced !== undefined) return { lines, framing: forced, isFramed };
  if (/(^|,)\s*chunked\s*$/i.test(headerOf(headers, "transfer-encoding") ?? ""))
    return { lines, framing: "chunked", isFramed };
  if (headerOf(headers, "content-length") !== undefined) return { lines, framing: "length", isFramed };
  if (continues) return { lines: `${lines}transfer-encoding: chunked\r\n`, framing: "chunked", isFramed: true };
  if (knownLength === undefined || knownLength === 0) return { lines, framing: "none", isFramed };
  return { lines: `${lines}content-length: ${knownLength}\r\n`, framing: "length", isFramed: true };
}

/** Nothing in a trace may begin another line. */
function clean(text: string): string {
  return text.replace(/[\r\n\0]/g, " ");
}

function token(text: string): string {
  return clean(text).replaceAll(" ", "_") || "_";
}

function target(text: string): string {
  return clean(text).replaceAll(" ", "%20") || "/";
}

const REASONS: Readonly<Record<string, string>> = {
  101: "Switching Protocols",
  200: "OK",
  201: "Created",
  202: "Accepted",
  204: "No Content",
  206: "Partial Content",
  301: "Moved Permanently",
  302: "Found",
  303: "See Other",
  304: "Not Modified",
  307: "Temporary Redirect",
  308: "Permanent Redirect",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  409: "Conflict",
  410: "Gone",
  413: "Content Too Large",
  415: "Unsupported Media Type",
  429: "Too Many Requests",
  500: "Internal Server Error",
  501: "Not Implemented",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
};
