import { EXIT_CODES, type ExitReason } from "../exit-code.ts";

/**
 * The one error type of Tapline. Whatever a user can cause ends in one of these; anything else that is thrown is a bug.
 *
 * The message says what was found and what was expected, in one line unless it quotes several; `hint` says what to do about it. `place` says
 * where: a file with line and column (both from 1), or a byte offset (from 0).
 */
export class TaplineError extends Error {
  readonly code: ErrorCode;
  readonly place: Place | undefined;
  readonly hint: string | undefined;
  /** The other faults, found in the same reading. */
  readonly more: readonly TaplineError[];

  constructor(
    code: ErrorCode,
    message: string,
    options: { place?: Place; hint?: string; cause?: unknown; more?: readonly TaplineError[] } = {},
  ) {
    // Bad input may be wrong in every line, and where the program stood says nothing of it: a stack costs more than the line.
    const { stackTraceLimit } = Error;
    if (code === "input") Error.stackTraceLimit = 0;
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    Error.stackTraceLimit = stackTraceLimit;
    this.name = "TaplineError";
    this.code = code;
    this.place = options.place;
    this.hint = options.hint;
    this.more = options.more ?? [];
  }

  /** The exit code of the command line for this error. */
  get exitCode(): number {
    return EXIT_CODES[REASONS[this.code]].code;
  }
}

/**
 * - `usage`: wrong flags or arguments.
 * - `configuration`: a configuration file or document that is wrong, or asks for what is not supported.
 * - `input`: data that cannot be read as what it claims to be (cut, corrupt, unknown).
 * - `output`: a file, directory or socket that cannot be written.
 * - `connection`: a peer that cannot be reached or went away.
 * - `limit`: a bound was reached and there is no way to go on.
 * - `unbalanced`: a ledger that does not balance, or data is missing.
 */
export type ErrorCode = "usage" | "configuration" | "input" | "output" | "connection" | "limit" | "unbalanced";

/** Where in an input something was found. Line and column count from 1, the byte offset from 0. */
export interface Place {
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  readonly offset?: number;
}

const REASONS: Record<ErrorCode, ExitReason> = {
  usage: "usage",
  configuration: "usage",
  input: "failed",
  output: "failed",
  connection: "failed",
  limit: "failed",
  unbalanced: "dataMissing",
};

/** `file:line:column: message; hint`: what a command prints after its name. Lines of a message stay lines. */
export function formatError(error: unknown): string {
  if (!(error instanceof TaplineError)) return error instanceof Error ? error.message : String(error);
  const place = formatPlace(error.place);
  return `${place === "" ? "" : `${place}: `}${error.message}${error.hint === undefined ? "" : `; ${error.hint}`}`;
}

/** `file:line:column` or `file: at byte N`; empty when nothing is known. */
export function formatPlace(place: Place | undefined): string {
  if (place === undefined) return "";
  const parts: string[] = [];
  if (place.file !== undefined) parts.push(place.file);
  if (place.line !== undefined) parts.push(String(place.line));
  if (place.line !== undefined && place.column !== undefined) parts.push(String(place.column));
  const position = parts.join(":");
  if (place.offset === undefined) return position;
  return `${position}${position === "" ? "" : ": "}at byte ${place.offset}`;
}
