/** An object of a JSON document, whose members nobody has checked. */
export type Json = Readonly<Record<string, unknown>>;

/** Undefined where it is no object. */
export function objectOf(value: unknown): Json | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
}

/** "" where it is no text. */
export function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** The texts of a list. */
export function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

/** Reads a number, or its digits: proto3's JSON has 64 bits as a text. 0 where it is neither. */
export function numberOf(value: unknown): number {
  const parsed = Number(value);
  return Number.isFinite(parsed) ? parsed : 0;
}

/** The name of an enum's value, or its number where it has none. @param nothing the name of zero, which is left out */
export function enumText(value: unknown, nothing: string): string {
  return textOf(value) || (numberOf(value) === 0 ? nothing : `${numberOf(value)}`);
}
