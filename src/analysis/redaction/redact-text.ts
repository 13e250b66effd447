import { SECRET_SHAPES, USER_INFO } from "./rules.ts";
import type { Marker } from "./secret-marker.ts";
import type { SecretNames } from "./secret-names.ts";

/** How secrets in one text are found and replaced. */
export interface TextRedaction {
  readonly marker: Marker;
  /** The same for bytes whose format has lengths in it. */
  readonly covering: Marker;
  /** What is a secret by its name. */
  readonly names: SecretNames;
}

/** The mark of a value that is written in quotes, or is a number or more; the mark is in quotes whatever it was. */
export function markValue(marker: Marker, name: string, value: string, quote: string): string {
  const [, open = "", content = "", close = ""] = /^(\\?["'])?(.*?)(\\?["'])?$/s.exec(value)!;
  const mark = marker.mark(name, content);
  return marker.keepsLength ? open + mark + close : quote + mark + quote;
}

/** Secrets by their shape, in URLs' user information, and in parameters (`access_token=…`), wherever they stand. */
export function redactText(text: string, redaction: TextRedaction): string {
  let result = text;
  if (text.includes("=")) result = redactParameters(result, redaction);
  if (text.includes("%3")) result = redactEncodedParameters(result, redaction);
  if (text.includes("://")) result = result.replace(USER_INFO, (secret) => redaction.marker.mark("userinfo", secret));
  return redactShapes(result, redaction.marker);
}

function redactShapes(text: string, marker: Marker): string {
  if (!LIKELY.test(text)) return text;
  let result = text;
  for (const { name, pattern } of SECRET_SHAPES)
    result = result.replace(pattern, (secret) => marker.mark(name, secret));
  return result;
}

/**
 * What stands in every shape, near its beginning. Every text is searched for it, so each alternative begins with what is rare:
 * that is twice as fast as to begin where the shapes do.
 */
const LIKELY = /yJ|[eE][aA][rR][eE][rR]|[KS]IA|Iza|h[pousr]_|hub_pat_|lpat-|xox|k_|PRIVATE KEY/;

/** `name=value` in a query, a fragment or a cookie-like list. */
function redactParameters(text: string, { marker, names }: TextRedaction): string {
  if (!mayHaveSecretParameter(text, names)) return text;
  return text.replace(PARAMETER, (whole, name: string, value: string) =>
    names.has(name) ? `${name}=${marker.mark(name, value)}` : whole,
  );
}

/** Whether the search by `PARAMETER` may find a secret name. Nearly always it would not, and this is quicker. */
function mayHaveSecretParameter(text: string, names: SecretNames): boolean {
  for (let equals = text.indexOf("="); equals >= 0; equals = text.indexOf("=", equals + 1)) {
    let start = equals;
    while (start > 0 && equals - start < MAX_PARAMETER_NAME && isNameCharacter(text.charCodeAt(start - 1))) start--;
    if (equals - start >= 2 && names.has(text.slice(start, equals))) return true;
  }
  return false;
}

/** A letter, digit, or one of `_.%[]-`. */
function isNameCharacter(code: number): boolean {
  return (
    (code >= 0x61 && code <= 0x7a) ||
    (code >= 0x30 && code <= 0x39) ||
    (code >= 0x41 && code <= 0x5b) ||
    code === 0x5f ||
    code === 0x2d ||
    code === 0x2e ||
    code === 0x25 ||
    code === 0x5d
  );
}

const MAX_PARAMETER_NAME = 64;
const PARAMETER = /(?<![\w.%[\]-])([\w.%[\]-]{2,64})=([^&;#\s"<>‹]+)/g;

/** Those of a URL that stands in another one's query: `?to=https%3A%2F%2Fa%2F%3Ftoken%3Dx`. */
function redactEncodedParameters(text: string, { marker, names }: TextRedaction): string {
  return text.replace(ENCODED_PARAMETER, (whole, name: string, value: string) =>
    names.has(name) ? `${name}%3D${marker.mark(name, value)}` : whole,
  );
}

const ENCODED_PARAMETER = /(?<=%3F|%26|%3B|%23)([\w.-]{2,64})%3D((?:(?!%26|%23|%3B)[^&;#\s"<>‹])+)/gi;

/** An `application/x-www-form-urlencoded` body or a query. */
export function redactForm(text: string, { marker, names }: TextRedaction): string {
  return text.replace(/(^|&)([^=&]{1,128})=([^&]+)/g, (whole, separator: string, name: string, value: string) =>
    names.has(name) ? `${separator}${name}=${marker.mark(name, value)}` : whole,
  );
}

/** The fields of a `multipart/form-data` body (RFC 7578). */
export function redactMultipart(text: string, { marker, names }: TextRedaction): string {
  return text.replace(FIELD, (whole, head: string, name: string, value: string) =>
    names.has(name) ? `${head}${marker.mark(name, value)}` : whole,
  );
}

const FIELD = /(name="?([^"\r\n;]{1,64})"?(?:[^\r\n]*\r?\n){1,8}?\r?\n)([^\r\n]+)/g;
