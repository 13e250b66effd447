import { encodePairs, type Pair } from "./pairs.ts";

/** The value of a property: text and bytes as they are, whole numbers (nanoseconds, ports, codes) as eight bytes, a map as pairs. */
export type PropertyValue = string | Uint8Array | bigint | boolean | number | ReadonlyMap<string, string>;

/** Properties by their path, its parts joined by dots or NULs: `request.time`, `source.address`. */
export type Properties = (path: string) => PropertyValue | undefined;

/** A property as a module reads it: integers, times and durations are 8 bytes, little-endian; a double too. */
export function encodeProperty(value: PropertyValue): Uint8Array {
  if (typeof value === "string") return new TextEncoder().encode(value);
  if (value instanceof Uint8Array) return value;
  if (typeof value === "boolean") return Uint8Array.of(value ? 1 : 0);
  if (value instanceof Map) return encodePairs([...value] as Pair[], 4);
  const bytes = new Uint8Array(8);
  const view = new DataView(bytes.buffer);
  if (typeof value === "bigint") view.setBigInt64(0, value, true);
  else view.setFloat64(0, value as number, true);
  return bytes;
}

/** The path of a property as a module asks for it: parts with NUL between them, and one behind or not. */
export function readPropertyPath(octets: string): string {
  return octets.replace(/\0$/, "").replaceAll("\0", ".");
}

/** Properties that stand in a record, by their paths with dots. */
export function propertiesOf(record: Readonly<Record<string, PropertyValue | undefined>>): Properties {
  return (path) => (Object.hasOwn(record, path) ? record[path] : undefined);
}
