/** The problem of a string or message of more bytes than are taken. */
export function tooLong(what: "string" | "message", bytes: number): string {
  return `a ${what} is longer than ${bytes} bytes`;
}

/** Whether a problem is one of `tooLong`. */
export function isTooLong(problem: string): boolean {
  return /^a (string|message) is longer than \d+ bytes$/.test(problem);
}
