import type { SortOrder, StoreQuery } from "../../src/collector/store/exchange-store.ts";
import type { DataSource, ListItem } from "../source/data-source.ts";

/** Rows of one request to the source. */
const PAGE = 200;
/** Pages that are held; those that were looked at longest ago are asked for again. */
const MAX_PAGES = 80;
/** Live rows in front of the pages; when there are more, the pages begin anew, with what is stored by then. */
const MAX_LIVE = 4000;

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
  #pages = new Map<number, readonly ListItem[]>();
  #cursors: (string | undefined)[] = [undefined];
  #loading = new Set<number>();
  #live: ListItem[] = [];
  #ids = new Set<number>();
  /** What came since the pages are made anew; absent: they are not. */
  #meanwhile: ListItem[] | undefined;
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

  /** Puts what has come in front. @param missed how many more have come, and were not told one by one */
  prepend(items: readonly ListItem[], missed = 0): void {
    const fresh = items.filter(({ id }) => !this.#ids.has(id)).toSorted(byTime);
    for (const { id } of fresh) this.#ids.add(id);
    this.#live = [...fresh, ...this.#live];
    this.#meanwhile?.unshift(...fresh);
    if (this.#live.length > MAX_LIVE || missed > 0) this.#renew();
  }

  stop(): void {
    this.#controller.abort();
  }

  #load(page: number): void {
    if (this.#loading.has(page) || page >= this.#cursors.length) return;
    const loading = this.#loading.add(page);
    void this.#fetch(page)
      .catch((error: Error) => {
        if (!this.#controller.signal.aborted) this.#failed(error);
      })
      .finally(() => {
        loading.delete(page);
        if (!this.#controller.signal.aborted) this.#changed();
      });
  }

  /** Begins with the newest of what is stored. What is shown stays until that is there. */
  #renew(): void {
    if (this.#meanwhile !== undefined) return;
    this.#meanwhile = [];
    void this.#readPage(undefined, () => {})
      .then(({ rows, cursor }) => {
        const stored = new Set(rows.map(({ id }) => id));
        this.#live = this.#meanwhile!.filter(({ id }) => !stored.has(id));
        this.#ids = new Set([...stored, ...this.#live.map(({ id }) => id)]);
        this.#pages = new Map([[0, rows]]);
        this.#cursors = cursor === undefined ? [undefined] : [undefined, cursor];
        this.#loading = new Set();
        this.#stored = rows.length;
        this.#isEnd = cursor === undefined;
      })
      .catch((error: Error) => {
        if (!this.#controller.signal.aborted) this.#failed(error);
      })
      .finally(() => {
        this.#meanwhile = undefined;
        if (!this.#controller.signal.aborted) this.#changed();
      });
  }

  async #fetch(page: number): Promise<void> {
    const [pages, cursors] = [this.#pages, this.#cursors];
    const isLast = page === cursors.length - 1;
    // Pages that were made anew meanwhile are others.
    const isOurs = (): boolean => pages === this.#pages;
    const { rows, cursor } = await this.#readPage(cursors[page], (some) => {
      if (!isOurs()) return;
      pages.set(page, some);
      if (isLast) this.#stored = page * PAGE + some.length;
      this.#changed();
    });
    if (!isOurs()) return;
    if (page === 0) for (const { id } of rows) this.#ids.add(id);
    if (isLast) {
      this.#isEnd = cursor === undefined;
      if (cursor !== undefined) cursors.push(cursor);
    }
    while (pages.size > MAX_PAGES) pages.delete(pages.keys().next().value!);
  }

  /** A filter that has to look into documents gives its rows bit by bit. */
  async #readPage(from: string | undefined, tell: (rows: readonly ListItem[]) => void): Promise<PageOfRows> {
    const rows: ListItem[] = [];
    let cursor = from;
    do {
      const query = { ...this.#query, limit: PAGE - rows.length, ...(cursor !== undefined && { cursor }) };
      const answer = await this.#source.list(query, this.#controller.signal);
      rows.push(...answer.items);
      this.scanned += answer.scanned;
      cursor = answer.cursor;
      tell(rows);
    } while (cursor !== undefined && rows.length < PAGE);
    return { rows, cursor };
  }
}

interface PageOfRows {
  readonly rows: readonly ListItem[];
  /** Where more begins; absent: that was all. */
  readonly cursor: string | undefined;
}

/** The newest first. */
function byTime(a: ListItem, b: ListItem): number {
  return b.time - a.time || b.id - a.id;
}
