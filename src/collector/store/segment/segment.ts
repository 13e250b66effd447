import { DatabaseSync, type StatementSync } from "node:sqlite";
import { TaplineError } from "../../../model/index.ts";
import { RECORD_COLUMNS, type StoredValue } from "../record/columns.ts";
import { isCounted, summedColumns } from "../record/exchange-record.ts";
import { countOfBlock, packBlock, unpackBlock } from "./block-codec.ts";
import { PackedDocuments } from "./packed-documents.ts";
import { Rollups, SUMMED_ROUTE_SQL, type SummedColumns } from "./rollups.ts";
import { bytesOf, inodeOf, makePrivate, type SegmentFile } from "./segment-folder.ts";
import { migrate } from "./segment-schema.ts";

/** A flow as it is stored. */
export interface FlowRecord {
  /** Microseconds since the epoch. */
  readonly time: number;
  readonly kind: string;
  readonly summary: string;
  /** JSON. */
  readonly document: string;
}

/** How far what a sender numbered has come. */
export interface SenderPosition {
  readonly id: string;
  /** The last number that is kept. */
  readonly sequence: number;
  /** Milliseconds since the epoch. */
  readonly seen: number;
}

export interface SegmentBatch {
  /** The values of each exchange, in the order of `RECORD_COLUMNS`. */
  readonly rows: readonly (readonly StoredValue[])[];
  readonly documents: PackedDocuments;
  readonly flows: readonly FlowRecord[];
  readonly senders: readonly SenderPosition[];
}

/** SQLite's result code for a full disk. */
const FULL = 13;

/** Memory for pages of one segment, in KiB. */
const CACHE_KIBIBYTES = 16 * 1024;

/** One segment that is written to: everything of a batch is in it, or nothing. */
export class Segment {
  readonly file: SegmentFile;
  readonly #database: DatabaseSync;
  readonly #insert: StatementSync;
  readonly #insertBlock: StatementSync;
  readonly #insertFlow: StatementSync;
  readonly #setSender: StatementSync;
  readonly #rollups: Rollups;
  #lastBlock: number;
  readonly #inode: bigint | undefined;

