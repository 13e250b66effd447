import type { Timestamp } from "../../../model/index.ts";

/**
 * A value whose type is known only when it runs: `int` is a bigint and `double` a number, so that they can be told apart;
 * everything else that JavaScript has no type for has a class here.
 */
export type Dynamic =
  | boolean
  | bigint
  | number
  | string
  | null
  | Uint8Array
  | Uint
  | Instant
  | Span
  | TypeValue
  | Optional
  | DynamicMap
  | readonly Dynamic[];

/** An unsigned integer of 64 bits. */
export class Uint {
  readonly value: bigint;
  constructor(value: bigint) {
    this.value = value;
  }
}

/** A moment. */
export class Instant implements Timestamp {
  readonly seconds: number;
  readonly nanos: number;
  constructor(seconds: number, nanos: number) {
    this.seconds = seconds;
    this.nanos = nanos;
  }
}

/** A length of time. */
export class Span {
  readonly nanos: bigint;
  constructor(nanos: bigint) {
    this.nanos = nanos;
  }
}

/** A type as a value: `int`, `type(x)`. */
export class TypeValue {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/** A value, or none: `optional.of(x)`, `map[?key]`. */
export class Optional {
  readonly value: Dynamic | undefined;
  constructor(value: Dynamic | undefined) {
    this.value = value;
  }
  static readonly none = new Optional(undefined);
}

/** A map; numbers that are equal are one key, whatever their type. */
export class DynamicMap {
  readonly #entries = new Map<string | boolean | bigint | number, readonly [key: Dynamic, value: Dynamic]>();

  get size(): number {
    return this.#entries.size;
  }

  /** @returns false where `key` is of no type that a key may have, or is there already */
  add(key: Dynamic, value: Dynamic): boolean {
    if (typeof key === "number" || keyOf(key) === undefined || this.has(key)) return false;
    this.#entries.set(keyOf(key)!, [key, value]);
    return true;
  }

  has(key: Dynamic): boolean {
    const known = keyOf(key);
    return known !== undefined && this.#entries.has(known);
  }

  get(key: Dynamic): Dynamic | undefined {
    const known = keyOf(key);
    return known === undefined ? undefined : this.#entries.get(known)?.[1];
  }

  keys(): Dynamic[] {
    return [...this.#entries.values()].map(([key]) => key);
  }

  entries(): IterableIterator<readonly [Dynamic, Dynamic]> {
    return this.#entries.values();
  }
}

function keyOf(key: Dynamic): string | boolean | bigint | undefined {
  if (typeof key === "string" || typeof key === "boolean" || typeof key === "bigint") return key;
  if (key instanceof Uint) return key.value;
  if (typeof key === "number" && Number.isInteger(key)) return BigInt(key);
  return undefined;
}

/** The name of a value's type, as `type(x)` has it. */
export function typeNameOf(value: Dynamic): string {
  switch (typeof value) {
    case "boolean":
      return "bool";
    case "bigint":
      return "int";
    case "number":
      return "double";
    case "string":
      return "string";
  }
  if (value === null) return "null_type";
  if (Array.isArray(value)) return "list";
  if (value instanceof Uint8Array) return "bytes";
  if (value instanceof Uint) return "uint";
  if (value instanceof DynamicMap) return "map";
  if (value instanceof Instant) return "google.protobuf.Timestamp";
  if (value instanceof Span) return "google.protobuf.Duration";
  return value instanceof Optional ? "optional_type" : "type";
}
