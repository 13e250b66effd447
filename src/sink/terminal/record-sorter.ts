import { randomBytes } from "node:crypto";
import { closeSync, openSync, readSync, unlinkSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeWriteError, type MemoryBudget, TaplineError } from "../../model/index.ts";

/** By the numbers in turn, the smallest first. */
export type SortKey = readonly number[];

/**
 * Texts in the order of their keys, of equal ones in that in which they came. Within its budget they are kept in memory; what is more goes
 * to temporary files, each in order, which are merged when they are read.
 */
export class RecordSorter {
  readonly #budget: MemoryBudget;
  #records: Keyed[] = [];
  #reserved = 0;
  readonly #runs: Run[] = [];

  constructor(budget: MemoryBudget) {
    this.#budget = budget;
  }

  /** How many times what was in memory went to a file. */
  get spills(): number {
    return this.#runs.length;
  }

  /** @throws TaplineError (`output`) where a file cannot be written */
  add(key: SortKey, text: string): void {
    const bytes = text.length * 2 + OVERHEAD_BYTES;
    if (!this.#budget.tryReserve(bytes)) {
      if (this.#records.length > 0) this.#spill();
      // One that is larger than all the memory goes to a file by itself.
      if (!this.#budget.tryReserve(bytes)) {
        this.#runs.push(new Run([{ key, text }]));
        return;
      }
    }
    this.#reserved += bytes;
    this.#records.push({ key, text });
  }

  /** All of them, once. */
  *read(): Generator<Keyed> {
    try {
      this.#records.sort(compare);
      yield* merge([...this.#runs.map((run) => run.read()), this.#records[Symbol.iterator]()]);
    } finally {
      this.close();
    }
  }

  /** Forgets what is left. */
  close(): void {
    this.#records = [];
    this.#budget.release(this.#reserved);
    this.#reserved = 0;
    for (const run of this.#runs.splice(0)) run.remove();
  }

  #spill(): void {
    this.#records.sort(compare);
    this.#runs.push(new Run(this.#records));
    this.#records = [];
    this.#budget.release(this.#reserved);
    this.#reserved = 0;
    if (this.#runs.length >= MAX_RUNS) this.#mergeRuns();
  }

  /** One of many: as many files are open as there are runs. */
  #mergeRuns(): void {
    const merged = new Run(merge(this.#runs.map((run) => run.read())));
    for (const run of this.#runs.splice(0, this.#runs.length, merged)) run.remove();
  }
}

/** Equal ones in the order of their sources. */
function* merge(sources: readonly Iterator<Keyed>[]): Generator<Keyed> {
  const heads = sources.map((source) => source.next().value as Keyed | undefined);
  for (;;) {
    let least = -1;
    for (let i = 0; i < heads.length; i++)
      if (heads[i] !== undefined && (least < 0 || compare(heads[i]!, heads[least]!) < 0)) least = i;
    if (least < 0) return;
    yield heads[least]!;
    heads[least] = sources[least]!.next().value as Keyed | undefined;
  }
}

export interface Keyed {
  readonly key: SortKey;
  readonly text: string;
}

function compare(a: Keyed, b: Keyed): number {
  for (let i = 0; i < a.key.length; i++) if (a.key[i] !== b.key[i]) return a.key[i]! - b.key[i]!;
  return 0;
}

/** Memory of a record beside its text. */
const OVERHEAD_BYTES = 128;
const MAX_RUNS = 64;

/** Records in a file of their own, a line of JSON each. */
class Run {
  readonly #path = join(tmpdir(), `tapline-${randomBytes(8).toString("hex")}.sort`);
  readonly #descriptor: number;

  constructor(records: Iterable<Keyed>) {
    this.#descriptor = this.#attempt(() => openSync(this.#path, "wx+", 0o600));
    try {
      this.#writeAll(records);
    } catch (error) {
      this.remove();
      throw error;
    }
  }

  *read(): Generator<Keyed> {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
    let rest: Buffer[] = [];
    for (let position = 0; ; ) {
      const size = readSync(this.#descriptor, chunk, 0, chunk.length, position);
      if (size === 0) return;
      position += size;
      let start = 0;
      for (let end = chunk.indexOf(0x0a); end >= 0 && end < size; end = chunk.indexOf(0x0a, start)) {
        rest.push(chunk.subarray(start, end));
        const [key, text] = JSON.parse(Buffer.concat(rest).toString()) as [SortKey, string];
        rest = [];
        start = end + 1;
        yield { key, text };
      }
      rest.push(Buffer.from(chunk.subarray(start, size)));
    }
  }

  remove(): void {
    closeSync(this.#descriptor);
    unlinkSync(this.#path);
  }

  #writeAll(records: Iterable<Keyed>): void {
    let text = "";
    for (const { key, text: record } of records) {
      text += `${JSON.stringify([key, record])}\n`;
      if (text.length < CHUNK_BYTES) continue;
      this.#write(text);
      text = "";
    }
    this.#write(text);
  }

  #write(text: string): void {
    const bytes = Buffer.from(text);
    this.#attempt(() => {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#descriptor, bytes, at);
    });
  }

  #attempt<Result>(action: () => Result): Result {
    try {
      return action();
    } catch (cause) {
      throw new TaplineError("output", describeWriteError(cause), {
        place: { file: this.#path },
        hint: "what is sorted is kept there: TMPDIR names another folder, --memory more memory",
        cause,
      });
    }
  }
}

const CHUNK_BYTES = 64 * 1024;
