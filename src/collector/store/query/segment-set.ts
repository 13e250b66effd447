import { existsSync } from "node:fs";
import { formatError } from "../../../model/index.ts";
import type { TimeRange } from "../exchange-store.ts";
import { listSegments } from "../segment/segment-folder.ts";
import { SegmentReader } from "./segment-reader.ts";

/** Segments that are open to be read at once; the one that was not asked for the longest is closed. */
const MAX_OPEN = 64;
const MAX_PROBLEMS = 100;

/** The segments of a folder, opened as they are needed. */
export class SegmentSet {
  readonly #folder: string;
  readonly #look: () => void;
  readonly #open = new Map<number, SegmentReader>();
  /** Segments that could not be read, and why. */
  readonly problems = new Map<string, string>();

  constructor(folder: string, look: () => void) {
    this.#folder = folder;
    this.#look = look;
  }

  /** Those that have exchanges in a range, the last event first. */
  within({ from, to }: TimeRange): { segment: SegmentReader; last: number }[] {
    const found: { segment: SegmentReader; last: number }[] = [];
    for (const segment of this.all()) {
      const times = this.guard(segment, () => segment.times);
      if (times === undefined || (from !== undefined && times.last < from) || (to !== undefined && times.first >= to))
        continue;
      found.push({ segment, last: times.last });
    }
    return found.sort((a, b) => b.last - a.last);
  }

  /** In the order of arrival. */
  all(): SegmentReader[] {
    const files = listSegments(this.#folder);
    const numbers = new Set(files.map(({ number }) => number));
    for (const [number, segment] of this.#open) if (!numbers.has(number)) this.#close(segment);
    const segments: SegmentReader[] = [];
    for (const file of files) {
      const known = this.#open.get(file.number);
      if (known !== undefined) {
        segments.push(known);
        continue;
      }
      try {
        const segment = new SegmentReader(file, this.#look);
        this.#open.set(file.number, segment);
        segments.push(segment);
      } catch (error) {
        this.#problem(file.path, error);
      }
    }
    this.#trim(segments);
    return segments;
  }

  /** Runs something with a segment; one that is damaged gives nothing, and is told of. */
  guard<T>(segment: SegmentReader, run: () => T): T | undefined {
    try {
      return run();
    } catch (error) {
      if (!isDamage(error)) throw error;
      if (existsSync(segment.file.path)) this.#problem(segment.file.path, error);
      return undefined;
    }
  }

  close(): void {
    for (const segment of [...this.#open.values()]) this.#close(segment);
  }

  #trim(inUse: readonly SegmentReader[]): void {
    for (const segment of this.#open.values()) {
      if (this.#open.size <= Math.max(MAX_OPEN, inUse.length)) return;
      if (!inUse.includes(segment)) this.#close(segment);
    }
  }

  #close(segment: SegmentReader): void {
    this.#open.delete(segment.file.number);
    segment.close();
  }

  #problem(path: string, error: unknown): void {
    if (this.problems.size < MAX_PROBLEMS) this.problems.set(path, formatError(error));
  }
}

/** SQLite says so of a file: it is damaged, cut, or no database. */
function isDamage(error: unknown): boolean {
  const code = (error as { errcode?: number }).errcode;
  return code !== undefined && DAMAGE.has(code & 0xff);
}

/** SQLITE_IOERR, SQLITE_CORRUPT, SQLITE_CANTOPEN, SQLITE_NOTADB. */
const DAMAGE: ReadonlySet<number> = new Set([10, 11, 14, 26]);
