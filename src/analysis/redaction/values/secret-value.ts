import type { NameVerdict } from "../names/secret-names.ts";
import { looksRandom } from "./looks-random.ts";

/**
 * Whether a value is secret where its name has this verdict. Nothing, and what says only whether there is one, never is.
 * @param value without quotes around it
 */
export function isSecretValue(verdict: NameVerdict, value: string): boolean {
  if (verdict.kind === "none" || verdict.kind === "plain") return false;
  if (NO_VALUE.test(value)) return false;
  return verdict.kind === "strong" || looksSecret(value, verdict);
}

/** Placeholders of SQL stand for a value that is given elsewhere. */
const NO_VALUE =
  /^(?:\?\d{0,3}|[$:]\d{1,3}|%s|\s*|true|false|null|nil|undefined|none|~|\{\}|\[\]|include|omit|same-origin|\*+|x{3,}|\[redacted\])$/i;

/** Whether a value that need not be secret looks like one: by its length, its letters, and how they change. */
export function looksSecret(value: string, { digits, chosen }: { digits?: number; chosen?: true } = {}): boolean {
  const text = value.includes("redacted-") ? value.replace(MARKS, "") : value;
  if (text.length < 4) return false;
  if (digits !== undefined && text.length < 32 && /^[\d\s-]+$/.test(text))
    return text.replace(/\D/g, "").length >= digits;
  if (chosen === true && isChosen(text)) return true;
  if (UUID.test(text)) return true;
  if (NUMBER.test(text)) return false;
  for (const [run] of text.replace(POD, "").matchAll(RUNS)) if (looksRandom(run) || looksDrawn(run)) return true;
  return false;
}

/** Base64 and its like, which signs cut into short pieces, and what has a piece without any. */
function looksDrawn(run: string): boolean {
  if (!SIGN.test(run)) return false;
  return run.split(SIGN).some((piece) => looksRandom(piece));
}

/** Numbers of 32 bits, and addresses of hardware. */
const NUMBER = /^(?:0x[0-9a-f]{1,8}|[0-9a-f]{2}(?:[-:][0-9a-f]{2}){5,7})$/i;
/** Kubernetes ends the names of a Deployment's pods in it; its alphabet has no vowels. */
const POD = /-[bcdfghjklmnpqrstvwxz2456789]{6,10}-[bcdfghjklmnpqrstvwxz2456789]{5}$/;

/** Marks in what is looked at are no secret. */
const MARKS = /redacted-[a-z0-9][a-z0-9._~-]{0,39}-[0-9a-f]{8}/g;
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/i;
const RUNS = /[A-Za-z0-9+/_~-]{8,}/g;
const SIGN = /[-+/_~]+/;

/** The shape of people's passwords: one word with letters and digits, or with signs. */
function isChosen(text: string): boolean {
  if (text.length < 6 || text.length > 64 || /\s/.test(text) || TERMINAL.test(text)) return false;
  return /[A-Za-z]/.test(text) && (/[A-Za-z]\d|\d[A-Za-z]/.test(text) || /[!@#$%^&*?]/.test(text));
}

/** A circuit's pin: `GPIO17`, `PA13_SWDIO`. */
const TERMINAL = /^[A-Z]{1,4}\d{1,2}(?:[_/][A-Z0-9_]{1,12})?$/;
