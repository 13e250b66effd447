import type { ExchangeStore, StoreQuery } from "../exchange-store.ts";
import type { ListItem } from "../record/list-item.ts";

/** Items that are looked up at once. */
const PAGE = 1000;

/**
 * Removes what matches, so many at once: what comes meanwhile may stay. Gives how many there were.
 * @param atOnce exchanges that `remove` gets, but for a page more
 * @throws TaplineError of the filter, or of `remove`: what was removed before stays so
 */
export async function removeMatching(
  list: ExchangeStore["list"],
  query: StoreQuery,
  { atOnce, remove, signal }: RemoveOptions,
): Promise<number> {
  let removed = 0;
  let found: ListItem[] = [];
  let cursor: string | undefined;
  do {
    const answer = await list({ ...query, limit: PAGE, cursor }, signal);
    found.push(...answer.items);
    cursor = answer.cursor;
    if (found.length === 0 || (found.length < atOnce && cursor !== undefined)) continue;
    removed += await remove(found);
    found = [];
  } while (cursor !== undefined);
  return removed;
}

export interface RemoveOptions {
  readonly atOnce: number;
  /** Gives how many were there. */
  readonly remove: (items: readonly ListItem[]) => Promise<number>;
  readonly signal?: AbortSignal | undefined;
}
