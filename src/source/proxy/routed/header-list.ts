/** Headers in their order, names in lower case; a name may be there several times. Pseudo-headers are none of them. */
export type HeaderList = [name: string, value: string][];

/** @param raw names and values in turn, as Node gives them */
export function listHeaders(raw: readonly string[]): HeaderList {
  const headers: HeaderList = [];
  for (let at = 0; at + 1 < raw.length; at += 2) headers.push([raw[at]!.toLowerCase(), raw[at + 1]!]);
  return headers;
}

/** The first value of a header. */
export function headerValue(headers: HeaderList, name: string): string | undefined {
  return headers.find(([key]) => key === name)?.[1];
}

export function removeHeaders(headers: HeaderList, ...names: readonly string[]): void {
  for (let at = headers.length - 1; at >= 0; at--) if (names.includes(headers[at]![0])) headers.splice(at, 1);
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
  const known = headers.find(([key]) => key === name);
  if (known === undefined) headers.push([name, value]);
  else known[1] = known[1] === "" ? value : `${known[1]}${separator}${value}`;
}

/** As Node's HTTP/2 and HTTP/1 clients take them: a list where a name is there several times. */
export function toHeaderObject(headers: HeaderList): Record<string, string | string[]> {
  const object: Record<string, string | string[]> = {};
  for (const [name, value] of headers) {
    const known = object[name];
    if (known === undefined) object[name] = value;
    else if (Array.isArray(known)) known.push(value);
    else object[name] = [known, value];
  }
  return object;
}

/** Fields of one connection (RFC 9110 §7.6.1): they, and those that `connection` names, are not forwarded. */
const HOP_BY_HOP = ["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"] as const;

export function removeHopByHop(headers: HeaderList): void {
  const named = headers
    .filter(([name]) => name === "connection")
    .flatMap(([, value]) => value.split(","))
    .map((name) => name.trim().toLowerCase())
    // Naming them so must not take the message's frame away.
    .filter((name) => !["host", "content-length", "te", "close", ""].includes(name));
  removeHeaders(headers, ...HOP_BY_HOP, ...named);
}

/** Adds one more of that name. */
export function appendHeader(headers: HeaderList, name: string, value: string): void {
  headers.push([name, value]);
}
