import type {
  FacetsAnswer,
  FacetsQuery,
  KnownFacts,
  LatencyAnswer,
  ListAnswer,
  ListQuery,
  RouteSum,
  SeriesAnswer,
  SeriesQuery,
  StoredExchange,
  StoredFlow,
  StoreQuery,
  TimeRange,
} from "../exchange-store.ts";
import type { StoredValue } from "../record/columns.ts";
import { LIST_COLUMNS, listItem } from "../record/list-item.ts";
import { bytesOf } from "../segment/segment-folder.ts";
import { latencyOf } from "./latency-of.ts";
import { listExchanges } from "./list-exchanges.ts";
import type { RowPlace } from "./segment-reader.ts";
import { SegmentSet } from "./segment-set.ts";
import { facetsOf, seriesOf, servicesOf } from "./sum-exchanges.ts";

/** Answers questions about the segments of a folder, one after the other. */
export class StoreReader {
  readonly #segments: SegmentSet;
  readonly #now: () => number;

  /** @param look asked now and then while it works: throws when the question is no longer wanted */
  constructor(folder: string, look: () => void, now: () => number = () => performance.now()) {
    this.#segments = new SegmentSet(folder, look);
    this.#now = now;
  }

  list(query: ListQuery): ListAnswer {
    return listExchanges(this.#segments, query, this.#now);
  }

  find(id: number): StoredExchange | undefined {
    for (const segment of this.#segments.all().toReversed()) {
      const found = this.#segments.guard(segment, () => {
        const row = segment.database
          .prepare(`SELECT block, place, ${LIST_COLUMNS} FROM exchanges WHERE id = ?`)
          .get(id) as Readonly<Record<string, StoredValue>> | undefined;
        const document = row && segment.document(row as unknown as RowPlace);
        return row === undefined || document === undefined ? undefined : { id, item: listItem(row), document };
      });
      if (found !== undefined) return found;
    }
    return undefined;
  }

  series(query: SeriesQuery): SeriesAnswer {
    return seriesOf(this.#segments, query, this.#now);
  }

  latency(query: StoreQuery): LatencyAnswer {
    return latencyOf(this.#segments, query, this.#now);
  }

  facets(query: FacetsQuery): FacetsAnswer {
    return facetsOf(this.#segments, query, this.#now);
  }

  services(range: TimeRange): RouteSum[] {
    return servicesOf(this.#segments, range);
  }

  /** The newest first. */
  flows({ from, to, limit }: TimeRange & { readonly limit: number }): StoredFlow[] {
    const found: StoredFlow[] = [];
    for (const segment of this.#segments.all())
      this.#segments.guard(segment, () => {
        const rows = segment.database
          .prepare("SELECT * FROM flows WHERE time >= ? AND time < ? ORDER BY time DESC LIMIT ?")
          .all(from ?? Number.MIN_SAFE_INTEGER, to ?? Number.MAX_SAFE_INTEGER, limit);
        for (const { id, time, kind, summary, document } of rows as unknown as FlowRow[])
          found.push({ id, time, kind, summary, document: JSON.parse(document) });
      });
    return found.sort((a, b) => b.time - a.time).slice(0, limit);
  }

  facts(): KnownFacts & { problems: string[] } {
    let [exchanges, bytes, segments] = [0, 0, 0];
    let oldest: number | undefined;
    let newest: number | undefined;
    for (const segment of this.#segments.all())
      this.#segments.guard(segment, () => {
        segments++;
        bytes += bytesOf(segment.file);
        const row = segment.database.prepare("SELECT count(*) AS count FROM exchanges").get() as { count: number };
        exchanges += row.count;
        const { times } = segment;
        if (times === undefined) return;
        oldest = Math.min(oldest ?? times.first, times.first);
        newest = Math.max(newest ?? times.last, times.last);
      });
    return {
      exchanges,
      bytes,
      segments,
      ...(oldest !== undefined && { oldest }),
      ...(newest !== undefined && { newest }),
      problems: [...this.#segments.problems].map(([path, problem]) => `${path}: ${problem}`),
    };
  }

  close(): void {
    this.#segments.close();
  }
}

interface FlowRow {
  readonly id: number;
  readonly time: number;
  readonly kind: string;
  readonly summary: string;
  readonly document: string;
}
