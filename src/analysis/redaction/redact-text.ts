import { normaliseName, SECRET_SHAPES, USER_INFO } from "./rules.ts";
import type { SecretMarker } from "./secret-marker.ts";

/** Replaces secrets in one text. What is a secret by its name is in `names`, normalised. */
export interface TextRedaction {
  readonly marker: SecretMarker;
  readonly names: ReadonlySet<string>;
}

/** Secrets by their shape, in URLs' user information, and in parameters (`access_token=…`), wherever they stand. */
export function redactText(text: string, redaction: TextRedaction): string {
  let result = text;
  if (text.includes("=")) result = redactParameters(result, redaction);
  if (text.includes("://")) result = result.replace(USER_INFO, (secret) => redaction.marker.mark("userinfo", secret));
  return redactShapes(result, redaction.marker);
}

function redactShapes(text: string, marker: SecretMarker): string {
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
    names.has(normaliseName(decodeName(name))) ? `${name}=${marker.mark(name, value)}` : whole,
  );
}

/** Whether the search by `PARAMETER` may find a secret name. Nearly always it would not, and this is quicker. */
function mayHaveSecretParameter(text: string, names: ReadonlySet<string>): boolean {
  for (let equals = text.indexOf("="); equals >= 0; equals = text.indexOf("=", equals + 1)) {
    let start = equals;
    while (start > 0 && equals - start < MAX_PARAMETER_NAME && !isSeparator(text.charCodeAt(start - 1))) start--;
    if (equals - start >= 2 && names.has(normaliseName(decodeName(text.slice(start, equals))))) return true;
  }
  return false;
}

/** `&`, `;`, `?`, `#`. */
function isSeparator(code: number): boolean {
  return code === 0x26 || code === 0x3b || code === 0x3f || code === 0x23;
}

const MAX_PARAMETER_NAME = 64;
const PARAMETER = /(?<=[?&;#]|^)([\w.%[\]-]{2,64})=([^&;#\s"'<>‹]+)/g;

/** An `application/x-www-form-urlencoded` body or a query. */
export function redactForm(text: string, { marker, names }: TextRedaction): string {
  return text.replace(/(^|&)([^=&]{1,128})=([^&]+)/g, (whole, separator: string, name: string, value: string) =>
    names.has(normaliseName(decodeName(name))) ? `${separator}${name}=${marker.mark(decodeName(name), value)}` : whole,
  );
}

function decodeName(name: string): string {
  if (!name.includes("%")) return name;
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

/** JSON's members, also of JSON that was cut, and of JSON inside a string of JSON. */
export function redactJson(text: string, { marker, names }: TextRedaction): string {
  let result = "";
  let copied = 0;
  MEMBER.lastIndex = 0;
  for (let match = MEMBER.exec(text); match !== null; match = MEMBER.exec(text)) {
    const [, quote, name] = match as unknown as [string, string, string];
    if (!names.has(normaliseName(name))) continue;
    const pattern = quote === '"' ? VALUE : QUOTED_VALUE;
    pattern.lastIndex = MEMBER.lastIndex;
    const value = pattern.exec(text)?.[0];
    if (value === undefined) continue;
    result += `${text.slice(copied, MEMBER.lastIndex)}${quote}${marker.mark(name, unquote(value))}${quote}`;
    copied = MEMBER.lastIndex + value.length;
    MEMBER.lastIndex = copied;
  }
  return copied === 0 ? text : result + text.slice(copied);
}

const MEMBER = /(\\?")([^"\\]{1,64})\\?"\s*:\s*/g;
/** A string (perhaps cut), a number, or a list of plain values. */
const VALUE = /"(?:[^"\\]|\\.)*(?:"|\\?$)|-?\d[\d.eE+-]*|\[[^[\]{}]*(?:\]|$)/y;
const QUOTED_VALUE = /\\"[^"\\]*(?:\\"|\\?$)|-?\d[\d.eE+-]*/y;

function unquote(value: string): string {
  return value.replace(/^\\?"|\\?"$/g, "");
}

/** The fields of a `multipart/form-data` body (RFC 7578). */
export function redactMultipart(text: string, { marker, names }: TextRedaction): string {
  return text.replace(FIELD, (whole, head: string, name: string, value: string) =>
    names.has(normaliseName(name)) ? `${head}${marker.mark(name, value)}` : whole,
  );
}

const FIELD = /(name="([^"\r\n]{1,64})"(?:[^\r\n]*\r?\n){1,8}?\r?\n)([^\r\n]+)/g;
