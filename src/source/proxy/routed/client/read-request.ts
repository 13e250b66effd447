import type { IncomingMessage } from "node:http";
import { CONNECT } from "../find-route.ts";
import { type HeaderList, listHeaders } from "../headers/header-list.ts";
import type { LocalAnswer } from "../local-answer.ts";
import type { DownstreamStream } from "./downstream.ts";
import type { HttpSession } from "./http-session.ts";

/** A request as its head says it, and its body. */
export type ReadRequest = Omit<
  DownstreamStream,
  "sink" | "isOpen" | "respond" | "inform" | "finish" | "distrust" | "reset"
>;

export const BAD_REQUEST: LocalAnswer = { status: 400, text: "Bad Request", isUnread: true };
export const HEADERS_TOO_LARGE: LocalAnswer = {
  status: 431,
  text: "Request Header Fields Too Large",
  isUnread: true,
};
export const NOT_IMPLEMENTED: LocalAnswer = { status: 501, text: "Not Implemented", isUnread: true };
export const UPGRADE_REQUIRED: LocalAnswer = { status: 426, text: "Upgrade Required", isUnread: true };

/** Reads a request of HTTP/1; an answer for one that parsers could disagree on (RFC 9112 §6.3, §3.2). */
export function readRequest(connection: HttpSession, request: IncomingMessage): ReadRequest | LocalAnswer {
  const headers: HeaderList = [];
  const [hosts, lengths, codings]: [string[], string[], string[]] = [[], [], []];
  const { rawHeaders } = request;
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]!.toLowerCase();
    const value = rawHeaders[at + 1]!;
    // A folded line, or a bare CR: some take it for another header.
    if (/[\r\n\0]/.test(value)) return BAD_REQUEST;
    if (name === "content-length") lengths.push(value);
    else if (name === "transfer-encoding") codings.push(value);
    if (name === "host") hosts.push(value);
    else headers.push([name, value]);
  }
  if (rawHeaders.length / 2 > connection.settings.maxHeaders) return HEADERS_TOO_LARGE;
  // HTTP/1.0, and whatever is older than 1.1.
  const isOld = request.httpVersion !== "1.1";
  if (isOld && !connection.settings.acceptsHttp10) return UPGRADE_REQUIRED;
  const isChunked = codings.length === 1 && codings[0]!.trim().toLowerCase() === "chunked";
  if (hosts.length > 1 || lengths.length > 1 || (lengths.length > 0 && codings.length > 0)) return BAD_REQUEST;
  if (codings.length > 0 && isOld) return BAD_REQUEST;
  if (codings.length > 0 && !isChunked) return NOT_IMPLEMENTED;
  if (lengths.length === 1 && !/^\d+$/.test(lengths[0]!)) return BAD_REQUEST;
  const isTunnel = request.method === CONNECT;
  if (isTunnel && codings.length > 0) return NOT_IMPLEMENTED;
  // The bytes behind it are the tunnel's.
  if (isTunnel && lengths.length === 1 && Number(lengths[0]) !== 0) return BAD_REQUEST;
  const target = isTunnel ? readTunnelTarget(request.url ?? "") : readTarget(request.url ?? "");
  if (target === undefined) return BAD_REQUEST;
  return {
    version: isOld ? "HTTP/1.0" : "HTTP/1.1",
    method: request.method ?? "GET",
    scheme: target.scheme,
    // An absolute target says the host (RFC 9112 §3.2.2).
    authority: target.authority ?? hosts[0],
    path: target.path,
    headers,
    body: request,
    isBodiless: !isChunked && (lengths.length === 0 || lengths[0] === "0"),
    trailers: () => (connection.settings.allowsTrailers ? listHeaders(request.rawTrailers) : []),
  };
}

interface Target {
  readonly path: string;
  readonly authority: string | undefined;
  readonly scheme: string | undefined;
}

/** A host with its port (RFC 9110 §9.3.6). */
function readTunnelTarget(url: string): Target | undefined {
  return /^(?:[^\x00-\x20\x7f/?#@[\]:"\\]+|\[[0-9a-f:.]+\]):\d{1,5}$/i.test(url)
    ? { path: "", authority: url, scheme: undefined }
    : undefined;
}

function readTarget(url: string): Target | undefined {
  if (/[\x00-\x20\x7f]/.test(url)) return undefined;
  const absolute = /^(https?):\/\/([^/?#]*)(.*)$/i.exec(url);
  if (absolute === null) return { path: url, authority: undefined, scheme: undefined };
  const rest = absolute[3]!;
  // Who asks is nobody that a host could be called by (RFC 9110 §4.2.4). An `http` URI without a host is none (§4.2.1).
  const [, authority, port = ""] = HOST.exec(absolute[2]!) ?? [];
  if (authority === undefined || Number(port) > 65_535) return undefined;
  return { authority, path: rest.startsWith("/") ? rest : `/${rest}`, scheme: absolute[1]!.toLowerCase() };
}

/** Behind a user: a host, and a port. */
const HOST = /^(?:[^@]*@)?((?:[a-z0-9.-]+|\[[0-9a-f:.]+\])(?::(\d+))?)$/i;
