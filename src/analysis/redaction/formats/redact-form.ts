import { redactPath } from "../content/redact-commands.ts";
import { redactText } from "../content/redact-text.ts";
import { markNamed, type TextRedaction } from "../text-redaction.ts";

/** An `application/x-www-form-urlencoded` body, or a query: names and values are decoded before they are judged. */
export function redactForm(form: string, redaction: TextRedaction): string {
  return form.replace(FIELD, (whole, separator: string, name: string | undefined, value: string | undefined) => {
    if (name === undefined || value === undefined)
      return separator + redactText(whole.slice(separator.length), redaction);
    const decoded = redaction.marker.keepsLength ? value : decodeField(value);
    const mark = markNamed(redaction, name.replaceAll("+", " "), decoded);
    if (mark !== undefined) return `${separator}${name}=${encodeField(mark)}`;
    if (redaction.marker.keepsLength) return separator + redactText(`${name}=${value}`, redaction);
    const redacted = redactText(decoded, redaction, 1);
    return redacted === decoded ? whole : `${separator}${name}=${encodeField(redacted)}`;
  });
}

/** A name, which may be empty, and its value; a text that has no equals sign, or has it encoded; or one that is too long for a name. */
const FIELD = /(^|&)(?:([^=&]{0,512})=([^&]+)|[^=&]{4,}(?=&|$)|[^=&]{513,}=[^&]+)/g;

/** A request target or a URL: its path, its query and its fragment. */
export function redactUrl(url: string, redaction: TextRedaction): string {
  const hash = url.indexOf("#");
  const beforeHash = hash < 0 ? url : url.slice(0, hash);
  const question = beforeHash.indexOf("?");
  const path = question < 0 ? beforeHash : beforeHash.slice(0, question);
  let result = redactText(redactPath(path, redaction), redaction);
  if (question >= 0) result += `?${redactForm(beforeHash.slice(question + 1), redaction)}`;
  return hash < 0 ? result : `${result}#${redactFragment(url.slice(hash + 1), redaction)}`;
}

/** OAuth's implicit grant (RFC 6749 §4.2.2) has a form there; single-page applications a path and a query. */
function redactFragment(fragment: string, redaction: TextRedaction): string {
  const query = fragment.indexOf("?");
  if (query >= 0) return redactUrl(fragment, redaction);
  return fragment.includes("=") ? redactForm(fragment, redaction) : redactText(fragment, redaction);
}

function decodeField(text: string): string {
  if (!/[%+]/.test(text)) return text;
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return text;
  }
}

/** A mark needs no encoding; a scheme before it does. */
function encodeField(text: string): string {
  return encodeURIComponent(text).replaceAll("%20", "+");
}
