import { type Connection, serverOf } from "../../../model/index.ts";
import { parseIpAddress } from "../../../wire/packet/index.ts";

/** As far as the request says where it goes, as text. */
interface Destination {
  readonly method: string | undefined;
  readonly target: string | undefined;
  readonly scheme: string | undefined;
  readonly authority: string | undefined;
}

/** An entry's URL: of the connection's ends where the request does not say where it went. */
export function harUrl({ method, target = "/", scheme, authority }: Destination, connection: Connection): string {
  const isPath = target.startsWith("/");
  const [, before, behind] = isPath ? [] : (/^([a-z][a-z0-9+.-]*:\/\/[^/?#]*)(.*)$/is.exec(target) ?? []);
  if (before !== undefined) return asUri(before, behind!);
  // HTTP/2 may tell anything as one; `_tapline` has it as it was sent.
  const isScheme = scheme !== undefined && SCHEME.test(scheme);
  const spoken = isScheme ? scheme : connection.tls === undefined ? "http" : "https";
  const host = authority ?? hostOf(connection);
  if (method === "CONNECT") return asUri(`${spoken}://${target}`, "");
  return asUri(`${spoken}://${host}`, `${isPath ? "" : "/"}${target}`);
}

/**
 * Characters that an URI cannot have there are encoded (RFC 3986 section 2), so that it is read again as what it was made of: a host's `/?#`, any bracket that
 * does not belong to an IPv6 address, all `@` but the last. `_tapline` has the target as it was sent. A target has no fragment.
 */
function asUri(authority: string, rest: string): string {
  if (PLAIN_AUTHORITY.test(authority) && PLAIN.test(rest)) return authority + rest;
  const [, scheme, user = "", host] = AUTHORITY.exec(authority)!;
  const [literal] = LITERAL.exec(host!) ?? [""];
  const address = parseIpAddress(literal.slice(1, -1))?.length === 16 ? literal : "";
  const name = encode(host!.slice(address.length), /[/?#[\]]/g);
  return `${scheme}${user && `${encode(user.slice(0, -1), /[/?#[\]@]/g)}@`}${address}${name}${encode(rest, /[#[\]]/g)}`;
}

function encode(text: string, unfit: RegExp): string {
  const percent = (characters: string): string => encodeURIComponent(characters.toWellFormed());
  return text.replace(unfit, percent).replace(NO_URI_CHARACTERS, percent);
}

/** RFC 3986 §3.1. */
const SCHEME = /^[a-z][a-z0-9+.-]*$/i;
/** Nearly all are: nothing of it is encoded. */
const PLAIN = /^[A-Za-z0-9_\-.~:/?@!$&'()*+,;=]*$/;
const PLAIN_AUTHORITY = /^[A-Za-z][A-Za-z0-9+.-]*:\/\/[A-Za-z0-9_\-.~:!$&'()*+,;=]*$/;
const AUTHORITY = /^([a-z][a-z0-9+.-]*:\/\/)(.*@)?(.*)$/is;
const LITERAL = /^\[[0-9a-f:.]{2,45}\]/i;
const NO_URI_CHARACTERS = /%(?![0-9A-Fa-f]{2})|[^A-Za-z0-9_\-.~:/?#[\]@!$&'()*+,;=%]/gu;

function hostOf(connection: Connection): string {
  const server = serverOf(connection);
  if (server?.kind !== "ip") return "localhost";
  return `${server.address.includes(":") ? `[${server.address}]` : server.address}:${server.port}`;
}

/** The query's pairs, as a form has them. */
export function harQueryString(target: string): { name: string; value: string }[] {
  const start = target.indexOf("?");
  if (start < 0) return [];
  const query = target.slice(start + 1);
  return query
    .split("&")
    .filter((pair) => pair !== "")
    .map((pair) => {
      const equals = pair.indexOf("=");
      return equals < 0
        ? { name: decodeComponent(pair), value: "" }
        : { name: decodeComponent(pair.slice(0, equals)), value: decodeComponent(pair.slice(equals + 1)) };
    });
}

function decodeComponent(text: string): string {
  if (!text.includes("%") && !text.includes("+")) return text;
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return text;
  }
}