  /** Makes it where it is not there, brings it to this version where it is older. @throws TaplineError */
  constructor(file: SegmentFile) {
    this.file = file;
    this.#database = openSegment(file);
    this.#inode = inodeOf(file.path);
    const names = ["id", "block", "place", ...RECORD_COLUMNS];
    this.#insert = this.#database.prepare(
      `INSERT INTO exchanges (${names.join(", ")}) VALUES (${names.map(() => "?").join(", ")})`,
    );
    this.#insertBlock = this.#database.prepare("INSERT INTO blocks (id, data) VALUES (?, ?)");
    this.#insertFlow = this.#database.prepare("INSERT INTO flows (time, kind, summary, document) VALUES (?, ?, ?, ?)");
    this.#setSender = this.#database.prepare("INSERT OR REPLACE INTO senders (id, sequence, seen) VALUES (?, ?, ?)");
    this.#rollups = new Rollups(this.#database);
    this.#lastBlock = this.#number("SELECT max(id) AS value FROM blocks") ?? 0;
  }

  /** The number that the next exchange gets, as far as this segment knows. */
  get nextId(): number {
    const last = this.#number("SELECT max(id) AS value FROM exchanges");
    const first = this.#number("SELECT max(value) AS value FROM facts WHERE name = 'first-id'");
    return Math.max((last ?? 0) + 1, first ?? 1);
  }

  /** The number of its first exchange, as far as it has one. */
  get firstId(): number {
    return this.#number("SELECT min(id) AS value FROM exchanges") ?? this.nextId;
  }

  /** When the last exchange came, in milliseconds since the epoch. */
  get lastArrival(): number | undefined {
    return this.#number("SELECT max(arrived) AS value FROM (SELECT arrived FROM exchanges ORDER BY id DESC LIMIT 1)");
  }

  /** Whether its file still is where it was made: SQLite writes on to one that was removed, and whoever looks for it finds nothing. */
  get isInPlace(): boolean {
    return inodeOf(this.file.path) === this.#inode;
  }

  /** Bytes on disk. */
  get bytes(): number {
    return bytesOf(this.file);
  }

  get senders(): SenderPosition[] {
    return this.#database.prepare("SELECT id, sequence, seen FROM senders").all() as unknown as SenderPosition[];
  }

  /**
   * Writes a batch; when it returns, the batch is on disk.
   * @param firstId the number of the first of its exchanges
   * @throws TaplineError `output`: nothing of it was written
   */
  write(batch: SegmentBatch, firstId: number): void {
    this.#transact(() => {
      this.#writeExchanges(batch, firstId);
      for (const { time, kind, summary, document } of batch.flows) this.#insertFlow.run(time, kind, summary, document);
      for (const { id, sequence, seen } of batch.senders) this.#setSender.run(id, sequence, seen);
      this.#rollups.write();
    });
  }

  /** Takes over from the segment before: where numbers go on, and how far senders have come. */
  begin(firstId: number, senders: readonly SenderPosition[]): void {
    this.#transact(() => {
      this.#database.prepare("INSERT OR REPLACE INTO facts VALUES ('first-id', ?)").run(firstId);
      for (const { id, sequence, seen } of senders) this.#setSender.run(id, sequence, seen);
    });
  }

  /** Takes exchanges out of the sums, since other views of their requests are counted. */
  uncount(ids: readonly number[]): void {
    const find = this.#database.prepare(
      `SELECT time, service, method, ${SUMMED_ROUTE_SQL} AS route, outcome, request_size, response_size, duration
       FROM exchanges WHERE id = ? AND counted = 1`,
    );
    const mark = this.#database.prepare("UPDATE exchanges SET counted = 0 WHERE id = ?");
    this.#transact(() => {
      for (const id of ids) {
        const row = find.get(id);
        if (row === undefined) continue;
        mark.run(id);
        this.#rollups.spoil(row as unknown as SummedColumns);
      }
      this.#rollups.mend(this.#database);
      this.#rollups.write();
    });
  }

  /** Removes exchanges, their documents and what they added to the sums; gives how many there were. */
  remove(ids: readonly number[]): number {
    const find = this.#database.prepare("SELECT block, place FROM exchanges WHERE id = ?");
    const remove = this.#database.prepare("DELETE FROM exchanges WHERE id = ?");
    const places = new Map<number, Set<number>>();
    this.#database.exec("PRAGMA secure_delete = ON");
    let removed = 0;
    this.#transact(() => {
      for (const id of ids) {
        const found = find.get(id) as { block: number; place: number } | undefined;
        if (found === undefined) continue;
        places.set(found.block, (places.get(found.block) ?? new Set()).add(found.place));
        removed += Number(remove.run(id).changes);
      }
      for (const [block, gone] of places) this.#blank(block, gone);
      if (removed > 0) this.#rollups.rebuild(this.#database);
    });
    return removed;
  }

  close(): void {
    try {
      this.#database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    } catch {
      // A full disk, or a reader: what is in the log is read from there.
    }
    this.#database.close();
  }

  #writeExchanges({ rows, documents }: SegmentBatch, firstId: number): void {
    for (let from = 0; from < rows.length; ) {
      const count = countOfBlock(documents, from);
      const block = ++this.#lastBlock;
      this.#insertBlock.run(block, packBlock(documents.slice(from, count)));
      for (let place = 0; place < count; place++) {
        const values = rows[from + place]!;
        this.#insert.run(firstId + from + place, block, place, ...values);
        if (isCounted({ values })) this.#rollups.add(summedColumns({ values }));
      }
      from += count;
    }
  }

  /** Writes a block again without some of its documents. */
  #blank(block: number, gone: ReadonlySet<number>): void {
    const { data } = this.#database.prepare("SELECT data FROM blocks WHERE id = ?").get(block) as { data: Uint8Array };
    const documents = unpackBlock(data).toString().split("\n");
    const rest = documents.map((document, place) => (gone.has(place) ? "" : document));
    if (rest.every((document) => document === "")) this.#database.prepare("DELETE FROM blocks WHERE id = ?").run(block);
    else
      this.#database
        .prepare("UPDATE blocks SET data = ? WHERE id = ?")
        .run(packBlock(PackedDocuments.of(rest).slice(0, rest.length)), block);
  }

  #transact(write: () => void): void {
    try {
      this.#database.exec("BEGIN IMMEDIATE");
      write();
      this.#database.exec("COMMIT");
      if (!this.isInPlace) throw new Error("its file was removed");
    } catch (cause) {
      if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
      this.#rollups.forget();
      this.#lastBlock = this.#number("SELECT max(id) AS value FROM blocks") ?? 0;
      throw outputError(cause, this.file);
    }
  }

  #number(sql: string): number | undefined {
    return (this.#database.prepare(sql).get() as { value: number | null }).value ?? undefined;
  }
}

/** Opens a segment to write. WAL with full synchronisation: what is committed is on disk. */
export function openSegment(file: SegmentFile): DatabaseSync {
  try {
    makePrivate(file.path);
    const database = new DatabaseSync(file.path);
    database.exec(
      `PRAGMA page_size = 4096; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -${CACHE_KIBIBYTES};
       PRAGMA wal_autocheckpoint = 4000; PRAGMA busy_timeout = 10000; PRAGMA temp_store = MEMORY;`,
    );
    migrate(database, file.path);
    return database;
  } catch (cause) {
    if (cause instanceof TaplineError) throw cause;
    throw outputError(cause, file);
  }
}

function outputError(cause: unknown, { path }: SegmentFile): TaplineError {
  if (cause instanceof TaplineError) return cause;
  const { errcode } = cause as { errcode?: number };
  const message = errcode === FULL ? "the disk is full" : String((cause as Error).message);
  return new TaplineError("output", `the store cannot be written: ${message}`, {
    place: { file: path },
    cause,
  });
}
