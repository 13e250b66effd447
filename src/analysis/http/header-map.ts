import type { Header, RequestMessage, ResponseMessage } from "../../model/index.ts";
import { octetsToText } from "../../wire/text/octets-to-text.ts";
import type { MapValue } from "../filter/value.ts";

/**
 * Header fields as Envoy's filters see them: names in lower case, values of one name joined with commas, and the
 * pseudo-headers also for HTTP/1 (`:method`, `:path`, `:authority`, `:status`; `host` is `:authority`). They are made once
 * for each message.
 */
export function headerMap(message: RequestMessage | ResponseMessage): MapValue {
  return memoize(headerMaps, message, () => makeMap(message.headers, pseudoHeaders(message)));
}

export function trailerMap(message: RequestMessage | ResponseMessage): MapValue {
  return memoize(trailerMaps, message, () => makeMap(message.trailers, []));
}

const headerMaps = new WeakMap<object, MapValue>();
const trailerMaps = new WeakMap<object, MapValue>();

function memoize(known: WeakMap<object, MapValue>, message: object, make: () => MapValue): MapValue {
  let map = known.get(message);
  if (map === undefined) {
    map = make();
    known.set(message, map);
  }
  return map;
}

function makeMap(headers: readonly Header[], pseudo: readonly (readonly [string, string | undefined])[]): MapValue {
  const map = new Map<string, string>();
  for (const [name, value] of pseudo) if (value !== undefined) map.set(name, octetsToText(value));
  const lists = new Map<string, string[]>();
  for (const { name, value } of headers) {
    if (name === undefined || value === undefined) continue;
    const key = name.toLowerCase();
    const list = lists.get(key);
    if (list === undefined) lists.set(key, [value]);
    else list.push(value);
  }
  for (const [key, values] of lists) map.set(key, octetsToText(values.join(",")));
  return map;
}

/** One value of `headerMap`. `key` is in lower case. */
export function findHeader(headers: readonly Header[], key: string): string | undefined {
  const found = findHeaderOctets(headers, key);
  return found === undefined ? undefined : octetsToText(found);
}

/** The same as the octets that it came as. */
export function findHeaderOctets(headers: readonly Header[], key: string): string | undefined {
  let found: string | undefined;
  for (const header of headers) {
    const { name } = header;
    if (name === undefined || name.length !== key.length) continue;
    if (name !== key && name.toLowerCase() !== key) continue;
    const { value } = header;
    if (value !== undefined) found = found === undefined ? value : `${found},${value}`;
  }
  return found;
}

/** One value of `headerMap`, of names that the message does not have as headers. */
export function findPseudoHeader(message: RequestMessage | ResponseMessage, key: string): string | undefined {
  for (const [name, value] of pseudoHeaders(message))
    if (name === key) return value === undefined ? undefined : octetsToText(value);
  return undefined;
}

/** Whether `findPseudoHeader` may find it. */
export function isPseudoHeader(key: string): boolean {
  return key.startsWith(":") || key === "host";
}

function pseudoHeaders(message: RequestMessage | ResponseMessage): readonly (readonly [string, string | undefined])[] {
  if ("status" in message) return [[":status", message.status === undefined ? undefined : String(message.status)]];
  const { method, target, authority, scheme } = message as RequestMessage;
  return [
    [":method", method],
    [":path", target],
    [":authority", authority],
    [":scheme", scheme],
    ["host", authority],
  ];
}
