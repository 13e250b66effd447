/**
 * A text that is equal for two configurations that mean the same: everything but the file, and where it stands in it.
 * Certificates count by their bytes, so a renewed one is a change.
 */
export function fingerprint(config: unknown): string {
  return JSON.stringify(config, (key, value: unknown) => {
    if (key === "place" || key === "document") return undefined;
    if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
    return typeof value === "bigint" ? String(value) : value;
  });
}
