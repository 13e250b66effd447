import { compileField, compileFilter, type Filter, findAttribute } from "../../src/analysis/filter/index.ts";
import { LatencySketch } from "../../src/analysis/latency/latency-sketch.ts";
import { exchangeDocument } from "../../src/analysis/protocols/index.ts";
import { exportExchange } from "../../src/collector/api/export-exchange.ts";
import { fieldValues } from "../../src/collector/api/field-values.ts";
import type {
  FacetsAnswer,
  LatencyAnswer,
  ListAnswer,
  ListQuery,
  SeriesAnswer,
  SeriesQuery,
  StoreQuery,
} from "../../src/collector/store/exchange-store.ts";
import { quantilesOf } from "../../src/collector/store/query/quantiles-of.ts";
import { recordOf } from "../../src/collector/store/record/exchange-record.ts";
import { type ListItem, listItemOf } from "../../src/collector/store/record/list-item.ts";
import { type Exchange, OUTCOME_RESULTS } from "../../src/model/index.ts";
import type { Detail, ExchangeValues } from "../source/data-source.ts";

interface Held {
  readonly item: ListItem;
  readonly exchange: Exchange;
}

/** Bytes that all exchanges of a file may take, roughly; what comes then is left out, and counted. */
const MAX_BYTES = 384 * 1024 * 1024;
const MAX_EXCHANGES = 300_000;
/** Bytes of an exchange beside its bodies, roughly. */
const EXCHANGE_BYTES = 4096;

/** The exchanges of one file, in memory. */
export class FileStore {
  #held: Held[] = [];
  readonly #byId = new Map<number, Held>();
  #bytes = 0;
  #isSorted = true;
  /** Exchanges that there was no room for. */
  leftOut = 0;

  get size(): number {
    return this.#held.length;
  }

  add(exchange: Exchange): void {
    const record = recordOf(exchange, 0);
    const bytes = EXCHANGE_BYTES + record.document.length;
    if (this.#held.length >= MAX_EXCHANGES || this.#bytes + bytes > MAX_BYTES) {
      this.leftOut++;
      return;
    }
    this.#bytes += bytes;
    const id = this.#held.length + 1;
    const held = { item: listItemOf(id, record), exchange };
    this.#held.push(held);
    this.#byId.set(id, held);
    this.#isSorted = false;
  }

  list({ limit, cursor, order = "newest", connection, ...query }: ListQuery): ListAnswer {
    const matching = this.#matching(query);
    const all = connection === undefined ? matching : matching.filter(({ item }) => item.connection === connection);
    if (order === "oldest") all.reverse();
    if (order === "slowest") all.sort((a, b) => (b.item.duration ?? -1) - (a.item.duration ?? -1));
    if (order === "largest") all.sort((a, b) => sizeOf(b) - sizeOf(a));
    const from = Number(cursor ?? 0);
    const items = all.slice(from, from + limit).map(({ item }) => item);
    return {
      items,
      scanned: all.length,
      isComplete: true,
      ...(from + limit < all.length && { cursor: String(from + limit) }),
    };
  }

  find(id: number): Detail | undefined {
    const found = this.#byId.get(id);
    if (found === undefined) return undefined;
    return {
      item: found.item,
      hidden: false,
      document: { ...(JSON.parse(JSON.stringify(exchangeDocument(found.exchange))) as object), id },
    };
  }

  series({ from, to, buckets, ...query }: SeriesQuery): SeriesAnswer {
    const width = Math.max(1, Math.ceil((to - from) / buckets));
    const counts = Array.from({ length: Math.max(1, Math.ceil((to - from) / width)) }, () => [0, 0, 0, 0, 0]);
    const matching = this.#matching({ ...query, from, to });
    for (const { item } of matching) {
      const bucket = counts[Math.floor((item.time - from) / width)];
      const outcome = OUTCOME_RESULTS.indexOf((item.outcome ?? "ok") as never);
      if (bucket !== undefined) bucket[outcome] = bucket[outcome]! + 1;
    }
    return { from, width, buckets: counts, isComplete: true, scanned: matching.length };
  }

  values({ ids, fields }: { ids: readonly number[]; fields: readonly string[] }): ExchangeValues[] {
    const compiled = fields.map((text) => compileField(text));
    return ids.flatMap((id) => {
      const found = this.#byId.get(id);
      return found === undefined ? [] : [{ id, values: fieldValues(found.exchange, compiled) }];
    });
  }

  latency(query: StoreQuery): LatencyAnswer {
    const matching = this.#matching(query);
    const sketch = new LatencySketch();
    for (const { item } of matching) if (item.duration !== undefined) sketch.add(item.duration);
    return { count: sketch.count, ...quantilesOf(sketch), isComplete: true, scanned: matching.length };
  }

  facets({ attributes, limit, ...query }: StoreQuery & { attributes: readonly string[]; limit: number }): FacetsAnswer {
    const matching = this.#matching(query);
    const facets: Record<string, { value: string | number; count: number }[]> = {};
    for (const name of attributes) {
      const get = findAttribute(name)?.get.exchange;
      const counts = new Map<string | number, number>();
      for (const { exchange } of matching) {
        const value = get?.(exchange);
        if (typeof value === "string" || typeof value === "number") counts.set(value, (counts.get(value) ?? 0) + 1);
      }
      facets[name] = [...counts]
        .map(([value, count]) => ({ value, count }))
        .sort((a, b) => b.count - a.count)
        .slice(0, limit);
    }
    return { facets, total: matching.length, scanned: matching.length, isComplete: true };
  }

  async export({ id, format }: { id: number; format: string }): Promise<string | Uint8Array> {
    const found = this.#byId.get(id);
    if (found === undefined) throw new Error("it is not there");
    return exportExchange(found.exchange, format);
  }

  /** The newest first. */
  #matching({ filter, from, to }: StoreQuery): Held[] {
    if (!this.#isSorted) this.#held.sort((a, b) => b.item.time - a.item.time || b.item.id - a.item.id);
    this.#isSorted = true;
    const compiled: Filter | undefined =
      filter === undefined || filter.trim() === "" ? undefined : compileFilter(filter);
    return this.#held.filter(
      ({ item, exchange }) =>
        (from === undefined || item.time >= from) &&
        (to === undefined || item.time < to) &&
        (compiled === undefined || compiled.matches("exchange", exchange)),
    );
  }
}

function sizeOf({ item }: Held): number {
  return item.requestBytes + item.responseBytes;
}
