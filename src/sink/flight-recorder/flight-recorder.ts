import { extname } from "node:path";
import type { Filter } from "../../analysis/filter/index.ts";
import type { PipelineOutput } from "../../analysis/pipeline/flow-pipeline.ts";
import { exchangeLine, rowOf } from "../../analysis/protocols/index.ts";
import {
  CLOSED,
  deadlineIn,
  type Exchange,
  type FlowEvent,
  type Ledger,
  type LedgerBook,
  type LedgerReason,
  type MemoryBudget,
  type Submission,
  settlesBy,
} from "../../model/index.ts";
import { flowLine } from "../../wire/ndjson/index.ts";
import { removePartial } from "../capture-file/output-file.ts";
import { WorkerThread } from "../worker-thread.ts";
import { type KeepLimits, KeptDocuments } from "./kept-documents.ts";
import type { DumpJob, DumpResult } from "./write-dump.ts";

export interface FlightRecorderOptions {
  readonly keep: KeepLimits;
  /** A match asks for a dump. It sees what is kept: redacted, as all outputs get it. */
  readonly trigger?: Filter | undefined;
  /** Gets the time before its extension: no dump replaces another. */
  readonly path: string;
  /** A name of `WRITABLE_FORMATS`. */
  readonly format: string;
  /** How long after a match what comes is waited for. */
  readonly afterMillis: number;
  /** No sooner after a dump is there another for a match. */
  readonly everyMillis: number;
  /** So many dumps at most, those that were asked for by name too. */
  readonly maxDumps: number;
  readonly ledger: Ledger;
  /** Charged with what is held, and with what a dump has of what was forgotten meanwhile: `mostHeld` of the limit. */
  readonly budget: MemoryBudget;
  /** Tells of each dump. */
  readonly tell: (text: string) => void;
  /** Milliseconds of a clock that only goes forward; default performance.now. */
  readonly now?: () => number;
}

/** A dump that was written, or why there is none. */
export interface Dump {
  readonly file?: string;
  readonly documents?: number;
  /** How far back it goes. */
  readonly millis?: number;
  readonly problem?: string;
}

/**
 * Keeps the newest exchanges and flows in bounded memory, and writes them to a file of their own when one matches, or when it is asked:
 * what was before, and what came after. Nothing waits for it: files are written by a thread.
 *
 * Books: `kept` (`KeptDocuments`); `dumps`: reasons to write one, dropped by `rate-limit`, `dump-limit`, `write-failed` or `closed`.
 */
export class FlightRecorder {
  readonly output: PipelineOutput;
  readonly #options: FlightRecorderOptions;
  readonly #kept: KeptDocuments;
  readonly #book: LedgerBook;
  readonly #dumps: LedgerBook;
  readonly #now: () => number;
  readonly #thread = new WorkerThread<DumpResult>(new URL("./dump-worker", import.meta.url), "dump");
  /** 1 once it closes: what is written then does not rest any more. */
  readonly #hurry = new Int32Array(new SharedArrayBuffer(4));
  #timer: NodeJS.Timeout | undefined;
  /** Why the next one is written, and for how many. */
  #asked: { readonly why: string; reasons: number } | undefined;
  #running: Promise<Dump> | undefined;
  #newest: Dump | undefined;
  /** The last one's. */
  #file = "";
  #named = 0;
  #written = 0;
  #last = Number.NEGATIVE_INFINITY;
  /** Matches that had no dump since the last one. */
  #passedOver = 0;
  #isClosed = false;

