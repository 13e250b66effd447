/**
 * A text that is equal for two configurations that mean the same: everything but where it stands in its file.
 * Certificates count by their bytes, so a renewed one is a change.
 */
export function fingerprint(config: unknown): string {
  return JSON.stringify(config, (key, value: unknown) => {
    if (key === "place") return undefined;
    if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
    return typeof value === "bigint" ? String(value) : value;
  });
}
