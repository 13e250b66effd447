import { formatError } from "../model/index.ts";
import { escapeControl } from "../wire/text/escape-control.ts";

/** What a command prints of an error after `tapline: `, safe for a terminal: names of files and input stand in it. */
export function errorLine(error: unknown): string {
  return escapeControl(formatError(error), "lines");
}
