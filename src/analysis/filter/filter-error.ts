import { TaplineError } from "../../model/index.ts";
import { displayWidth } from "../../wire/text/display-width.ts";

/** A fault of a filter's text: what is wrong, where (`start` to `end`, offsets in UTF-16 units), and what to do. */
export class FilterFault {
  readonly message: string;
  readonly start: number;
  readonly end: number;
  readonly hint: string | undefined;

  constructor(message: string, start: number, end: number, hint?: string) {
    this.message = message;
    this.start = start;
    this.end = end;
    this.hint = hint;
  }
}

/**
 * The fault as it is told: the message, the line it is in with carets under the place, and the suggestion.
 *
 *     -Y: there is no attribute request.methd
 *       request.methd == 'POST'
 *       ^^^^^^^^^^^^^; did you mean request.method?
 */
export function toTaplineError(
  fault: FilterFault,
  { name, text, code }: { readonly name: string; readonly text: string; readonly code: "usage" | "configuration" },
): TaplineError {
  const start = Math.min(fault.start, text.length);
  const lineStart = text.lastIndexOf("\n", start - 1) + 1;
  const lineEnd = text.indexOf("\n", start) < 0 ? text.length : text.indexOf("\n", start);
  // A long line is shown around the place.
  const from = start - lineStart > MAX_BEFORE ? start - MAX_BEFORE : lineStart;
  const to = Math.min(lineEnd, Math.max(start, from) + MAX_AFTER);
  const [before, after] = [from > lineStart ? "…" : "", to < lineEnd ? "…" : ""];
  const line = before + showLine(text.slice(from, to)) + after;
  const indent = displayWidth(before + showLine(text.slice(from, start)));
  const width = Math.max(1, displayWidth(showLine(text.slice(start, Math.min(fault.end, to)))));
  const message = fault.message.length > MAX_MESSAGE ? `${fault.message.slice(0, MAX_MESSAGE)}…` : fault.message;
  return new TaplineError(
    code,
    `${name}: ${showLine(message)}\n  ${line}\n  ${" ".repeat(indent)}${"^".repeat(width)}`,
    fault.hint === undefined
      ? {}
      : { hint: fault.hint.length > MAX_MESSAGE ? `${fault.hint.slice(0, MAX_MESSAGE)}…` : fault.hint },
  );
}

/** Characters that are shown of a line, before the place and from there on, and of a message. */
const MAX_BEFORE = 60;
const MAX_AFTER = 160;
const MAX_MESSAGE = 300;

function showLine(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, " ");
}
