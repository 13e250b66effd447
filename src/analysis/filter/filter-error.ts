import { TaplineError } from "../../model/index.ts";

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
 *     filter: there is no attribute request.methd
 *       request.methd == 'POST'
 *       ^^^^^^^^^^^^^; did you mean request.method?
 */
export function toTaplineError(fault: FilterFault, text: string, code: "usage" | "configuration"): TaplineError {
  const start = Math.min(fault.start, text.length);
  const lineStart = text.lastIndexOf("\n", start - 1) + 1;
  const lineEnd = text.indexOf("\n", start) < 0 ? text.length : text.indexOf("\n", start);
  const line = showLine(text.slice(lineStart, lineEnd));
  const indent = showLine(text.slice(lineStart, start)).length;
  const width = Math.max(1, showLine(text.slice(start, Math.min(fault.end, lineEnd))).length);
  return new TaplineError(
    code,
    `filter: ${showLine(fault.message)}\n  ${line}\n  ${" ".repeat(indent)}${"^".repeat(width)}`,
    fault.hint === undefined ? {} : { hint: fault.hint },
  );
}

function showLine(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, " ");
}
