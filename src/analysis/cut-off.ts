/**
 * Whether a gap with that reason is what a tap or a capture left out of a packet that it saw: the bytes passed, and as many as are missing.
 * Other gaps are packets that were not seen.
 */
export function isCutOff(reason: string): boolean {
  return reason === "snaplen" || reason === "truncated";
}
