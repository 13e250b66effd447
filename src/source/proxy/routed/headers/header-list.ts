/**
 * Headers in their order, names in lower case; a name may be there several times. Pseudo-headers are none of them. A header is replaced,
 * never changed: copies of a list share them.
 */
export type HeaderList = [name: string, value: string][];

/** @param raw names and values in turn, as Node gives them */
export function listHeaders(raw: readonly string[]): HeaderList {
  const headers: HeaderList = [];
  for (let at = 0; at + 1 < raw.length; at += 2) headers.push([raw[at]!.toLowerCase(), raw[at + 1]!]);
  return headers;
}

/** The first value of a header. */
export function headerValue(headers: HeaderList, name: string): string | undefined {
  for (const header of headers) if (header[0] === name) return header[1];
  return undefined;
}

export function removeHeaders(headers: HeaderList, ...names: readonly string[]): void {
  removeAll(headers, (name) => names.includes(name));
}

export function removeAll(headers: HeaderList, isGone: (name: string) => boolean): void {
  let kept = 0;
  for (const header of headers) if (!isGone(header[0])) headers[kept++] = header;
  headers.length = kept;
}

/** Replaces all of that name by one, at the place of the first. */
export function setHeader(headers: HeaderList, name: string, value: string): void {
  const at = headers.findIndex(([key]) => key === name);
  if (at < 0) {
    headers.push([name, value]);
    return;
  }
  headers[at] = [name, value];
  for (let later = headers.length - 1; later > at; later--) if (headers[later]![0] === name) headers.splice(later, 1);
}

/** Appends to the value that is there, with a comma. */
export function appendValue(headers: HeaderList, name: string, value: string, separator = ","): void {
  const at = headers.findIndex(([key]) => key === name);
  const known = headers[at]?.[1];
  if (known === undefined) headers.push([name, value]);
  else headers[at] = [name, known === "" ? value : `${known}${separator}${value}`];
}

/** Makes one of those that are there several times, of these names, with commas between, at the place of the first. */
export function joinRepeated(headers: HeaderList, names: ReadonlySet<string>): void {
  // There are no more of them than names.
  const firsts: number[] = [];
  let kept = 0;
  for (const header of headers) {
    const [name, value] = header;
    if (names.has(name)) {
      const first = firsts.find((at) => headers[at]![0] === name);
      if (first !== undefined) {
        headers[first] = [name, joinValues(headers[first]![1], value)];
        continue;
      }
      firsts.push(kept);
    }
    headers[kept++] = header;
  }
  headers.length = kept;
}

function joinValues(first: string, second: string): string {
  return first === "" || second === "" ? first + second : `${first},${second}`;
}

/**
 * As Node's HTTP/2 takes them: a list where a name is there several times, and none that belongs to a connection of HTTP/1 (RFC 9113
 * §8.2.2), for which Node throws.
 */
export function toHeaderObject(headers: HeaderList): Record<string, string | string[]> {
  const object: Record<string, string | string[]> = {};
  for (const [name, value] of headers) {
    if (HOP_BY_HOP.has(name) || name === "http2-settings" || (name === "te" && value !== "trailers")) continue;
    const known = object[name];
    if (known === undefined) object[name] = value;
    else if (Array.isArray(known)) known.push(value);
    else object[name] = [known, value];
  }
  return object;
}

/** Fields of one connection (RFC 9110 §7.6.1): they, and those that `connection` names, are not forwarded. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
]);
/** Naming them so must not take the message's frame away. */
const NEVER_NAMED: ReadonlySet<string> = new Set(["host", "content-length", "te", "close", ""]);

/** The options that `connection` names, in lower case. */
export function connectionOptions(headers: HeaderList): readonly string[] {
  if (headerValue(headers, "connection") === undefined) return NONE;
  return headers
    .flatMap(([name, value]) => (name === "connection" ? value.toLowerCase().split(",") : []))
    .map((option) => option.trim())
    .filter((option) => option !== "");
}

const NONE: readonly string[] = [];

export function removeHopByHop(headers: HeaderList): void {
  let named: Set<string> | undefined;
  let isThere = false;
  for (const [name, value] of headers) {
    if (!HOP_BY_HOP.has(name)) continue;
    isThere = true;
    if (name !== "connection") continue;
    for (const text of value.split(",")) {
      const other = text.trim().toLowerCase();
      if (NEVER_NAMED.has(other) || HOP_BY_HOP.has(other)) continue;
      named ??= new Set();
      named.add(other);
    }
  }
  if (!isThere) return;
  removeAll(headers, (name) => HOP_BY_HOP.has(name) || named?.has(name) === true);
}

/** Adds one more of that name, or to the one that is there where it is one of `joined`. */
export function appendHeader(headers: HeaderList, name: string, value: string, joined?: ReadonlySet<string>): void {
  const at = joined?.has(name) === true ? headers.findIndex(([key]) => key === name) : -1;
  if (at < 0) headers.push([name, value]);
  else headers[at] = [name, joinValues(headers[at]![1], value)];
}
