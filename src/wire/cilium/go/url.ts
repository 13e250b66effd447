import type { ByteString } from "./byte-string.ts";
import { jsonString } from "./json.ts";
import { quote } from "./quote.ts";
import { escapeUrl, unescapeUrl } from "./url-escape.ts";
import { parseUrlHost, UrlError } from "./url-host.ts";

/** Go's url.URL (of Go 1.19 and later). Texts are byte strings. */
export interface GoUrl {
  readonly scheme: ByteString;
  readonly opaque: ByteString;
  /** As it is printed in a URL; absent where there is none. */
  readonly user: ByteString | undefined;
  readonly host: ByteString;
  readonly path: ByteString;
  readonly rawPath: ByteString;
  readonly omitHost: boolean;
  readonly forceQuery: boolean;
  readonly rawQuery: ByteString;
  readonly fragment: ByteString;
  readonly rawFragment: ByteString;
}

/** url.Parse: the URL, or Go's error text. */
export function parseGoUrl(raw: ByteString): GoUrl | { readonly error: ByteString } {
  const hash = raw.indexOf("#");
  const rest = hash < 0 ? raw : raw.slice(0, hash);
  const fragment = hash < 0 ? "" : raw.slice(hash + 1);
  let url: GoUrl;
  try {
    url = parseRest(rest);
  } catch (error) {
    if (error instanceof UrlError) return { error: `parse ${quote(rest)}: ${error.message}` };
    throw error;
  }
  if (fragment === "") return url;
  try {
    return { ...url, ...splitEncoded(fragment, "fragment", "rawFragment") };
  } catch (error) {
    if (error instanceof UrlError) return { error: `parse ${quote(raw)}: ${error.message}` };
    throw error;
  }
}

/** URL.String. */
export function formatGoUrl(url: GoUrl): ByteString {
  let text = url.scheme === "" ? "" : `${url.scheme}:`;
  if (url.opaque !== "") text += url.opaque;
  else {
    if ((url.scheme !== "" || url.host !== "" || url.user !== undefined) && !omitsHost(url)) {
      if (url.host !== "" || url.path !== "" || url.user !== undefined) text += "//";
      if (url.user !== undefined) text += `${url.user}@`;
      text += escapeUrl(url.host, "host");
    }
    const path = escapedPath(url);
    if (path !== "" && path[0] !== "/" && url.host !== "") text += "/";
    // A first segment with a colon would be taken for a scheme (RFC 3986 section 4.2).
    if (text === "" && path.split("/", 1)[0]!.includes(":")) text = "./";
    text += path;
  }
  if (url.forceQuery || url.rawQuery !== "") text += `?${url.rawQuery}`;
  if (url.fragment !== "") text += `#${escaped(url.fragment, url.rawFragment, "fragment")}`;
  return text;
}

/** json.Marshal's form of a *url.URL. @param isGo126 in the order of Go 1.26 */
export function goUrlJson(url: GoUrl, shortEscapes: boolean, isGo126: boolean): ByteString {
  const text = (value: ByteString) => jsonString(value, shortEscapes);
  const [path, rawPath] = [`,"Path":${text(url.path)}`, `,"RawPath":${text(url.rawPath)}`];
  const [query, fragment] = [`,"RawQuery":${text(url.rawQuery)}`, `,"Fragment":${text(url.fragment)}`];
  const rawFragment = `,"RawFragment":${text(url.rawFragment)}`;
  const [force, omit] = [`,"ForceQuery":${url.forceQuery}`, `,"OmitHost":${url.omitHost}`];
  return (
    `{"Scheme":${text(url.scheme)},"Opaque":${text(url.opaque)},"User":${url.user === undefined ? "null" : "{}"},"Host":${text(url.host)}` +
    (isGo126
      ? `${path}${fragment}${query}${rawPath}${rawFragment}${force}${omit}}`
      : `${path}${rawPath}${omit}${force}${query}${fragment}${rawFragment}}`)
  );
}

function omitsHost(url: GoUrl): boolean {
  return url.omitHost && url.host === "" && url.user === undefined;
}

function parseRest(raw: ByteString): GoUrl {
  if (/[\0-\x1f\x7f]/.test(raw)) throw new UrlError("net/url: invalid control character in URL");
  if (raw === "*") return { ...EMPTY_URL, path: "*" };
  const { scheme, rest: afterScheme } = splitScheme(raw);
  let rest = afterScheme;
  let forceQuery = false;
  let rawQuery = "";
  const question = rest.indexOf("?");
  if (question >= 0) {
    forceQuery = question === rest.length - 1;
    rawQuery = rest.slice(question + 1);
    rest = rest.slice(0, question);
  }
  if (!rest.startsWith("/")) {
    if (scheme !== "") return { ...EMPTY_URL, scheme, opaque: rest, forceQuery, rawQuery };
    if (rest.split("/", 1)[0]!.includes(":")) throw new UrlError("first path segment in URL cannot contain colon");
  }
  let authority: { user: ByteString | undefined; host: ByteString } = { user: undefined, host: "" };
  let omitHost = false;
  if ((scheme !== "" || !rest.startsWith("///")) && rest.startsWith("//")) {
    const slash = rest.indexOf("/", 2);
    authority = parseUrlHost(slash < 0 ? rest.slice(2) : rest.slice(2, slash));
    rest = slash < 0 ? "" : rest.slice(slash);
  } else omitHost = scheme !== "" && rest.startsWith("/");
  return {
    ...EMPTY_URL,
    scheme,
    ...authority,
    omitHost,
    forceQuery,
    rawQuery,
    ...splitEncoded(rest, "path", "rawPath"),
  };
}

export const EMPTY_URL: GoUrl = {
  scheme: "",
  opaque: "",
  user: undefined,
  host: "",
  path: "",
  rawPath: "",
  omitHost: false,
  forceQuery: false,
  rawQuery: "",
  fragment: "",
  rawFragment: "",
};

function splitScheme(raw: ByteString): { scheme: ByteString; rest: ByteString } {
  if (raw.startsWith(":")) throw new UrlError("missing protocol scheme");
  const match = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(raw);
  return match === null
    ? { scheme: "", rest: raw }
    : { scheme: match[1]!.toLowerCase(), rest: raw.slice(match[0].length) };
}

/** The decoded text, and what stood there where encoding it again would give something else. */
function splitEncoded<Text extends "path" | "fragment", Raw extends "rawPath" | "rawFragment">(
  encoded: ByteString,
  text: Text,
  raw: Raw,
): Record<Text | Raw, ByteString> {
  const decoded = unescapeUrl(encoded, text);
  return { [text]: decoded, [raw]: escapeUrl(decoded, text) === encoded ? "" : encoded } as Record<
    Text | Raw,
    ByteString
  >;
}

function escapedPath(url: GoUrl): ByteString {
  if (url.path === "*" && url.rawPath === "") return "*";
  return escaped(url.path, url.rawPath, "path");
}

function escaped(decoded: ByteString, raw: ByteString, mode: "path" | "fragment"): ByteString {
  return raw !== "" && isValidEncoding(raw, mode) ? raw : escapeUrl(decoded, mode);
}

function isValidEncoding(raw: ByteString, mode: "path" | "fragment"): boolean {
  for (const character of raw)
    if (!"!$&'()*+,;=:@[]%".includes(character) && escapeUrl(character, mode) !== character) return false;
  return true;
}
