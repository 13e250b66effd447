/** A number that only grows, or (a gauge) a level. */
export interface Counter {
  value: number;
}

/**
 * The counters of a process by name, in Envoy's style (`cluster.NAME.upstream_cx_total`). Asking for one twice gives the same
 * object; whoever counts often keeps it.
 */
export class Counters {
  readonly #counters = new Map<string, Counter>();
  /** Numbers that are kept elsewhere. */
  readonly #exposed: { readonly name: string; readonly read: () => number }[] = [];

  counter(name: string): Counter {
    let counter = this.#counters.get(name);
    if (counter === undefined) {
      counter = { value: 0 };
      this.#counters.set(name, counter);
    }
    return counter;
  }

  /** Shows a number that is kept elsewhere; several under one name are added up. */
  expose(name: string, read: () => number): void {
    this.#exposed.push({ name, read });
  }

  /** `name: value`, sorted by name. */
  format(): string[] {
    const values = new Map([...this.#counters].map(([name, { value }]) => [name, value]));
    for (const { name, read } of this.#exposed) values.set(name, (values.get(name) ?? 0) + read());
    return [...values].sort(([left], [right]) => (left < right ? -1 : 1)).map(([name, value]) => `${name}: ${value}`);
  }
}
