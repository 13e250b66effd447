import type { Header } from "../../model/index.ts";
import { redactText, type TextRedaction } from "./redact-text.ts";
import { normaliseName, SECRET_HEADER } from "./rules.ts";

/** Headers with secret values replaced; the same array when there is nothing to replace. `secret` holds normalised names. */
export function redactHeaders(
  headers: readonly Header[],
  secret: ReadonlySet<string>,
  redaction: TextRedaction,
): readonly Header[] {
  let changed: Header[] | undefined;
  headers.forEach((header, i) => {
    const value = redactHeader(header, secret, redaction);
    if (value === header.value || value === undefined) return;
    changed ??= [...headers];
    changed[i] = { ...header, value };
  });
  return changed ?? headers;
}

function redactHeader(
  { name, value, sensitive }: Header,
  secret: ReadonlySet<string>,
  redaction: TextRedaction,
): string | undefined {
  if (value === undefined || value === "") return value;
  const lower = name?.toLowerCase() ?? "";
  const normal = normaliseName(lower);
  if (lower === "cookie") return secret.has(normal) ? redactCookies(value, redaction) : value;
  if (lower === "set-cookie") return secret.has(normal) ? redactSetCookie(value, redaction) : value;
  // A value that HPACK may never index is one that its sender held for secret (RFC 7541 §7.1.3). An unknown name hides what
  // the value is.
  const held = (sensitive === true || name === undefined) && !lower.startsWith(":");
  if (!held && !secret.has(normal) && !SECRET_HEADER.test(lower)) return redactText(value, redaction);
  const scheme = /^(?:Basic|Bearer|Digest|Negotiate|NTLM|Token|ApiKey|DPoP|AWS4-HMAC-SHA256|Hawk)(?=[ \t])/i.exec(
    value,
  )?.[0];
  const mark = redaction.marker.mark(lower === "" ? "header" : lower, value.slice(scheme?.length ?? 0).trimStart());
  return scheme === undefined ? mark : `${scheme} ${mark}`;
}

/** `name=value; name=value` (RFC 6265 §4.2.1): the names stay. */
function redactCookies(value: string, { marker }: TextRedaction): string {
  return value
    .split(";")
    .map((cookie) => {
      const equals = cookie.indexOf("=");
      const name = cookie.slice(0, Math.max(0, equals)).trim();
      const content = cookie.slice(equals + 1).trim();
      if (content === "") return cookie;
      return `${cookie.slice(0, equals + 1) || leadingSpace(cookie)}${marker.mark(name || "cookie", content)}`;
    })
    .join(";");
}

function leadingSpace(text: string): string {
  return /^\s*/.exec(text)![0];
}

/** `name=value; Path=/; …` (RFC 6265 §4.1.1): name and attributes stay. */
function redactSetCookie(value: string, redaction: TextRedaction): string {
  const end = value.indexOf(";");
  const pair = end < 0 ? value : value.slice(0, end);
  return redactCookies(pair, redaction) + (end < 0 ? "" : value.slice(end));
}
