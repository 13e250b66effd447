import { type Exchange, elapsedNanos, type Timestamp } from "../../model/index.ts";
import { RequestJoiner } from "../identity/request-joiner.ts";
import type { RequestView } from "../identity/request-view.ts";
import { LatencySketch } from "../latency/latency-sketch.ts";
import { rowOf, viewOf } from "../protocols/index.ts";
import { TimeBuckets } from "./time-buckets.ts";

export interface SummaryOptions {
  /** The values that exchanges are grouped by, `-` for what is not known. */
  readonly groupBy: (exchange: Exchange) => readonly string[];
  /** Examples of each kind that are kept; default 5. */
  readonly examples?: number;
}

/** The numbers of some requests. */
export interface Numbers {
  requests: number;
  /** Outcome `error` or `none`. */
  errors: number;
  requestBytes: number;
  responseBytes: number;
  readonly latency: LatencySketch;
}

export interface Group extends Numbers {
  readonly key: readonly string[];
}

/** One exchange that stands for others. */
export interface Example {
  readonly id: number;
  readonly time: Timestamp | undefined;
  readonly operation: string;
  readonly key: readonly string[];
  readonly status: string | undefined;
  readonly nanos: number | undefined;
  readonly bytes: number;
}

export interface Failure {
  /** The outcome's word: `503`, `reset:CANCEL`. */
  readonly reason: string;
  count: number;
  readonly first: Example;
}

/**
 * Sums exchanges up: by groups, over time, with the slowest, the largest and one example of each way to fail. A request that several places
 * saw counts once, as it was seen first. Needs the same memory however many come: of groups and ways to fail that are too many the rest is
 * one (`MANY`).
 */
export class ExchangeSummary {
  readonly #groupBy: (exchange: Exchange) => readonly string[];
  readonly #examples: number;
  readonly #joiner = new RequestJoiner<RequestView>();
  readonly #groups = new Map<string, Group>();
  readonly #failures = new Map<string, Failure>();
  readonly #connections = new Set<string>();
  readonly #tls = new Map<string, number>();
  readonly total: Numbers = emptyNumbers();
  readonly buckets = new TimeBuckets();
  readonly slowest: Example[] = [];
  readonly largest: Example[] = [];
  /** Views of requests that were counted before. */
  furtherViews = 0;
  /** Connections beyond those that are told apart. */
  furtherConnections = 0;
  first: Timestamp | undefined;
  last: Timestamp | undefined;

  constructor({ groupBy, examples = 5 }: SummaryOptions) {
    this.#groupBy = groupBy;
    this.#examples = examples;
  }

  get groups(): Iterable<Group> {
    return this.#groups.values();
  }

  /** Those that are most first. */
  get failures(): readonly Failure[] {
    return [...this.#failures.values()].sort((a, b) => b.count - a.count);
  }

  get connections(): number {
    return this.#connections.size;
  }

  /** Connections by the version of TLS, `-` for those without. */
  get tls(): ReadonlyMap<string, number> {
    return this.#tls;
  }

  /** Whether it counts: a further view of a request does not. */
  add(exchange: Exchange): boolean {
    const { counts, request, uncounted } = this.#joiner.join(viewOf(exchange));
    if (request.views.length > 1 || !counts || uncounted.length > 0) {
      this.furtherViews++;
      return false;
    }
    const row = rowOf(exchange);
    const { times } = exchange;
    const time = times.requestStart ?? times.responseStart;
    const nanos = elapsedNanos(times.requestStart, times.responseEnd);
    const sizes = row.sizes(exchange);
    const outcome = row.outcome(exchange);
    const isError = outcome?.result === "error" || outcome?.result === "none";
    const key = this.#groupBy(exchange);
    const group = this.#groupOf(key);
    for (const numbers of [group, this.total]) {
      numbers.requests++;
      if (isError) numbers.errors++;
      numbers.requestBytes += sizes.request ?? 0;
      numbers.responseBytes += sizes.response ?? 0;
      if (nanos !== undefined) numbers.latency.add(nanos);
    }
    this.#countConnection(exchange);
    if (time !== undefined) {
      this.buckets.add(time.seconds, isError);
      if (this.first === undefined || isBefore(time, this.first)) this.first = time;
      if (this.last === undefined || isBefore(this.last, time)) this.last = time;
    }
    const bytes = (sizes.request ?? 0) + (sizes.response ?? 0);
    const example = (): Example => ({
      ...{ id: exchange.id, time, key, nanos, bytes },
      operation: row.operation(exchange),
      status: row.cells(exchange).status,
    });
    keepGreatest(this.slowest, this.#examples, nanos, ({ nanos: other }) => other!, example);
    keepGreatest(this.largest, this.#examples, bytes, (other) => other.bytes, example);
    if (isError) this.#countFailure(kindOf(outcome.reason ?? outcome.result), example);
    return true;
  }

  #groupOf(key: readonly string[]): Group {
    const name = key.join("\n");
    let group = this.#groups.get(name);
    if (group !== undefined) return group;
    if (this.#groups.size >= MAX_GROUPS) return this.#groupOfRest(key.length);
    group = { key, ...emptyNumbers() };
    this.#groups.set(name, group);
    return group;
  }

  #groupOfRest(length: number): Group {
    const name = `${MANY}\n`;
    const rest = this.#groups.get(name) ?? {
      key: Array.from({ length }, (_, at) => (at === 0 ? MANY : "-")),
      ...emptyNumbers(),
    };
    this.#groups.set(name, rest);
    return rest;
  }

  #countConnection({ connection }: Exchange): void {
    const name = `${connection.source} ${connection.id}`;
    if (this.#connections.has(name)) return;
    if (this.#connections.size >= MAX_CONNECTIONS) {
      this.furtherConnections++;
      return;
    }
    this.#connections.add(name);
    const version = connection.tls?.version ?? (connection.tls === undefined ? "-" : "TLS");
    this.#tls.set(version, (this.#tls.get(version) ?? 0) + 1);
  }

  #countFailure(reason: string, example: () => Example): void {
    const known = this.#failures.has(reason) || this.#failures.size < MAX_FAILURES ? reason : MANY;
    const failure = this.#failures.get(known);
    if (failure !== undefined) failure.count++;
    else this.#failures.set(known, { reason: known, count: 1, first: example() });
  }
}

/** The group of all that are too many. */
export const MANY = "(others)";
const MAX_GROUPS = 4096;
const MAX_FAILURES = 256;
const MAX_CONNECTIONS = 262_144;

/** The reason without what differs each time. */
function kindOf(reason: string): string {
  return reason.replace(/ after [\d.]+ ?(?:ns|µs|ms|s|m)\b/g, "");
}

function emptyNumbers(): Numbers {
  return { requests: 0, errors: 0, requestBytes: 0, responseBytes: 0, latency: new LatencySketch() };
}

function isBefore(a: Timestamp, b: Timestamp): boolean {
  return a.seconds < b.seconds || (a.seconds === b.seconds && a.nanos < b.nanos);
}

/** The greatest first. */
function keepGreatest(
  kept: Example[],
  most: number,
  value: number | undefined,
  measure: (example: Example) => number,
  make: () => Example,
): void {
  if (value === undefined || value <= 0) return;
  if (kept.length >= most && measure(kept.at(-1)!) >= value) return;
  const at = kept.findIndex((one) => measure(one) < value);
  kept.splice(at < 0 ? kept.length : at, 0, make());
  if (kept.length > most) kept.pop();
}
