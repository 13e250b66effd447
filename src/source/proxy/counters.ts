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

  counter(name: string): Counter {
    let counter = this.#counters.get(name);
    if (counter === undefined) {
      counter = { value: 0 };
      this.#counters.set(name, counter);
    }
    return counter;
  }

  /** `name: value`, sorted by name. */
  format(): string[] {
    return [...this.#counters]
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([name, { value }]) => `${name}: ${value}`);
  }
}
