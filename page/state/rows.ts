import type { SortOrder, StoreQuery } from "../../src/collector/store/exchange-store.ts";
import type { DataSource, ListItem } from "../source/data-source.ts";

/** Rows of one request to the source. */
const PAGE = 200;
/** Pages that are held; those that were looked at longest ago are asked for again. */
const MAX_PAGES = 95;
/** Live rows in front of the pages; when there are more, all begins anew. */
const MAX_LIVE = 1000;

/**
 * The rows of the list, by their place: those that came live, newest first, and then pages of what is stored. At most 20 000 are held,
 * however long the list is.
 */
export class Rows {
  readonly #source: DataSource;
  readonly #query: StoreQuery & { readonly order: SortOrder };
  readonly #changed: () => void;
  readonly #failed: (error: Error) => void;
  readonly #controller = new AbortController();
  readonly #pages = new Map<number, readonly ListItem[]>();
  readonly #cursors: (string | undefined)[] = [undefined];
  readonly #loading = new Set<number>();
  readonly #live: ListItem[] = [];
  readonly #ids = new Set<number>();
  #stored = 0;
  #isEnd = false;
  /** Exchanges that were looked at for the filter. */
  scanned = 0;

  constructor(
    source: DataSource,
    query: StoreQuery & { readonly order: SortOrder },
    changed: () => void,
    failed: (error: Error) => void,
  ) {
    this.#source = source;
    this.#query = query;
    this.#changed = changed;
    this.#failed = failed;
    this.#load(0);
  }

  /** Rows that are known to be there. */
  get length(): number {
    return this.#live.length + this.#stored;
  }

  get isEnd(): boolean {
    return this.#isEnd;
  }

  get isLoading(): boolean {
    return this.#loading.size > 0;
  }

  /** Held rows, of both kinds. */
  get held(): number {
    return this.#live.length + this.#pages.size * PAGE;
  }

  /** The row at a place; undefined while it is asked for. */
  at(index: number): ListItem | undefined {
    if (index < this.#live.length) return this.#live[index];
    const place = index - this.#live.length;
    const page = Math.floor(place / PAGE);
    const rows = this.#pages.get(page);
    if (rows === undefined) {
      if (place < this.#stored) this.#load(page);
      return undefined;
    }
    this.#pages.delete(page);
    this.#pages.set(page, rows);
    return rows[place % PAGE];
  }

  indexOf(id: number): number {
    const live = this.#live.findIndex((item) => item.id === id);
    if (live >= 0) return live;
    for (const [page, rows] of this.#pages) {
      const place = rows.findIndex((item) => item.id === id);
      if (place >= 0) return this.#live.length + page * PAGE + place;
    }
    return -1;
  }

  /** Asks for more at the end, where there is more. */
  loadMore(): void {
    if (!this.#isEnd) this.#load(this.#cursors.length - 1);
  }

  /** Puts what has come in front. False: there is too much of it, and the list should be made anew. */
  prepend(items: readonly ListItem[]): boolean {
    const fresh = items.filter(({ id }) => !this.#ids.has(id));
    for (const { id } of fresh) this.#ids.add(id);
    this.#live.unshift(...fresh.toSorted((a, b) => b.time - a.time || b.id - a.id));
    return this.#live.length <= MAX_LIVE;
  }

  stop(): void {
    this.#controller.abort();
  }

  #load(page: number): void {
    if (this.#loading.has(page) || page >= this.#cursors.length) return;
    this.#loading.add(page);
    void this.#fetch(page)
      .catch((error: Error) => {
        if (!this.#controller.signal.aborted) this.#failed(error);
      })
      .finally(() => {
        this.#loading.delete(page);
        if (!this.#controller.signal.aborted) this.#changed();
      });
  }

  /** A filter that has to look into documents gives its rows bit by bit. */
  async #fetch(page: number): Promise<void> {
    const isLast = page === this.#cursors.length - 1;
    const rows: ListItem[] = [];
    let cursor = this.#cursors[page];
    do {
      const query = { ...this.#query, limit: PAGE - rows.length, ...(cursor !== undefined && { cursor }) };
      const answer = await this.#source.list(query, this.#controller.signal);
      rows.push(...answer.items);
      this.scanned += answer.scanned;
      cursor = answer.cursor;
      this.#pages.set(page, rows);
      if (isLast) this.#stored = page * PAGE + rows.length;
      this.#changed();
    } while (cursor !== undefined && rows.length < PAGE);
    for (const { id } of rows) if (page === 0) this.#ids.add(id);
    if (isLast) {
      this.#isEnd = cursor === undefined;
      if (cursor !== undefined) this.#cursors.push(cursor);
    }
    while (this.#pages.size > MAX_PAGES) this.#pages.delete(this.#pages.keys().next().value!);
  }
}
