import { type Connection, serverOf } from "../../../model/index.ts";

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
  const spoken = scheme ?? (connection.tls === undefined ? "http" : "https");
  const host = authority ?? hostOf(connection);
  if (method === "CONNECT") return asUri(`${spoken}://${target}`, "");
  return asUri(`${spoken}://${host}`, `${isPath ? "" : "/"}${target}`);
}

/** Characters that an URI cannot have are encoded (RFC 3986 section 2); `_tapline` has the target as it was sent. A target has no fragment. */
function asUri(authority: string, rest: string): string {
  if (PLAIN.test(authority) && PLAIN.test(rest)) return authority + rest;
  const encode = (text: string): string => encodeURIComponent(text.toWellFormed());
  return (
    authority.replace(NO_URI_CHARACTERS, encode) + rest.replace(/[#[\]]/g, encode).replace(NO_URI_CHARACTERS, encode)
  );
}

/** Nearly all are: nothing of it is encoded. */
const PLAIN = /^[A-Za-z0-9_\-.~:/?@!$&'()*+,;=]*$/;
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
