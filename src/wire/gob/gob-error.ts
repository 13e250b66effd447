/**
 * An error of Go's encoding/gob, in its words. Thrown inside this folder only: every entry point that takes
 * input from outside catches it and gives `message` back as a value.
 */
export class GobError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "GobError";
  }
}

export const UNEXPECTED_EOF = "unexpected EOF";
export const EOF = "EOF";
