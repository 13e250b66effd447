import { TaplineError } from "../../../model/index.ts";

/** Throws what a decoder gave instead of a message. */
export function checkDecoded(error: string | undefined): void {
  if (error !== undefined) throw new TaplineError("input", error);
}
