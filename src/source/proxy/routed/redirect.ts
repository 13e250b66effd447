import type { PathMatch, RedirectAction } from "../config/routes/route-table.ts";
import type { AdmittedRequest } from "./admit-request.ts";
import type { LocalAnswer } from "./local-answer.ts";

/** Replaces the part that a route's prefix or path has matched; the query stays. */
export function rewritePrefix(path: string, match: PathMatch, replacement: string): string {
  const length = match.kind === "regex" ? path.split("?")[0]!.length : match.value.length;
  return replacement + path.slice(length);
}

const USUAL_PORTS: Readonly<Record<string, string>> = { http: ":80", https: ":443" };

/** Tells where a redirect sends the client (Envoy's `RouteEntryImplBase::newUri`). */
export function redirect(action: RedirectAction, request: AdmittedRequest, match: PathMatch): LocalAnswer {
  const scheme = action.scheme ?? request.scheme;
  const [, host = request.authority, port = ""] = /^(.*?)(:\d+)?$/.exec(request.authority) ?? [];
  // A port that was the usual one of the old scheme is none of the new one.
  const isUsual =
    action.scheme !== undefined && action.scheme !== request.scheme && port === USUAL_PORTS[request.scheme];
  const kept = action.host !== undefined || isUsual ? "" : port;
  const newPort = action.port === undefined ? kept : `:${action.port}`;
  const target =
    action.prefixRewrite !== undefined
      ? rewritePrefix(request.path, match, action.prefixRewrite)
      : withQuery(action.path ?? request.path, request.path, action.path !== undefined && !action.stripsQuery);
  const location = `${scheme}://${action.host ?? host}${newPort}${action.stripsQuery && action.path === undefined ? target.split("?")[0] : target}`;
  return { status: action.status, headers: [["location", location]] };
}

/** A path of the configuration's own keeps the request's query, unless it has one. */
function withQuery(path: string, original: string, isNew: boolean): string {
  if (!isNew || path.includes("?") || path.includes("#")) return path;
  const at = original.indexOf("?");
  return at < 0 ? path : path + original.slice(at);
}
