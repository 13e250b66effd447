import { type Connection, type Exchange, elapsedNanos, type Outcome, type Timestamp } from "../../model/index.ts";
import { RequestJoiner } from "../identity/request-joiner.ts";
import type { RequestView } from "../identity/request-view.ts";
import { KeptView, requestFactsOf, rowOf } from "../protocols/index.ts";
import { ConnectionCount } from "./connection-count.ts";
import { type Example, Greatest } from "./greatest.ts";
import { type Group, type Grouping, Groups, MANY } from "./groups.ts";
import { type Numbers, sumNumbers } from "./numbers.ts";
import { TimeBuckets } from "./time-buckets.ts";

export interface SummaryOptions extends Grouping {
  /**
   * Makes of an exchange what people may see of it: secrets hidden, bodies decoded. It is asked for what is shown: the first exchange of a group,
   * examples, failures. Absent: exchanges come as they may be seen.
   */
  readonly present?: (exchange: Exchange) => Exchange;
  /** Examples of each kind that are kept; default 5. */
  readonly examples?: number;
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
  readonly #present: (exchange: Exchange) => Exchange;
  readonly #groupBy: Grouping["groupBy"];
  readonly #joiner = new RequestJoiner<RequestView>();
  readonly #groups: Groups;
  readonly #failures = new Map<string, Failure>();
  readonly #connections = new ConnectionCount();
  readonly #tls = new Map<string, number>();
  readonly #slowest: Greatest;
  readonly #largest: Greatest;
  readonly buckets = new TimeBuckets();
  /** Views of requests that were counted before. */
  furtherViews = 0;
  first: Timestamp | undefined;
  last: Timestamp | undefined;

  constructor({ present = (exchange) => exchange, examples = 5, ...grouping }: SummaryOptions) {
    this.#present = present;
    this.#groupBy = grouping.groupBy;
    this.#groups = new Groups(grouping);
    this.#slowest = new Greatest(examples);
    this.#largest = new Greatest(examples);
  }

  get groups(): Iterable<Group> {
    return this.#groups.all;
  }

  /** All groups together, summed up when it is asked for. */
  get total(): Numbers {
    return sumNumbers(this.#groups.all);
  }

  get slowest(): readonly Example[] {
    return this.#slowest.examples;
  }

  get largest(): readonly Example[] {
    return this.#largest.examples;
  }

  /** Those that are most first. */
  get failures(): readonly Failure[] {
    return [...this.#failures.values()].sort((a, b) => b.count - a.count);
  }

  get connections(): number {
    return this.#connections.count;
  }

  /** Connections by the version of TLS, `-` for those without. */
  get tls(): ReadonlyMap<string, number> {
    return this.#tls;
  }

  /** Whether it counts: a further view of a request does not. */
  add(exchange: Exchange): boolean {
    const facts = requestFactsOf(exchange);
    if (!this.#joiner.isFirst(new KeptView(exchange, facts))) {
      this.furtherViews++;
      return false;
    }
    const row = rowOf(exchange);
    const { times } = exchange;
    const nanos = elapsedNanos(times.requestStart, times.responseEnd);
    const { request: requestBytes = 0, response: responseBytes = 0 } = row.sizes(exchange);
    const isError = isFailure(row.outcome(exchange));
    const group = this.#groups.of(exchange, facts, this.#present);
    group.requests++;
    if (isError) group.errors++;
    group.requestBytes += requestBytes;
    group.responseBytes += responseBytes;
    if (nanos !== undefined) group.latency.add(nanos);
    this.#countConnection(exchange.connection);
    this.#countTime(times.requestStart ?? times.responseStart, isError);
    const bytes = requestBytes + responseBytes;
    if (this.#slowest.takes(nanos)) this.#slowest.add(nanos, this.#exampleOf(exchange, nanos, bytes));
    if (this.#largest.takes(bytes)) this.#largest.add(bytes, this.#exampleOf(exchange, nanos, bytes));
    if (isError) this.#countFailure(exchange, nanos, bytes);
    return true;
  }

  #exampleOf(exchange: Exchange, nanos: number | undefined, bytes: number): Example {
    const shown = this.#present(exchange);
    const { id, times } = exchange;
    const row = rowOf(shown);
    return {
      ...{ id, time: times.requestStart ?? times.responseStart, nanos, bytes },
      key: this.#groupBy(shown),
      operation: row.operation(shown),
      status: row.cells(shown).status,
    };
  }

  #countTime(time: Timestamp | undefined, isError: boolean): void {
    if (time === undefined) return;
    this.buckets.add(time.seconds, isError);
    if (this.first === undefined || isBefore(time, this.first)) this.first = time;
    if (this.last === undefined || isBefore(this.last, time)) this.last = time;
  }

  #countConnection({ source, id, tls }: Connection): void {
    if (!this.#connections.add(source, id)) return;
    const version = tls?.version ?? (tls === undefined ? "-" : "TLS");
    this.#tls.set(version, (this.#tls.get(version) ?? 0) + 1);
  }

  #countFailure(exchange: Exchange, nanos: number | undefined, bytes: number): void {
    // An answer's own words may stand in it.
    const shown = this.#present(exchange);
    const outcome = rowOf(shown).outcome(shown);
    const reason = kindOf(outcome?.reason ?? outcome?.result ?? "error");
    const known = this.#failures.has(reason) || this.#failures.size < MAX_FAILURES ? reason : MANY;
    const failure = this.#failures.get(known);
    if (failure !== undefined) failure.count++;
    else this.#failures.set(known, { reason: known, count: 1, first: this.#exampleOf(exchange, nanos, bytes) });
  }
}

const MAX_FAILURES = 256;

function isFailure(outcome: Outcome | undefined): boolean {
  return outcome?.result === "error" || outcome?.result === "none";
}

/** The reason without what differs each time. */
function kindOf(reason: string): string {
  return reason.replace(/ after [\d.]+ ?(?:ns|µs|ms|s|m)\b/g, "");
}

function isBefore(a: Timestamp, b: Timestamp): boolean {
  return a.seconds < b.seconds || (a.seconds === b.seconds && a.nanos < b.nanos);
}
