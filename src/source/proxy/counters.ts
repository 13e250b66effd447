import type { Statistic, StatisticName } from "../../model/index.ts";

/** A number that only grows, or (a gauge) a level. */
export interface Counter {
  value: number;
}

/**
 * The counters of a process. Asking for one twice gives the same object; whoever counts often keeps it.
 */
export class Counters {
  readonly #counters = new Map<string, { readonly name: StatisticName; readonly counter: Counter }>();
  /** Numbers that are kept elsewhere. */
  readonly #exposed: { readonly name: StatisticName; readonly read: () => number }[] = [];

  counter(name: StatisticName): Counter {
    let known = this.#counters.get(name.name);
    if (known === undefined) {
      known = { name, counter: { value: 0 } };
      this.#counters.set(name.name, known);
    }
    return known.counter;
  }

  /** Shows a number that is kept elsewhere; several under one name are added up. */
  expose(name: StatisticName, read: () => number): void {
    this.#exposed.push({ name, read });
  }

  /** Their current values; each name once. */
  collect(): Statistic[] {
    const statistics = new Map<string, Statistic>();
    for (const { name, counter } of this.#counters.values())
      statistics.set(name.name, { ...name, value: counter.value });
    for (const { name, read } of this.#exposed) {
      const known = statistics.get(name.name)?.value ?? 0;
      statistics.set(name.name, { ...name, value: known + read() });
    }
    return [...statistics.values()];
  }
}
