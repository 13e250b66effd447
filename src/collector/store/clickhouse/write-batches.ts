import { setTimeout as delay } from "node:timers/promises";
import type { ClickHouseSettings } from "@clickhouse/client";
import { formatError, TaplineError } from "../../../model/index.ts";
import { BatchSpool, type SpooledBatch } from "../../../sink/send/batch-spool.ts";
import type { StoreBatch } from "../exchange-store.ts";
import { ARRIVAL_COLUMNS, writeArrivals } from "./arrival-rows.ts";
import { type ClickHouseConnection, ClickHouseError } from "./clickhouse-connection.ts";
import { SUM_COLUMNS, sumsSql } from "./clickhouse-schema.ts";

export interface BatchWriterOptions {
  readonly connection: ClickHouseConnection;
  /** Where batches wait while the database cannot be written. */
  readonly folder: string;
  /** Bytes of the batches that wait there; what is beyond is refused. Default 1 GiB. */
  readonly maxBytes?: number | undefined;
  /** Names this collector among those that were there before. */
  readonly name: string;
  /** Told in a sentence when batches begin to wait, and when none does any more. */
  readonly tell?: ((text: string) => void) | undefined;
}

/** Milliseconds between two tries, at first and at most. */
const FIRST_RETRY = 500;
/** How long a batch is gathered while others wait: a disk would take hundreds of small ones a second, and no database brings so many in. */
const GATHER_MILLIS = 200;
const LAST_RETRY = 30_000;

/**
 * Brings batches into the database, each once: a batch has a token that the database remembers, so that it may be sent again where nobody
 * knows what became of it. While the database cannot be written they wait on this machine's disk, in their order, also over an end of the
 * collector; a batch is written when it is in either.
 */
export class BatchWriter {
  readonly #connection: ClickHouseConnection;
  readonly #folder: string;
  readonly #tell: (text: string) => void;
  readonly #spool: BatchSpool;
  readonly #waiting: SpooledBatch[];
  /** How far senders have come in what waits. */
  readonly #positions = new Map<string, number>();
  #sequence: bigint;
  /** Exchanges and flows of batches that were put aside. */
  #lost = 0;
  #problem: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #retry = FIRST_RETRY;
  #draining: Promise<void> | undefined;
  #isClosed = false;