  constructor(options: FlightRecorderOptions) {
    const { keep, ledger, budget, now = () => performance.now() } = options;
    this.#options = options;
    this.#now = now;
    this.#book = ledger.book("kept");
    this.#kept = new KeptDocuments(keep, this.#book, budget, now);
    this.#dumps = ledger.book("dumps");
    const rest = {
      whenReady: async () => {},
      flush: async () => {},
      close: (deadline: number) => this.#close(deadline),
    };
    this.output = {
      exchanges: { submit: (exchange) => this.#takeExchange(exchange), ...rest },
      flows: { submit: (event) => this.#takeFlow(event), ...rest },
      showsBodies: true,
    };
  }

  /** Writes what is kept now. Where one is being written, the next begins behind it. Never rejects. @param why for who reads of it */
  async dump(why: string): Promise<Dump> {
    this.#dumps.enter(1);
    if (this.#isClosed) {
      this.#dumps.settleDropped(CLOSED.dropped, 1);
      return { problem: "nothing is kept any more: the process ends" };
    }
    if (this.#asked === undefined) this.#asked = { why, reasons: 1 };
    else this.#asked.reasons++;
    return this.#writeNext();
  }

  #takeExchange(exchange: Exchange): Submission {
    const submission = this.#take(exchangeLine(exchange));
    // One that is larger than all that may be kept is a reason all the same.
    if (!this.#isClosed && this.#options.trigger?.matches("exchange", exchange) === true)
      this.#match(() => rowOf(exchange).operation(exchange));
    return submission;
  }

  #takeFlow(event: FlowEvent): Submission {
    const submission = this.#take(flowLine(event));
    if (!this.#isClosed && this.#options.trigger?.matches("flow", event) === true)
      this.#match(() => `a flow: ${event.kind}`);
    return submission;
  }

  #take(line: string): Submission {
    if (this.#isClosed) {
      this.#book.enter(1);
      this.#book.settleDropped(CLOSED.dropped, 1);
      return CLOSED;
    }
    return this.#kept.add(line) ? "taken" : { dropped: "keep-limit" };
  }

  #match(describe: () => string): void {
    const { afterMillis, everyMillis, maxDumps } = this.#options;
    this.#dumps.enter(1);
    if (this.#asked !== undefined) this.#asked.reasons++;
    else if (this.#written >= maxDumps) this.#passOver("dump-limit");
    else if (this.#now() - this.#last < everyMillis) this.#passOver("rate-limit");
    else {
      this.#asked = { why: describe(), reasons: 1 };
      this.#timer = setTimeout(() => void this.#writeNext(), afterMillis);
      this.#timer.unref();
    }
  }

  #passOver(reason: LedgerReason): void {
    this.#passedOver++;
    this.#dumps.settleDropped(reason, 1);
  }

  async #writeNext(): Promise<Dump> {
    while (this.#running !== undefined) await this.#running;
    // Another that waited may have written it.
    return this.#asked === undefined ? this.#newest! : this.#write();
  }

  #write(): Promise<Dump> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const { why, reasons } = this.#asked!;
    this.#asked = undefined;
    this.#last = this.#now();
    this.#running = this.#writeNow(why, reasons).then((dump) => {
      this.#newest = dump;
      this.#running = undefined;
      return dump;
    });
    return this.#running;
  }

  async #writeNow(why: string, reasons: number): Promise<Dump> {
    const { format, maxDumps, tell } = this.#options;
    if (this.#written >= maxDumps) {
      this.#dumps.settleDropped("dump-limit", reasons);
      return { problem: `${maxDumps} dumps have been written, which is the limit` };
    }
    const file = this.#nameFile();
    this.#file = file;
    const { chunks, millis } = this.#kept.lend();
    const job: DumpJob = { path: file, format, chunks: chunks.map(({ bytes }) => bytes), hurry: this.#hurry };
    const result = await new Promise<DumpResult | undefined>((resolve) => this.#thread.ask(job, resolve));
    const problem = result === undefined ? "the thread that writes it ended" : result.problem;
    this.#kept.release(chunks, problem === undefined);
    if (problem !== undefined) {
      this.#dumps.settleDropped("write-failed", reasons);
      tell(`no dump (${why}): ${problem}`);
      return { problem };
    }
    this.#written++;
    this.#dumps.settleHandled(reasons);
    const documents = chunks.reduce((all, { count }) => all + count, 0);
    tell(this.#describe({ file, documents, millis }, why, result!.leftOut));
    return { file, documents, millis };
  }

  #describe({ file, documents, millis }: Dump, why: string, leftOut: DumpResult["leftOut"]): string {
    const missing = Object.entries(leftOut).map(([reason, count]) => `${count} left out: ${reason}`);
    const passedOver = this.#passedOver === 0 ? [] : [`matches since the last dump without one: ${this.#passedOver}`];
    this.#passedOver = 0;
    const notes = [why, ...missing, ...passedOver].join("; ");
    return `kept in the last ${Math.ceil(millis! / 1000)} s: ${documents}, written to ${file} (${notes})`;
  }

  /** In UTC, as files are sorted by their names; no two are of one millisecond. */
  #nameFile(): string {
    const { path } = this.#options;
    const extension = extname(path);
    this.#named = Math.max(Date.now(), this.#named + 1);
    const time = new Date(this.#named).toISOString().replaceAll(/[-:]/g, "");
    return `${path.slice(0, path.length - extension.length)}-${time}${extension}`;
  }

  async #close(deadline: number): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    Atomics.store(this.#hurry, 0, 1);
    // Less has come after it than was asked for: it is written all the same.
    const last = this.#asked === undefined ? this.#running : this.#writeNext();
    const isWritten = last === undefined || (await settlesBy(last, Math.max(deadline, deadlineIn(CLOSE_MILLIS))));
    await this.#thread.close();
    await last;
    if (!isWritten) removePartial(this.#file);
    this.#kept.clear();
  }
}

/** A dump is what somebody waits for: it has so long at least. */
const CLOSE_MILLIS = 30_000;
