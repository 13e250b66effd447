import type { Connection, Exchange } from "../../model/index.ts";
import { elapsedNanos } from "../../model/index.ts";
import { RequestJoiner } from "../identity/request-joiner.ts";
import type { RequestView } from "../identity/request-view.ts";
import { LatencySketch } from "../latency/latency-sketch.ts";
import { KeptView, requestFactsOf, rowOf } from "../protocols/index.ts";
import { ClusteredCount, PARTS } from "./clustered-count.ts";
import { GroupSample } from "./group-sample.ts";
import { MatchedRequests } from "./matched-requests.ts";
import { type NameAllowance, NamedCounts } from "./named-counts.ts";
import { createSeededRandom } from "./statistics/seeded-random.ts";
import { ValueSample } from "./value-sample.ts";

export type Side = "a" | "b";

/** All that one side has. */
export class SideSample {
  readonly requests = new ClusteredCount();
  readonly groups = new Map<string, GroupSample>();
  readonly latency = new LatencySketch();
  errors = 0;
  /** Views of requests that were counted before. */
  furtherViews = 0;
  /** Exchanges of groups that found no room. */
  beyond = 0;
  readonly connections = new Map<string, ConnectionTraits>();
  readonly #joiner = new RequestJoiner<RequestView>();
  readonly #names: NameAllowance = { left: MOST_NAMES, beyond: 0 };
  #seed = 0;

  /** Header fields, members, statuses and traits that found no room. */
  get namesBeyond(): number {
    return this.#names.beyond;
  }

  /** Whether it counts: a further view of a request does not. */
  add(exchange: Exchange, key: string): boolean {
    if (!this.#joiner.isFirst(new KeptView(exchange, requestFactsOf(exchange)))) {
      this.furtherViews++;
      return false;
    }
    const part = this.#partOf(exchange);
    const outcome = rowOf(exchange).outcome(exchange)?.result;
    const nanos = elapsedNanos(exchange.times.requestStart, exchange.times.responseEnd);
    this.requests.add(part);
    if (outcome === "error" || outcome === "none") this.errors++;
    if (nanos !== undefined) this.latency.add(nanos);
    let group = this.groups.get(key);
    if (group === undefined) {
      if (this.groups.size >= MOST_GROUPS) {
        this.beyond++;
        return true;
      }
      group = new GroupSample(this.#names, ++this.#seed);
      this.groups.set(key, group);
    }
    group.add(exchange, part);
    return true;
  }

  /** How many connections have each trait. */
  countTraits(of: (traits: ConnectionTraits) => string | undefined): { counts: NamedCounts; all: ClusteredCount } {
    const counts = new NamedCounts(this.#names, MOST_TRAITS);
    const all = new ClusteredCount();
    for (const traits of this.connections.values()) {
      const name = of(traits);
      if (name === undefined) continue;
      all.add(traits.part);
      counts.add(name, traits.part);
    }
    return { counts, all };
  }

  /** Requests on each connection. */
  sampleUse(): ValueSample {
    const sample = new ValueSample(createSeededRandom(2));
    for (const { requests, part } of this.connections.values()) sample.add(requests, part);
    return sample;
  }

  #partOf({ connection, protocol }: Exchange): number {
    const name = `${connection.source} ${connection.id}`;
    let traits = this.connections.get(name);
    if (traits === undefined) {
      const part = this.connections.size % PARTS;
      traits = { ...traitsOf(connection), part, protocol, requests: 0 };
      if (this.connections.size < MOST_CONNECTIONS) this.connections.set(name, traits);
    }
    traits.requests++;
    return traits.part;
  }
}

/** The ways in which a connection may differ from others. */
export interface ConnectionTraits {
  readonly part: number;
  readonly protocol: string;
  readonly tls: string;
  readonly cipher: string | undefined;
  readonly alpn: string | undefined;
  requests: number;
}

function traitsOf({ tls }: Connection): Pick<ConnectionTraits, "tls" | "cipher" | "alpn"> {
  return { tls: tls === undefined ? "no TLS" : (tls.version ?? "TLS"), cipher: tls?.cipher, alpn: tls?.alpn };
}

/**
 * Two selections of exchanges, A and B, as they are compared: counts and samples by route, connections, and requests that both have. All of
 * A have to be added before those of B. Its memory is bounded; what found no room is counted.
 */
export class ExchangeComparison {
  readonly a = new SideSample();
  readonly b = new SideSample();
  readonly matched = new MatchedRequests();
  readonly #groupBy: (exchange: Exchange) => readonly string[];

  /** @param groupBy the values that exchanges are grouped by */
  constructor(groupBy: (exchange: Exchange) => readonly string[]) {
    this.#groupBy = groupBy;
  }

  add(side: Side, exchange: Exchange): void {
    if (!this[side].add(exchange, this.#groupBy(exchange).join("\n"))) return;
    if (side === "a") this.matched.addBefore(exchange);
    else this.matched.addAfter(exchange);
  }
}

const MOST_GROUPS = 512;
const MOST_TRAITS = 256;
const MOST_NAMES = 65_536;
const MOST_CONNECTIONS = 262_144;
