import { formatError } from "../../model/index.ts";
import { escapeControl } from "../../wire/text/escape-control.ts";

/** Formats an error for printing after `tapline: `, safe for a terminal even though names of files and input occur in it. */
export function errorLine(error: unknown): string {
  return escapeControl(formatError(error), "lines");
}
