import { formatError } from "../../../model/index.ts";
import type { StoreBatch } from "../exchange-store.ts";
import { FolderLock } from "./folder-lock.ts";
import { Segment, type SegmentBatch, type SenderPosition } from "./segment.ts";
import { segmentBatch } from "./segment-batch.ts";
import {
  bytesOf,
  listSegments,
  makeStoreFolder,
  removeSegment,
  type SegmentFile,
  segmentPath,
} from "./segment-folder.ts";

export interface RetentionOptions {
  /** Milliseconds after which a segment goes, counted from when its last exchange came. */
  readonly keepMillis: number;
  /** Bytes that all segments may take together; the oldest goes first. */
  readonly maxBytes: number;
}

export interface WriterOptions extends RetentionOptions {
  readonly folder: string;
  /** Bytes after which the next segment begins. Default 256 MiB, and at most a sixteenth of `maxBytes`. */
  readonly segmentBytes?: number;
}

const SEGMENT_BYTES = 256 * 1024 * 1024;
const LEAST_SEGMENT_BYTES = 1024 * 1024;
/** A segment is as long as this part of the time that is kept. */
const SEGMENTS_OF_TIME = 24;
/** Removed segments that are told of one by one. */
const MAX_PROBLEMS = 100;
/** Batches between two looks at how much the segment has grown. */
const LOOK_EVERY = 16;
/** Senders that were not heard of for so long are forgotten with the segment. */
const SENDER_MILLIS = 7 * 24 * 3600 * 1000;

/** Writes the segments of a folder, one after the other, and lets go of the oldest. Nothing but this writes there: it holds the folder. */
export class StoreWriter {
  readonly #options: WriterOptions;
  readonly #segmentBytes: number;
  readonly #lock: FolderLock;
  #segment: Segment;
  #nextId = 1;
  #begun: number;
  #batches = 0;
  readonly #arrivals = new Map<number, number>();
  /** Faults of segments that were there, and segments that somebody removed: `MAX_PROBLEMS` of these at most. */
  readonly problems: string[] = [];
  /** Segments that were removed by retention. */
  removed = 0;

  /** @param now milliseconds since the epoch @throws TaplineError */
  constructor(options: WriterOptions, now: number) {
    this.#options = options;
    this.#segmentBytes =
      options.segmentBytes ?? Math.max(LEAST_SEGMENT_BYTES, Math.min(SEGMENT_BYTES, options.maxBytes / 16));
    makeStoreFolder(options.folder);
    this.#lock = new FolderLock(options.folder);
    const files = listSegments(options.folder);
    // Also the older ones are brought to this version, so that whoever reads need not.
    for (const file of files) this.#look(file, now);
    const last = files.findLast(({ number }) => this.#arrivals.has(number));
    const newest = files.at(-1)?.number ?? 0;
    // A segment that is damaged is read as far as it goes, and no longer written to.
    const number = last !== undefined && last.number === newest ? newest : newest + 1;
    this.#segment = new Segment({ number, path: segmentPath(options.folder, number) });
    if (number !== last?.number) this.#segment.begin(this.#nextId, []);
    this.#arrivals.set(number, now);
    this.#begun = now;
  }

  /** Writes a batch and gives the number of its first exchange: it is on disk then. @throws TaplineError `output` */
  write(batch: StoreBatch, now: number): number {
    return this.writePacked(segmentBatch(batch), now);
  }

  /** The same, of one that came from another thread. */
  writePacked(batch: SegmentBatch & Pick<StoreBatch, "uncounted">, now: number): number {
    if (!this.#segment.isInPlace) this.#replace(now);
    else if (this.#isFull(now)) this.#roll(now);
    const first = this.#nextId;
    this.#segment.write(batch, first);
    this.#nextId += batch.rows.length;
    if (batch.uncounted !== undefined && batch.uncounted.length > 0) this.#uncount(batch.uncounted);
    this.#arrivals.set(this.#segment.file.number, now);
    if (this.#batches % LOOK_EVERY === 0) this.retain(now);
    return first;
  }

  senderPosition(id: string): number | undefined {
    return this.#segment.senders.find((sender) => sender.id === id)?.sequence;
  }

  /** They are mostly of the last minute, and so of the last segments. */
  #uncount(ids: readonly number[]): void {
    this.#segment.uncount(ids);
    const least = Math.min(...ids);
    if (least >= this.#segment.firstId) return;
    const before = listSegments(this.#options.folder).at(-2);
    if (before === undefined) return;
    const segment = new Segment(before);
    segment.uncount(ids);
    segment.close();
  }

  /** Removes exchanges by their numbers. */
  remove(ids: readonly number[]): number {
    let removed = 0;
    for (const file of listSegments(this.#options.folder)) {
      if (file.number === this.#segment.file.number) {
        removed += this.#segment.remove(ids);
        continue;
      }
      const segment = new Segment(file);
      removed += segment.remove(ids);
      segment.close();
    }
    return removed;
  }

  /** Lets go of segments that are too old, or that there is no room for. */
  retain(now: number): void {
    const { folder, keepMillis, maxBytes } = this.#options;
    const old = listSegments(folder).filter(({ number }) => number !== this.#segment.file.number);
    let bytes = this.#segment.bytes + old.reduce((sum, file) => sum + bytesOf(file), 0);
    for (const file of old) {
      const age = now - (this.#arrivals.get(file.number) ?? now);
      if (bytes <= maxBytes && age <= keepMillis) continue;
      bytes -= bytesOf(file);
      removeSegment(file);
      this.#arrivals.delete(file.number);
      this.removed++;
    }
  }

  close(): void {
    this.#segment.close();
    this.#lock.close();
  }

  #look(file: SegmentFile, now: number): void {
    try {
      const segment = new Segment(file);
      this.#nextId = Math.max(this.#nextId, segment.nextId);
      this.#arrivals.set(file.number, segment.lastArrival ?? now);
      segment.close();
    } catch (error) {
      this.problems.push(formatError(error));
    }
  }

  #isFull(now: number): boolean {
    if (this.#batches++ % LOOK_EVERY !== 0) return false;
    return (
      this.#segment.bytes >= this.#segmentBytes ||
      (now - this.#begun > this.#options.keepMillis / SEGMENTS_OF_TIME && this.#segment.lastArrival !== undefined)
    );
  }

  /** Somebody has removed the file, or all of them: what was in it is gone, and what comes goes into another one. */
  #replace(now: number): void {
    const { folder } = this.#options;
    if (this.problems.length < MAX_PROBLEMS)
      this.problems.push(`${this.#segment.file.path}: it was removed while it was written to; another one was begun`);
    makeStoreFolder(folder);
    this.#arrivals.delete(this.#segment.file.number);
    this.#roll(now);
  }

  /** The next segment takes over how far senders have come: the old one may go before they are heard of again. */
  #roll(now: number): void {
    const { file, senders } = this.#segment;
    const number = file.number + 1;
    const next = new Segment({ number, path: segmentPath(this.#options.folder, number) });
    const current: SenderPosition[] = senders.filter(({ seen }) => now - seen < SENDER_MILLIS);
    next.begin(this.#nextId, current);
    this.#segment.close();
    this.#segment = next;
    this.#begun = now;
  }
}
