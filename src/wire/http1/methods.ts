import { WordTree } from "./word-tree.ts";

const HTTP_METHODS = [
  // RFC 9110, RFC 5789 and RFC 2068
  ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "LINK", "UNLINK"],
  // WebDAV, CalDAV and Subversion
  ["COPY", "LOCK", "MKCOL", "MOVE", "PROPFIND", "PROPPATCH", "SEARCH", "UNLOCK", "BIND", "REBIND", "UNBIND", "ACL"],
  ["MKCALENDAR", "REPORT", "MKACTIVITY", "CHECKOUT", "MERGE"],
  // UPnP
  ["M-SEARCH", "NOTIFY", "SUBSCRIBE", "UNSUBSCRIBE"],
  // Caches, safe methods with a body, Icecast, and HTTP/2's preface
  ["PURGE", "QUERY", "SOURCE", "PRI"],
].flat();

/** RFC 2326 §10, RAOP and AirPlay. */
const RTSP_METHODS = [
  ["OPTIONS", "DESCRIBE", "ANNOUNCE", "SETUP", "PLAY", "PAUSE", "TEARDOWN", "GET_PARAMETER", "SET_PARAMETER"],
  ["REDIRECT", "RECORD", "FLUSH", "GET", "POST"],
].flat();

/** The methods that a strict parser accepts. */
export const METHODS: readonly string[] = [...new Set([...HTTP_METHODS, ...RTSP_METHODS])];
export const METHOD_TREE = new WordTree(METHODS);
export const CONNECT = METHODS.indexOf("CONNECT");
export const PRI = METHODS.indexOf("PRI");

const PROTOCOLS = ["HTTP", "RTSP", "ICE"];
export const PROTOCOL_TREE = new WordTree(PROTOCOLS);

const ALLOWED = [HTTP_METHODS, RTSP_METHODS, ["SOURCE"]].map(
  (methods) => new Set(methods.map((method) => METHODS.indexOf(method))),
);
const REFUSALS = [
  "Invalid method for HTTP/x.x request",
  "Invalid method for RTSP/x.x request",
  "Expected SOURCE method for ICE/x.x request",
];

/** Why a strict parser refuses the method with that protocol (an index of `PROTOCOL_TREE`), or undefined. */
export function refuseMethod(method: number, protocol: number): string | undefined {
  return ALLOWED[protocol]!.has(method) ? undefined : REFUSALS[protocol];
}
