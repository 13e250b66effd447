import type { Exchange } from "../../model/index.ts";
import { elapsedNanos } from "../../model/index.ts";
import type { ExchangeDetail } from "../protocols/exchange-details.ts";
import { rowOf } from "../protocols/index.ts";
import { ClusteredCount } from "./clustered-count.ts";
import { shapeOf } from "./json-shape.ts";
import { type NameAllowance, NamedCounts } from "./named-counts.ts";
import { createSeededRandom } from "./statistics/seeded-random.ts";
import { ValueSample } from "./value-sample.ts";

/** One direction of a route's messages. */
export interface MessageSample {
  /** Messages whose head was seen. */
  readonly heads: ClusteredCount;
  /** Header fields, by name in small letters. */
  readonly fields: NamedCounts;
  /** Bodies that are JSON and were kept whole. */
  readonly shaped: ClusteredCount;
  /** Their members, by path and type. */
  readonly members: NamedCounts;
  readonly sizes: ValueSample;
}

/** One route on one side, counted and sampled. Its memory is bounded. */
export class GroupSample {
  readonly requests = new ClusteredCount();
  /** Outcome `error` or `none`. */
  readonly errors = new ClusteredCount();
  readonly statuses: NamedCounts;
  /** Nanoseconds from the request's first byte to the response's last. */
  readonly latencies: ValueSample;
  readonly client: MessageSample;
  readonly server: MessageSample;

  /** @param seed for what is kept of values that are too many */
  constructor(allowance: NameAllowance, seed: number) {
    const random = createSeededRandom(seed);
    this.statuses = new NamedCounts(allowance, MOST_STATUSES);
    this.latencies = new ValueSample(random);
    [this.client, this.server] = [newMessageSample(allowance, random), newMessageSample(allowance, random)];
  }

  /** @param part that the exchange's connection was dealt into */
  add(exchange: Exchange, part: number): void {
    const row = rowOf(exchange);
    const outcome = row.outcome(exchange);
    const { status, sizes } = row.cells(exchange);
    this.requests.add(part);
    if (outcome?.result === "error" || outcome?.result === "none") this.errors.add(part);
    if (status !== undefined) this.statuses.add(status, part);
    const nanos = elapsedNanos(exchange.times.requestStart, exchange.times.responseEnd);
    if (nanos !== undefined && nanos > 0) this.latencies.add(nanos, part);
    const details = row.details(exchange, { bodies: true });
    this.#addMessage("client", details, sizes.request, part);
    this.#addMessage("server", details, sizes.response, part);
  }

  #addMessage(from: "client" | "server", details: readonly ExchangeDetail[], size: number, part: number): void {
    const sample = this[from];
    let names: Set<string> | undefined;
    for (const detail of details) {
      if (detail.part === "head" && detail.from === from) {
        names ??= new Set();
        for (const { name } of detail.fields) if (name !== undefined) names.add(name.toLowerCase());
      } else if (detail.part === "body" && detail.from === from) {
        const shape = shapeOf(detail.body, detail.type);
        if (shape === undefined) continue;
        sample.shaped.add(part);
        for (const path of shape) sample.members.add(path, part);
      }
    }
    if (names === undefined) return;
    sample.heads.add(part);
    sample.sizes.add(size, part);
    for (const name of names) sample.fields.add(name, part);
  }
}

const MOST_STATUSES = 64;
const MOST_FIELDS = 128;
const MOST_MEMBERS = 512;

function newMessageSample(allowance: NameAllowance, random: () => number): MessageSample {
  return {
    heads: new ClusteredCount(),
    fields: new NamedCounts(allowance, MOST_FIELDS),
    shaped: new ClusteredCount(),
    members: new NamedCounts(allowance, MOST_MEMBERS),
    sizes: new ValueSample(random),
  };
}
