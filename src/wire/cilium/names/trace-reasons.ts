import type { Dialect } from "../dialect.ts";

export const TraceReasonPolicy = 0;
export const TraceReasonCtEstablished = 1;
export const TraceReasonCtReply = 2;
export const TraceReasonCtRelated = 3;
export const TraceReasonCtReopened = 4;
/** v1.12 and later. */
export const TraceReasonUnknown = 5;
/** v1.16 and later. */
export const TraceReasonSRv6Encap = 6;
export const TraceReasonSRv6Decap = 7;
export const TraceReasonEncryptOverlay = 8;
/** The bit of the reason that says that the packet was encrypted. */
export const TraceReasonEncryptMask = 0x80;

const NAMES: readonly string[] = [
  "new",
  "established",
  "reply",
  "related",
  "reopened",
  "unknown",
  "srv6-encap",
  "srv6-decap",
  "encrypt-overlay",
];
const COUNT_OF: Readonly<Record<Dialect, number>> = { "v1.9": 5, "v1.19": 9, "v1.20": 9 };

/** The state of the connection; where it has no name, the reason's number with the encryption bit. */
export function connState(reason: number, dialect: Dialect = "v1.9"): string {
  const state = reason & ~TraceReasonEncryptMask;
  return state < COUNT_OF[dialect] ? NAMES[state]! : `${reason}`;
}
