import type { Header, RequestMessage, ResponseMessage } from "../../model/index.ts";
import type { MapValue } from "../filter/value.ts";

/**
 * Header fields as Envoy's filters see them: names in lower case, values of one name joined with commas, and the
 * pseudo-headers also for HTTP/1 (`:method`, `:path`, `:authority`, `:status`; `host` is `:authority`).
 */
export function headerMap(headers: readonly Header[], pseudo: Readonly<Record<string, string | undefined>>): MapValue {
  const map = new Map<string, string>();
  for (const [name, value] of Object.entries(pseudo)) if (value !== undefined) map.set(name, value);
  const seen = new Set<string>();
  for (const { name, value } of headers) {
    if (name === undefined || value === undefined) continue;
    const key = name.toLowerCase();
    map.set(key, seen.has(key) ? `${map.get(key)},${value}` : value);
    seen.add(key);
  }
  return map;
}

/** One value of `headerMap`. `key` is in lower case. */
export function findHeader(headers: readonly Header[], key: string): string | undefined {
  let found: string | undefined;
  for (const { name, value } of headers) {
    if (name === undefined || value === undefined || name.length !== key.length) continue;
    if (name === key || name.toLowerCase() === key) found = found === undefined ? value : `${found},${value}`;
  }
  return found;
}

export function requestPseudoHeaders(request: RequestMessage): Record<string, string | undefined> {
  return {
    ":method": request.method,
    ":path": request.target,
    ":authority": request.authority,
    ":scheme": request.scheme,
    host: request.authority,
  };
}

export function responsePseudoHeaders(response: ResponseMessage): Record<string, string | undefined> {
  return { ":status": response.status === undefined ? undefined : String(response.status) };
}
