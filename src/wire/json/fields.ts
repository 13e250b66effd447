/**
 * A JSON object that somebody else wrote, read field by field: what is absent or has another type than asked for is
 * undefined, never an error and never of a wrong type.
 */
export class Fields {
  readonly raw: Readonly<Record<string, unknown>>;

  constructor(raw: Readonly<Record<string, unknown>>) {
    this.raw = raw;
  }

  text(name: string): string | undefined {
    const value = this.raw[name];
    return typeof value === "string" ? value : undefined;
  }

  number(name: string): number | undefined {
    const value = this.raw[name];
    return typeof value === "number" && Number.isFinite(value) ? value : undefined;
  }

  flag(name: string): boolean | undefined {
    const value = this.raw[name];
    return typeof value === "boolean" ? value : undefined;
  }

  /** A whole number, which JSON has as a text beyond 2^53. */
  bigint(name: string): bigint | undefined {
    const value = this.raw[name];
    if (typeof value === "string" && /^\d{1,20}$/.test(value)) return BigInt(value);
    return typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? BigInt(value) : undefined;
  }

  oneOf<T extends string>(name: string, values: readonly T[]): T | undefined {
    return values.find((value) => value === this.raw[name]);
  }

  list(name: string): readonly unknown[] | undefined {
    const value = this.raw[name];
    return Array.isArray(value) ? value : undefined;
  }

  /** An empty one where it is absent. */
  object(name: string): Fields {
    return fieldsOf(this.raw[name]);
  }

  optional(name: string): Fields | undefined {
    return isObject(this.raw[name]) ? new Fields(this.raw[name]) : undefined;
  }

  /** Those of the names that are texts, to spread into an object. */
  copyTexts<N extends string>(...names: readonly N[]): { readonly [K in N]?: string } {
    const found: { [K in N]?: string } = {};
    for (const name of names) {
      const value = this.raw[name];
      if (typeof value === "string") found[name] = value;
    }
    return found;
  }

  copyNumbers<N extends string>(...names: readonly N[]): { readonly [K in N]?: number } {
    const found: { [K in N]?: number } = {};
    for (const name of names) {
      const value = this.number(name);
      if (value !== undefined) found[name] = value;
    }
    return found;
  }
}

/** Anything that is no object reads as an empty one. */
export function fieldsOf(value: unknown): Fields {
  return new Fields(isObject(value) ? value : {});
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The items that are texts; an absent list is empty. */
export function textsOf(list: readonly unknown[] | undefined): string[] {
  return (list ?? []).filter((item) => typeof item === "string");
}
