/** Documents that anybody may have written: what is asked for and is not there, or is something else, is empty. */
export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function objectOf(fields: Fields, name: string): Fields {
  const value = fields[name];
  return isFields(value) ? value : {};
}

export function listOf(fields: Fields, name: string): readonly unknown[] {
  const value = fields[name];
  return Array.isArray(value) ? value : [];
}

export function textOf(fields: Fields, name: string): string | undefined {
  const value = fields[name];
  return typeof value === "string" ? value : undefined;
}

export function numberOf(fields: Fields, name: string): number | undefined {
  const value = fields[name];
  return typeof value === "number" ? value : undefined;
}

/** The bytes of `text` or `base64`; undefined: there are none. */
export function bytesOf(fields: Fields): Uint8Array | undefined {
  const text = textOf(fields, "text");
  if (text !== undefined) return new TextEncoder().encode(text);
  const base64 = textOf(fields, "base64");
  if (base64 === undefined) return undefined;
  return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
}
