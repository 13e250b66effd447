import { isMark } from "./mark.ts";
import type { NameTable } from "./names/name-table.ts";
import type { SecretNames } from "./names/secret-names.ts";
import type { Marker } from "./secret-marker.ts";
import type { PersonalClass } from "./values/personal-values.ts";
import { isSecretValue } from "./values/secret-value.ts";

/** How secrets in one text are found and replaced. */
export interface TextRedaction {
  readonly marker: Marker;
  /** The same for bytes whose format has lengths in it. */
  readonly covering: Marker;
  /** Decides by its name whether something is a secret. */
  readonly names: SecretNames;
  /** The same, of parts of a text. */
  readonly table: NameTable;
  /** Which values of persons are hidden too. */
  readonly personal: ReadonlySet<PersonalClass>;
}

/**
 * The text to write for a value that has a name, or undefined where it is no secret. A scheme before it stays (`Bearer …`).
 * @param value as it is written, without quotes around it
 */
export function markNamed({ marker, names }: TextRedaction, name: string, value: string): string | undefined {
  const verdict = names.judge(name);
  const isCookie = COOKIE.test(name) && value.includes("=");
  if (isCookie && hasMarkedCookies(value, /^set-/i.test(name))) return undefined;
  return (isCookie && verdict.kind === "weak") || isSecretValue(verdict, value)
    ? markValue(marker, name, value)
    : undefined;
}

const COOKIE = /^(?:set-)?cookie2?$/i;

/** Whether each cookie has a mark for its value already; attributes of one that is set have none. */
function hasMarkedCookies(value: string, isSet: boolean): boolean {
  return value.split(";").every((part, at) => {
    if (at > 0 && (part.trim() === "" || (isSet && COOKIE_ATTRIBUTE.test(part)))) return true;
    return isMark(part.slice(part.indexOf("=") + 1).trim());
  });
}

/** An attribute behind a cookie in `Set-Cookie` (RFC 6265 §4.1.1), which is no other cookie. */
export const COOKIE_ATTRIBUTE =
  /^\s*(?:path|domain|expires|max-age|secure|httponly|samesite|partitioned|priority|version|comment|commenturl|discard|port)\s*(?:=|$)/i;

/** The mark of a value that is secret; a scheme before it stays. */
export function markValue(marker: Marker, name: string, value: string): string {
  const scheme = SCHEME.exec(value);
  if (scheme === null) return marker.mark(name, value);
  const [whole, word] = scheme as unknown as [string, string];
  return whole + marker.mark(word, value.slice(whole.length));
}

/** RFC 9110 §11.1: of those that are in use, so that no password's first word is taken for one. */
const SCHEME =
  /^(Basic|Bearer|Digest|Negotiate|NTLM|Token|Api-?Key|DPoP|AWS4-HMAC-SHA256|Hawk|OAuth|GenieKey|Key|Shared(?:AccessSignature|Key(?:Lite)?)|Sentry|Signature|Splunk|HMAC|MAC|GoogleLogin|HOBA|SCRAM-SHA-(?:1|256)|VAPID|WSSE|UsernameToken|JWT|Session|PrivateToken|Discogs|MediaBrowser|Zoho-oauthtoken|Klaviyo-API-Key|Bot)[ \t]+(?=\S)/i;
