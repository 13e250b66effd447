import { type Exchange, elapsedNanos } from "../../../model/index.ts";

/** From the first byte of the request to the last of the response, in nanoseconds. */
export function duration({ times }: Exchange): number | undefined {
  return elapsedNanos(times.requestStart, times.responseEnd);
}

/** From the first byte of the request to the first of the response, in nanoseconds. */
export function timeToFirstByte({ times }: Exchange): number | undefined {
  return elapsedNanos(times.requestStart, times.responseStart);
}

/** A request target's path and query (RFC 9112 §3.2): of the absolute form too, whose scheme and authority are left out. */
export function splitTarget(target: string): { path: string; query: string } {
  let start = 0;
  if (!target.startsWith("/")) {
    const scheme = target.indexOf("://");
    if (scheme > 0) {
      const path = target.indexOf("/", scheme + 3);
      const query = target.indexOf("?", scheme + 3);
      if (path < 0 || (query >= 0 && query < path))
        return { path: "/", query: query < 0 ? "" : target.slice(query + 1) };
      start = path;
    }
  }
  const query = target.indexOf("?", start);
  return query < 0
    ? { path: start === 0 ? target : target.slice(start), query: "" }
    : { path: target.slice(start, query), query: target.slice(query + 1) };
}
