import type { Filter } from "../../analysis/filter/index.ts";
import { type ListItem, listItemOf } from "../store/record/list-item.ts";
import { readStoredDocument } from "../store/record/read-document.ts";
import type { Taken } from "./intake.ts";

/** Lines that a reader who is slow is told at once; more are counted. */
const MAX_LINES = 2000;

/** Gets what is stored as it comes. */
export interface FeedReader {
  readonly filter: Filter | undefined;
  /** @param missed how many more matched, and were left out */
  take(items: readonly ListItem[], missed: number): void;
}

/** Tells whoever looks at the moment of what was just stored. Nobody looks: it costs nothing. */
export class LiveFeed {
  readonly #readers = new Set<FeedReader>();

  /** Gives what ends it. */
  subscribe(reader: FeedReader): () => void {
    this.#readers.add(reader);
    return () => void this.#readers.delete(reader);
  }

  /** Whether somebody asks what exchanges are like. */
  get looksAtExchanges(): boolean {
    for (const { filter } of this.#readers) if (filter !== undefined) return true;
    return false;
  }

  /** An exchange that is not given is read from its document: the reader came after it. */
  tell(firstId: number, stored: readonly Taken[]): void {
    for (const reader of this.#readers) {
      const items: ListItem[] = [];
      let missed = 0;
      stored.forEach(({ exchange, record }, index) => {
        if (
          reader.filter?.matches("exchange", exchange ?? readStoredDocument(record.document, firstId + index)) === false
        )
          return;
        if (items.length >= MAX_LINES) missed++;
        else items.push(listItemOf(firstId + index, record));
      });
      if (items.length > 0) reader.take(items, missed);
    }
  }
}
