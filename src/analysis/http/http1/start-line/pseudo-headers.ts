import type { Header } from "../../../../model/index.ts";
import { CUT_FIELDS } from "../../../../wire/envoy/index.ts";
import type { Http1Message } from "../http1-message.ts";

/**
 * A request's head as HTTP/2 would carry it (RFC 9113 §8.3.1), in the order that Envoy gives its header map: `:authority` from
 * the target or the Host field, `:path`, `:method`, `:scheme`, then the fields, with names in lower case and without Host.
 */
export function toRequestHeaders(message: Http1Message, scheme: "http" | "https"): Header[] {
  const { authority, path, scheme: own } = splitTarget(message);
  const headers: Header[] = [];
  if (authority !== undefined) headers.push({ name: ":authority", value: authority });
  if (path !== undefined) headers.push({ name: ":path", value: path });
  headers.push({ name: ":method", value: message.method });
  if (path !== undefined) headers.push({ name: ":scheme", value: own ?? scheme });
  return markCut(addFields(headers, message.headers, "host"), message);
}

/** A response's head: `:status`, then the fields with names in lower case. */
export function toResponseHeaders(message: Http1Message): Header[] {
  return markCut(addFields([{ name: ":status", value: String(message.status) }], message.headers, undefined), message);
}

/** Trailers with names in lower case. */
export function toTrailers(message: Http1Message): Header[] {
  return markCut(addFields([], message.trailers, undefined), message);
}

/** RFC 9112 §3.2: origin-form and asterisk-form, authority-form (CONNECT), absolute-form. */
function splitTarget(message: Http1Message): { authority?: string | undefined; path?: string; scheme?: string } {
  const { method, target } = message;
  if (method === "CONNECT") return { authority: target };
  // A regular expression for most targets would cost a hundredth of an HTTP tap.
  const absolute = target.startsWith("/") ? null : /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)(.*)$/is.exec(target);
  if (absolute === null) return { authority: message.header("host"), path: target };
  const [, scheme, authority, rest] = absolute;
  return { authority: authority!, path: rest!.startsWith("/") ? rest! : `/${rest}`, scheme: scheme!.toLowerCase() };
}

/** For trailers, too, where the head was cut: the message was. */
function markCut(headers: Header[], { cut, problems }: Http1Message): Header[] {
  if (cut && problems?.includes("head-limit") === true) headers.push(CUT_FIELDS);
  return headers;
}

function addFields(headers: Header[], fields: readonly Header[], left: string | undefined): Header[] {
  for (const field of fields) {
    const name = field.name?.toLowerCase();
    if (name !== left || name === undefined) headers.push({ name, value: field.value });
  }
  return headers;
}
