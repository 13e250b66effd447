import { INCOMPLETE, INVALID, measureField, peekVarint } from "./field-extent.ts";
import type { TraceEncoding } from "./trace-record.ts";

/** How many of an input's first bytes are enough for `detectTraceEncoding`. */
export const DETECTION_BYTES = 4096;

/**
 * Tells how a trace is written down from the beginning of it, or gives undefined for what is no trace. Its name has no say.
 *
 * - `{` and then a quoted name is JSON (also inside `[`); a name and then `{`, `:` or `<` is text.
 * - Binary is length-delimited when a length is followed by a trace's field that fills it, and so on to the end of `prefix`.
 * - Otherwise the top level tells: a 3 or 4 is a TraceWrapper's; a 2 alone too; a 1 is a capture's connection if its first
 *   field is an id or an address of the old layout, and an HTTP trace if it begins with its request.
 *
 * @param prefix the first bytes: DETECTION_BYTES of them, or all when the input is shorter
 */
export function detectTraceEncoding(prefix: Uint8Array): TraceEncoding | undefined {
  const text = LATIN1.decode(prefix);
  if (JSON_START.test(text)) return "json";
  if (TEXT_START.test(text)) return "text";
  if (isDelimited(prefix)) return "length-delimited";
  return detectTopLevel(prefix) ?? (COMMENT_START.test(text) ? "text" : undefined);
}

/**
 * The same as `detectTraceEncoding` where a few bytes leave no doubt and more cannot change it: text and JSON, so that
 * what comes slowly over a pipe is not held back.
 */
export function detectEarly(prefix: Uint8Array): TraceEncoding | undefined {
  const text = LATIN1.decode(prefix);
  if (JSON_CERTAIN.test(text)) return "json";
  return TEXT_START.test(text) ? "text" : undefined;
}

const LATIN1 = new TextDecoder("latin1");
/** A byte order mark, white space, perhaps the beginning of a list, and an object with a name in it, or empty. */
const JSON_START = /^(?:ï»¿)?\s*(?:\[\s*)?\{\s*(?:"[A-Za-z_@][\w.]*"\s*(?::|$)|"[A-Za-z_@][\w.]*$|\}|$)/;
const JSON_CERTAIN = /^(?:ï»¿)?\s*(?:\[\s*)?\{\s*"[A-Za-z_@][\w.]*"\s*:/;
/** Comments and white space, then a field's name and what may follow it. */
const TEXT_START = /^(?:ï»¿)?(?:\s|#[^\n]*\n)*[A-Za-z_]\w*\s*[:{<]/;
/** A comment that is longer than what can be seen. */
const COMMENT_START = /^(?:ï»¿)?(?:\s|#[^\n]*\n)*#[^\n]*$/;

/** At least one frame whose first field is a trace's and fits; every further one within `prefix` too. */
function isDelimited(prefix: Uint8Array): boolean {
  let at = 0;
  let frames = 0;
  while (at < prefix.length) {
    const { value: length, length: header } = peekVarint(prefix, at, prefix.length);
    if (header === INVALID) return false;
    if (header === INCOMPLETE) break;
    if (length > 0 && !holdsTrace(prefix, at + header, length)) return false;
    if (length > 0) frames++;
    at += header + length;
  }
  return frames > 0;
}

/** Whether a wrapper of `length` bytes stands at `at`, as far as can be seen: a trace, and fields of later versions, that fill it. */
function holdsTrace(prefix: Uint8Array, at: number, length: number): boolean {
  for (let offset = 0; offset < length; ) {
    const tag = prefix[at + offset];
    if (tag === undefined) return true;
    const isTrace = tag === 0x0a || tag === 0x12 || tag === 0x1a || tag === 0x22;
    if (offset === 0 ? !isTrace : isTrace || (tag & 7) !== 2) return false;
    const extent = measureField(prefix, at + offset, prefix.length);
    if (extent === INCOMPLETE) return true;
    if (extent === INVALID || offset + extent > length) return false;
    offset += extent;
  }
  return true;
}

function detectTopLevel(prefix: Uint8Array): TraceEncoding | undefined {
  const first = prefix[0];
  const extent = measureField(prefix, 0, prefix.length);
  if (first === undefined || extent === INVALID || extent === INCOMPLETE) return undefined;
  const second = prefix[extent];
  if (second !== undefined && (second & 7) !== 2) return undefined;
  if (first === 0x1a || first === 0x22) return "wrappers";
  // Segments of an HTTP trace, all of them; events of a capture never come without its connection.
  if (first === 0x12) return "wrappers";
  if (first !== 0x0a) return undefined;
  const length = peekVarint(prefix, 1, prefix.length);
  const inner = length.value === 0 ? undefined : prefix[1 + length.length];
  if (inner === 0x0a) return second === 0x12 ? "capture" : "wrappers";
  if (inner === undefined || inner === 0x08 || inner === 0x12 || inner === 0x1a) return "capture";
  return undefined;
}
