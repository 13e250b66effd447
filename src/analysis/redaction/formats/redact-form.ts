import { redactPath } from "../content/redact-commands.ts";
import { redactText } from "../content/redact-text.ts";
import { markNamed, type TextRedaction } from "../text-redaction.ts";
import { isPlainPath } from "./plain-path.ts";

/** An `application/x-www-form-urlencoded` body, or a query: names and values are decoded before they are judged. */
export function redactForm(form: string, redaction: TextRedaction): string {
  let result = "";
  let copied = 0;
  let equals = -1;
  for (let start = 0, end = 0; start < form.length; start = end + 1) {
    end = form.indexOf("&", start);
    if (end < 0) end = form.length;
    // Those before have none: it is not looked for again in each.
    if (equals < start) equals = form.indexOf("=", start);
    if (equals < 0) equals = form.length;
    const field = form.slice(start, end);
    const redacted = redactField(field, Math.min(equals, end) - start, redaction);
    if (redacted === field) continue;
    result += form.slice(copied, start) + redacted;
    copied = end;
  }
  return copied === 0 ? form : result + form.slice(copied);
}

/** @param equals where the name ends: at the field's end where it has no value */
function redactField(field: string, equals: number, redaction: TextRedaction): string {
  if (equals === field.length) return redactText(field, redaction);
  if (equals + 1 === field.length) return field;
  if (equals > MAX_NAME) return redactText(field, redaction);
  const [name, value] = [field.slice(0, equals), field.slice(equals + 1)];
  const decoded = redaction.marker.keepsLength ? value : decodeField(value);
  const mark = markNamed(redaction, name.replaceAll("+", " "), decoded);
  if (mark !== undefined) return `${name}=${encodeField(mark)}`;
  if (redaction.marker.keepsLength) return redactText(field, redaction);
  const redacted = redactText(decoded, redaction, 1);
  return redacted === decoded ? field : `${name}=${encodeField(redacted)}`;
}

/** Longer texts in front of an equals sign are no names. */
const MAX_NAME = 512;

/** A request target or a URL: its path, its query and its fragment. */
export function redactUrl(url: string, redaction: TextRedaction): string {
  const hash = url.indexOf("#");
  const beforeHash = hash < 0 ? url : url.slice(0, hash);
  const question = beforeHash.indexOf("?");
  const path = question < 0 ? beforeHash : beforeHash.slice(0, question);
  let result = isPlainPath(path) ? path : redactText(redactPath(path, redaction), redaction);
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
  if (!ENCODED.test(text)) return text;
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return text;
  }
}

const ENCODED = /[%+]/;

/** A mark needs no encoding; a scheme before it does. */
function encodeField(text: string): string {
  return encodeURIComponent(text).replaceAll("%20", "+");
}
