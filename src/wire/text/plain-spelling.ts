/** A name without its case and with one kind of space: `TO_ENDPOINT`, `to-endpoint` and `To endpoint` are one. */
export function plainSpelling(name: string): string {
  return name.toLowerCase().replaceAll(/[\s_-]/g, " ");
}
