import type { TraceEncoding } from "../trace-record.ts";
import { INCOMPLETE, INVALID, measureField, peekVarint } from "./field-extent.ts";

/** How many of an input's first bytes are enough for `detectTraceEncoding`. */
export const DETECTION_BYTES = 4096;

/**
 * Tells how a trace is written down from the beginning of it, or gives undefined for what is no trace. Its name has no say.
 *
 * - `{` and then a quoted name is JSON (also inside `[`); a name and then `{`, `:` or `<` is text.
 * - Binary is length-delimited when a length is followed by a trace's field that fills it, and so on to the end of `prefix`, or, where it is
 *   nothing else, to where it is damaged.
 * - Otherwise the top level tells: a 3 or 4 is a TraceWrapper's; a 2 alone too; a 1 is a capture's connection if its first
 *   field is an id or an address of the old layout, and an HTTP trace if it begins with its request.
 *
 * @param prefix the first bytes: DETECTION_BYTES of them, or all when the input is shorter
 */
export function detectTraceEncoding(prefix: Uint8Array): TraceEncoding | undefined {
  const text = LATIN1.decode(prefix);
  if (JSON_START.test(text)) return "json";
  if (TEXT_START.test(text)) return "text";
  return detectBinary(prefix) ?? (COMMENT_START.test(text) ? "text" : undefined);
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
const TEXT_START = /^(?:ï»¿)?(?:\s|#[^\n]*\n)*[A-Za-z_]\w+\s*[:{<]/;
/** A comment that is longer than what can be seen. */
const COMMENT_START = /^(?:ï»¿)?(?:\s|#[^\n]*\n)*#[^\n]*$/;

/**
 * Both binary forms are tried. Where both seem possible: of an input that is seen whole, the one that does not end in the
 * middle of something; of a longer one, the one with framing if it holds for two messages.
 */
function detectBinary(prefix: Uint8Array): TraceEncoding | undefined {
  const walked = walkFrames(prefix);
  const framed = walked?.isBroken === true ? undefined : walked;
  const plain = walkFields(prefix);
  const topLevel = plain === undefined ? undefined : classifyTopLevel(prefix);
  if (framed === undefined && topLevel === undefined)
    return walked !== undefined && walked.messages > 0 && beginsTrace(prefix) ? "length-delimited" : undefined;
  if (framed === undefined || topLevel === undefined) return framed === undefined ? topLevel : "length-delimited";
  const isWhole = prefix.length < DETECTION_BYTES;
  if (isWhole && framed.endsExactly !== plain!.endsExactly) return framed.endsExactly ? "length-delimited" : topLevel;
  return isWhole || framed.messages >= 2 ? "length-delimited" : topLevel;
}

/** How far a form goes with what can be seen. */
interface Walk {
  /** Messages or fields that are there to their end. */
  readonly messages: number;
  readonly endsExactly: boolean;
  /** Something that is no message follows. */
  readonly isBroken?: true;
}

/** Frames, each of which holds a trace, up to one that does not; undefined when none does. */
function walkFrames(prefix: Uint8Array): Walk | undefined {
  let at = 0;
  let messages = 0;
  let seen = 0;
  while (at < prefix.length) {
    const { value: length, length: header } = peekVarint(prefix, at, prefix.length);
    if (header === INVALID || (length > 0 && header !== INCOMPLETE && !holdsTrace(prefix, at + header, length)))
      return messages === 0 ? undefined : { messages, endsExactly: false, isBroken: true };
    if (header === INCOMPLETE) return seen > 0 ? { messages, endsExactly: false } : undefined;
    at += header + length;
    if (length > 0) seen++;
    if (at <= prefix.length && length > 0) messages++;
  }
  return seen === 0 ? undefined : { messages, endsExactly: at === prefix.length };
}

/** Whether the first frame's trace begins with a field as traces have them: what stands behind it is damaged, and does not tell. */
function beginsTrace(prefix: Uint8Array): boolean {
  const trace = peekVarint(prefix, 0, prefix.length).length;
  const inner = contentOf(prefix, trace);
  const tag = inner === undefined ? 0 : prefix[inner]!;
  return tag >> 3 > 0 && tag >> 3 <= LAST_TRACE_FIELD && ((tag & 7) === 0 || (tag & 7) === 2);
}

/** Fields of the top level, all of them length-delimited; undefined when one is not. */
function walkFields(prefix: Uint8Array): Walk | undefined {
  let at = 0;
  let messages = 0;
  while (at < prefix.length) {
    const extent = measureField(prefix, at, prefix.length);
    if (extent === INVALID || (prefix[at]! & 7) !== 2 || prefix[at]! > MAX_ONE_BYTE_TAG) return undefined;
    if (extent === INCOMPLETE) return { messages, endsExactly: false };
    at += extent;
    if (at <= prefix.length) messages++;
  }
  return { messages, endsExactly: at === prefix.length };
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

function classifyTopLevel(prefix: Uint8Array): TraceEncoding | undefined {
  const first = prefix[0];
  const extent = measureField(prefix, 0, prefix.length);
  if (first === undefined || extent === INCOMPLETE) return undefined;
  if (first === 0x1a || first === 0x22) return "wrappers";
  // Segments of an HTTP trace, all of them; events of a capture never come without its connection.
  if (first === 0x12) return "wrappers";
  if (first !== 0x0a) return undefined;
  const inner = contentOf(prefix, 0);
  const tag = inner === undefined ? undefined : prefix[inner];
  // No connection of a capture has such a field: it is a request. Segments of another HTTP trace may come behind.
  if (tag === 0x0a) return "wrappers";
  if (tag === 0x12 && isHttpMessage(prefix, inner!)) return "wrappers";
  return tag === undefined || tag === 0x08 || tag === 0x12 || tag === 0x1a ? "capture" : undefined;
}

/** Whether the field at `at` is a response, which begins with headers, and no address: an address's parts have no bytes as field 1. */
function isHttpMessage(prefix: Uint8Array, at: number): boolean {
  const header = contentOf(prefix, at);
  if (header === undefined || prefix[header] !== 0x0a) return false;
  const key = contentOf(prefix, header);
  return key !== undefined && prefix[key] === 0x0a;
}

/** Where the content of the length-delimited field at `at` begins; undefined when it is empty or not there. */
function contentOf(prefix: Uint8Array, at: number): number | undefined {
  const { value, length } = peekVarint(prefix, at + 1, prefix.length);
  return length > 0 && value > 0 && at + 1 + length < prefix.length ? at + 1 + length : undefined;
}

/** The highest number of a field in the four kinds of traces. */
const LAST_TRACE_FIELD = 7;
/** Tags up to field 15 have one byte. */
const MAX_ONE_BYTE_TAG = 0x7a;
