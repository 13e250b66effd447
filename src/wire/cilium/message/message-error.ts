import { TaplineError } from "../../../model/index.ts";

/** Throws what a decoder gave instead of a message. */
export function checkDecoded(error: string | undefined): void {
  if (error !== undefined) throw new TaplineError("input", error);
}

/** The words of Go's binary.Read for a message of `length` bytes that ends too early. */
export function endOfMessage(length: number): string {
  return length === 0 ? "EOF" : "unexpected EOF";
}