  /** @throws TaplineError where the folder cannot be used */
  constructor({ connection, folder, maxBytes, name, tell = () => {} }: BatchWriterOptions) {
    this.#connection = connection;
    this.#folder = folder;
    this.#tell = tell;
    this.#spool = new BatchSpool(folder, name, maxBytes);
    this.#waiting = [...this.#spool.left];
    this.#sequence = this.#spool.left.at(-1)?.sequence ?? 0n;
    for (const batch of [...this.#waiting])
      try {
        this.#notePositions(new TextDecoder().decode(this.#spool.load(batch)));
      } catch {
        // Whoever brings it in tells of it.
      }
    if (this.#waiting.length > 0) this.#schedule(0);
  }

  /** Resolves when the batch is on disk, here or there. @throws TaplineError `output`: nothing of it is kept */
  async write(batch: StoreBatch, firstId: number, now: number): Promise<void> {
    const sequence = ++this.#sequence;
    const lines = writeArrivals(batch, this.#tokenOf(sequence), firstId, now);
    if (this.#waiting.length > 0) await delay(GATHER_MILLIS);
    if (this.#waiting.length === 0)
      try {
        await this.#insert(sequence, lines, batch.uncounted !== undefined && batch.uncounted.length > 0);
        this.#problem = undefined;
        return;
      } catch (error) {
        // The next try would end as this one: whoever sent it must know.
        if (error instanceof ClickHouseError && error.isLasting) throw error;
        this.#problem = formatError(error);
      }
    this.#spill(sequence, batch, lines);
  }

  /** The last number of a sender that waits here. */
  position(sender: string): number | undefined {
    return this.#positions.get(sender);
  }

  get waitingBytes(): number {
    return this.#waiting.reduce((sum, batch) => sum + batch.bytes, 0);
  }

  /** Batches that wait, and why. */
  get problems(): string[] {
    const lost = this.#lost === 0 ? [] : [`${this.#lost} exchanges and flows that waited in ${this.#folder} are lost`];
    if (this.#waiting.length === 0) return lost;
    const what = `${this.#waiting.length} batches (${this.waitingBytes} bytes) wait on this machine for the database`;
    return [...lost, `${what}: ${this.#problem ?? "it is tried again"}`];
  }

  /** Leaves to the next one what waits. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#draining;
    if (this.#waiting.length > 0)
      this.#tell(
        `${this.#waiting.length} batches wait in ${this.#folder}: the next collector with this folder brings them in`,
      );
    this.#spool.close();
  }

  #spill(sequence: bigint, batch: StoreBatch, lines: string): void {
    const content = new TextEncoder().encode(lines);
    const documents = batch.exchanges.length + batch.flows.length;
    const spooled = { sequence, documents, bytes: content.length };
    if (!this.#spool.store(spooled, content))
      throw new TaplineError(
        "output",
        `${this.#problem ?? "the database cannot be written"}; and there is no room to wait for it`,
      );
    if (this.#waiting.length === 0) this.#tell(`${this.#problem}; what comes waits in ${this.#folder}`);
    this.#waiting.push(spooled);
    for (const { id, sequence: position } of batch.senders) this.#notePosition(id, position);
    this.#schedule(this.#retry);
  }

  #schedule(millis: number): void {
    if (this.#isClosed || this.#timer !== undefined || this.#draining !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#draining = this.#drain().finally(() => {
        this.#draining = undefined;
        if (this.#waiting.length > 0) this.#schedule(this.#retry);
      });
    }, millis);
  }

  async #drain(): Promise<void> {
    let drained = 0;
    for (let batch = this.#waiting[0]; batch !== undefined && !this.#isClosed; batch = this.#waiting[0])
      try {
        await this.#insert(batch.sequence, new TextDecoder().decode(this.#spool.load(batch)), true);
        this.#waiting.shift();
        this.#spool.remove(batch);
        drained++;
        this.#retry = FIRST_RETRY;
      } catch (error) {
        if (!(error instanceof ClickHouseError) || error.isOfRows) {
          this.#putAside(batch, error);
          continue;
        }
        this.#problem = formatError(error);
        this.#retry = Math.min(LAST_RETRY, 2 * this.#retry);
        return;
      }
    if (this.#waiting.length > 0) return;
    this.#positions.clear();
    if (drained > 0) this.#tell(`${drained} batches that waited are in the database now`);
  }

  /** A batch that this disk or the database will never take must not hold up those behind it. */
  #putAside(batch: SpooledBatch, error: unknown): void {
    this.#waiting.shift();
    this.#spool.putAside(batch);
    this.#lost += batch.documents;
    this.#tell(`${batch.documents} exchanges and flows that waited in ${this.#folder} are lost: ${formatError(error)}`);
  }

  async #insert(sequence: bigint, lines: string, uncounts: boolean): Promise<void> {
    const token = this.#tokenOf(sequence);
    await this.#connection.insert("arrivals", ARRIVAL_COLUMNS, lines, { ...ONCE, insert_deduplication_token: token });
    if (!uncounts) return;
    // Exchanges that counted when they were summed up count no longer: they are taken off again.
    await this.#connection.command(
      `INSERT INTO rollups (${SUM_COLUMNS.join(", ")}) SELECT ${sumsSql(-1, "toUnixTimestamp64Micro(at)")} FROM exchanges
       WHERE counted = 1 AND id IN (SELECT id FROM uncounted WHERE batch = ?) GROUP BY minute, service, method, route ORDER BY ALL`,
      [token],
      { ...ONCE, insert_deduplication_token: `${token}-sums` },
    );
  }

  #tokenOf(sequence: bigint): string {
    return `${this.#spool.sender}-${sequence}`;
  }

  #notePositions(lines: string): void {
    for (const line of lines.split("\n")) {
      if (!line.startsWith('["sender"')) continue;
      const values = JSON.parse(line) as unknown[];
      this.#notePosition(
        String(values[ARRIVAL_COLUMNS.indexOf("name")]),
        Number(values[ARRIVAL_COLUMNS.indexOf("sequence")]),
      );
    }
  }

  #notePosition(id: string, sequence: number): void {
    this.#positions.set(id, Math.max(sequence, this.#positions.get(id) ?? 0));
  }
}

/** A batch is one block of each table: it is there as a whole, and known again when it comes a second time. */
const ONCE: ClickHouseSettings = {
  async_insert: 0,
  insert_deduplicate: 1,
  deduplicate_blocks_in_dependent_materialized_views: 1,
  input_format_parallel_parsing: 0,
  max_insert_block_size: "10000000",
};
