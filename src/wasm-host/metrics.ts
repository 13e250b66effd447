import { MetricKind } from "./abi.ts";

export interface Metric {
  readonly name: string;
  readonly kind: number;
  /** A counter's or a gauge's level, a histogram's sum. */
  value: bigint;
  /** How often a histogram was recorded. */
  count: number;
}

/** The metrics of filters: those of one name are one, whichever machine counts it. At most 10 000. */
export class Metrics {
  readonly #list: Metric[] = [];
  readonly #byName = new Map<string, number>();

  /** Its number; undefined where there are too many, or the kind is none. */
  define(kind: number, name: string): number | undefined {
    const key = `${kind} ${name}`;
    const known = this.#byName.get(key);
    if (known !== undefined) return known;
    if (kind > MetricKind.Histogram || this.#list.length >= MAX_METRICS) return undefined;
    this.#list.push({ name, kind, value: 0n, count: 0 });
    this.#byName.set(key, this.#list.length);
    return this.#list.length;
  }

  at(number: number): Metric | undefined {
    return this.#list[number - 1];
  }

  /** Every metric, in the order of their definition. */
  get all(): readonly Metric[] {
    return this.#list;
  }

  /** The value of that name; 0 where it was never defined. */
  value(name: string): number {
    const metric = this.#list.find((one) => one.name === name);
    return Number(metric?.value ?? 0n);
  }
}

const MAX_METRICS = 10_000;
