import { DatabaseSync, type StatementSync } from "node:sqlite";
import { FLAG_IMPRECISE } from "../record/columns.ts";
import { type Columns, LIST_COLUMNS, type ListItem, listItem } from "../record/list-item.ts";
import { Block, unpackBlock } from "../segment/block-codec.ts";
import type { SegmentFile } from "../segment/segment-folder.ts";
import { DocumentMatcher, isDecided, type PreparedFilter } from "./prepared-filter.ts";

/** Rows whose columns do not say all: they are few, and looked into one by one. */
export const IMPRECISE_SQL = `flags & ${FLAG_IMPRECISE}`;

/** Asked every so many rows whether the query is still wanted. */
const ROWS_BETWEEN_LOOKS = 1024;
/** Blocks that are held unpacked: neighbours in time are mostly in the same one. */
const MAX_BLOCKS = 8;
const CACHE_KIBIBYTES = 16 * 1024;

/** A segment that is read. Other segments' rows have other numbers. */
export class SegmentReader {
  readonly file: SegmentFile;
  readonly database: DatabaseSync;
  readonly #findBlock: StatementSync;
  readonly #findItem: StatementSync;
  readonly #findImprecise: StatementSync;
  readonly #blocks = new Map<number, Block>();
  readonly #matcher = new DocumentMatcher();

  /** @param look throws when the query that runs is no longer wanted */
  constructor(file: SegmentFile, look: () => void) {
    this.file = file;
    this.database = new DatabaseSync(file.path, { readOnly: true });
    this.database.exec(`PRAGMA cache_size = -${CACHE_KIBIBYTES}; PRAGMA mmap_size = 1073741824;`);
    this.#findBlock = this.database.prepare("SELECT data FROM blocks WHERE id = ?");
    this.#findItem = this.database.prepare(`SELECT ${LIST_COLUMNS} FROM exchanges WHERE id = ?`);
    this.#findImprecise = this.database.prepare(`SELECT 1 FROM exchanges WHERE ${IMPRECISE_SQL} LIMIT 1`);
    let rows = 0;
    this.database.function("tapline_goes_on", { deterministic: false }, () => {
      if (++rows % ROWS_BETWEEN_LOOKS === 0) look();
      return 1;
    });
  }

  /** Event times from the first to the last; undefined where there is none. */
  get times(): { first: number; last: number } | undefined {
    const first = this.#number("SELECT min(time) AS value FROM exchanges");
    const last = this.#number("SELECT max(time) AS value FROM exchanges");
    return first === undefined || last === undefined ? undefined : { first, last };
  }

  /** A line of the list; undefined where it was removed meanwhile. */
  item(id: number): ListItem | undefined {
    const row = this.#findItem.get(id);
    return row === undefined ? undefined : listItem(row as Columns);
  }

  /** Whether there are rows whose columns do not say all. */
  get hasImprecise(): boolean {
    return this.#findImprecise.get() !== undefined;
  }

  /** Whether a row matches: by SQL where that says all, else by the filter. */
  matches(prepared: PreparedFilter, row: RowPlace): boolean {
    return isDecided(prepared, row.flags) || this.#matcher.matches(prepared, this.#bytesOf(row), row.id);
  }

  /** The document of a row; undefined where it was removed meanwhile. */
  document(row: RowPlace): string | undefined {
    return this.#bytesOf(row).toString() || undefined;
  }

  #bytesOf({ block, place }: RowPlace): Buffer {
    let unpacked = this.#blocks.get(block);
    if (unpacked === undefined) {
      const row = this.#findBlock.get(block);
      if (row === undefined) return NOTHING;
      unpacked = new Block(unpackBlock(row["data"] as Uint8Array));
      if (this.#blocks.size >= MAX_BLOCKS) this.#blocks.delete(this.#blocks.keys().next().value!);
      this.#blocks.set(block, unpacked);
    }
    return unpacked.at(place);
  }

  close(): void {
    this.database.close();
  }

  #number(sql: string): number | undefined {
    return (this.database.prepare(sql).get() as { value: number | null }).value ?? undefined;
  }
}

const NOTHING = Buffer.alloc(0);

/** Where the document of a row is. */
export interface RowPlace {
  readonly id: number;
  readonly block: number;
  readonly place: number;
  readonly flags: number;
}
