import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { setTimeout } from "node:timers/promises";
import { create } from "@bufbuild/protobuf";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { exchangeLine } from "../../analysis/protocols/index.ts";
import {
  CLOSED,
  type ExchangeSink,
  type FlowSink,
  type Ledger,
  type LedgerBook,
  type MemoryBudget,
  type Submission,
  TaplineError,
  VERSION,
} from "../../model/index.ts";
import { flowLine } from "../../wire/ndjson/index.ts";
import { CollectorService, type SendRequest, SendRequestSchema } from "../../wire/send/gen/tapline/v1/send_pb.js";
import { BatchSpool } from "./batch-spool.ts";
import { cutToWhole } from "./cut-to-whole.ts";
import { Patience } from "./patience.ts";
import { clientTlsOptions, type SendTls } from "./send-tls.ts";

export interface CollectorSenderOptions {
  /** `grpc://host:port`, or `grpcs://` over TLS. */
  readonly url: string;
  /** For `grpcs://`. */
  readonly tls?: SendTls;
  readonly token: string | undefined;
  /** Books `sent`, in documents, and `spooled-batches` where an earlier run's are missing: nobody knows how many documents were in them. */
  readonly ledger: Ledger;
  /** Charged with everything that is not acknowledged. */
  readonly budget: MemoryBudget;
  /** `lossless` for sources that can wait: nothing is dropped there while the collector acknowledges something now and then. */
  readonly mode: "live" | "lossless";
  /** Milliseconds without an acknowledgement after which nobody waits for the collector any longer. Default 10 000. */
  readonly patienceMillis?: number;
  /** Says when the collector goes away, and when it is there again. */
  readonly tell?: (text: string) => void;
  /** Names the sender. Default: this host. */
  readonly name?: string;
  /** A folder (`BatchSpool`) where batches lie until they are acknowledged; absent: they wait in memory alone. */
  readonly spool?: string | undefined;
  /** Bytes of all batches in the spool. Default 1 GiB. */
  readonly spoolBytes?: number;
}

/** Documents and characters of one batch. */
const BATCH = { documents: 500, characters: 256 * 1024 };
/** Milliseconds that a batch waits for more. */
const GATHER_MILLIS = 100;
const RETRY = { first: 250, most: 10_000 };
/** Milliseconds without an acknowledgement after which a sender that is to end gives up. */
const PATIENCE_MILLIS = 10_000;
const SPOOL_PATIENCE_MILLIS = 2000;

/** Batches in the spool whose content stays in memory, too: those that are sent next. */
const KEPT_IN_MEMORY = 8;

interface Batch {
  readonly sequence: bigint;
  readonly documents: number;
  /** Absent: it lies in the spool alone. */
  content: Uint8Array | undefined;
  readonly bytes: number;
  readonly isSpooled: boolean;
  /** Documents that its file in the spool has no more. */
  lost?: number;
}

/**
 * Hands exchanges and flows to a collector, in numbered batches that are kept until they are acknowledged: a connection that breaks
 * loses nothing and doubles nothing. When the budget is used up, and the spool where there is one, more is dropped and counted. Live
 * traffic never waits for it; a source that can wait is told when half of the budget is used, and waits as long as the collector goes on.
 */
export class CollectorSender {
  readonly #options: CollectorSenderOptions;
  readonly #book: LedgerBook;
  readonly #client: ReturnType<typeof createClient<typeof CollectorService>>;
  readonly #sender: string;
  readonly #spool: BatchSpool | undefined;
  /** Not acknowledged, in their order. */
  #batches: Batch[] = [];
  /** How many of them were sent on this connection. */
  #sent = 0;
  #lines: string[] = [];
  #characters = 0;
  #sequence = 0n;
  #wake: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #isClosed = false;
  readonly #patience: Patience;
  readonly #abort = new AbortController();

  /** @throws TaplineError `usage` for a URL that is none, `output` for a spool that cannot be used */
  constructor(options: CollectorSenderOptions) {
    const match = /^grpc(s?):\/\/([^/?#]+)\/?$/.exec(options.url);
    if (match === null)
      throw new TaplineError("usage", `--send ${options.url}: grpc://HOST:PORT or grpcs://HOST:PORT is expected`, {
        hint: "tapline collector listens on grpc://127.0.0.1:11800",
      });
    this.#options = options;
    this.#book = options.ledger.book("sent");
    this.#patience = new Patience(options.patienceMillis ?? PATIENCE_MILLIS);
    this.#client = createClient(
      CollectorService,
      createGrpcTransport({ baseUrl: `http${match[1]}://${match[2]}`, nodeOptions: clientTlsOptions(options.tls) }),
    );
    const sender = `${options.name ?? hostname()}/${randomUUID()}`;
    this.#spool = options.spool === undefined ? undefined : new BatchSpool(options.spool, sender, options.spoolBytes);
    this.#sender = this.#spool?.sender ?? sender;
    for (const batch of this.#spool?.left ?? []) {
      this.#book.enter(batch.documents);
      this.#batches.push({ ...batch, content: undefined, isSpooled: true });
      this.#sequence = batch.sequence;
    }
    this.#spool?.bookMissing(options.ledger, options.tell);
    if (this.#batches.length > 0) this.#running = this.#run();
  }

  get sinks(): { readonly exchanges: ExchangeSink; readonly flows: FlowSink } {
    const rest = {
      whenReady: () => this.#whenReady(),
      flush: () => {
        this.#dispatch();
        return this.#whenReady();
      },
      close: (deadline: number) => this.close(deadline),
    };
    return {
      exchanges: { submit: (exchange) => this.#submit(exchangeLine(exchange)), ...rest },
      flows: { submit: (event) => this.#submit(flowLine(event)), ...rest },
    };
  }

  /**
   * Waits until everything is acknowledged. What is not by the deadline, or when nothing moves any more, stays in the spool; without one
   * it is dropped and counted.
   */
  async close(deadline: number): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#patience.renew();
    this.#dispatch();
    const millis = this.#spool === undefined ? undefined : SPOOL_PATIENCE_MILLIS;
    while (this.#batches.length > 0 && performance.now() < deadline && !this.#patience.isOver(millis))
      await setTimeout(20);
    this.#abort.abort();
    this.#wake?.();
    await this.#running;
    for (const batch of this.#batches.splice(0)) {
      if (batch.isSpooled) this.#settleLeft(batch);
      else this.#book.settleDropped("not-acknowledged", batch.documents);
      this.#forgetContent(batch);
    }
    this.#spool?.close();
  }

  #submit(line: string): Submission {
    this.#book.enter(1);
    if (this.#isClosed) return this.#drop(CLOSED.dropped);
    if (!this.#options.budget.tryReserve(2 * line.length)) return this.#drop("collector-slow");
    this.#lines.push(line);
    this.#characters += line.length;
    this.#running ??= this.#run();
    if (this.#lines.length >= BATCH.documents || this.#characters >= BATCH.characters) this.#dispatch();
    else this.#timer ??= globalThis.setTimeout(() => this.#dispatch(), GATHER_MILLIS);
    return this.#isBusy ? "full" : "taken";
  }

  #drop(reason: "closed" | "collector-slow"): Submission {
    this.#book.settleDropped(reason, 1);
    return { dropped: reason };
  }

  /** Whoever can wait should: so much waits for the collector, and it goes on. */
  get #isBusy(): boolean {
    const { budget, mode } = this.#options;
    return mode === "lossless" && !this.#isClosed && budget.used * 2 > budget.limit && !this.#patience.isOver();
  }

  async #whenReady(): Promise<void> {
    while (this.#isBusy) await this.#patience.wait();
  }

  /** Makes a batch of what has gathered. */
  #dispatch(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#lines.length === 0) return;
    const { budget } = this.#options;
    const content = ENCODER.encode(this.#lines.join(""));
    const batch = { sequence: ++this.#sequence, documents: this.#lines.length, bytes: content.length };
    const reserved = 2 * this.#characters;
    this.#lines = [];
    this.#characters = 0;
    const isSpooled = this.#spool?.store(batch, content) === true;
    budget.release(reserved);
    const isKept = !isSpooled || this.#batches.length - this.#sent < KEPT_IN_MEMORY;
    if (isKept) budget.reserve(content.length);
    if (this.#batches.length === 0) this.#patience.renew();
    this.#batches.push({ ...batch, content: isKept ? content : undefined, isSpooled });
    this.#wake?.();
  }

  async #run(): Promise<void> {
    let wait = RETRY.first;
    while (!this.#abort.signal.aborted) {
      const over = new AbortController();
      try {
        this.#sent = 0;
        const { token } = this.#options;
        const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
        for await (const { sequence } of this.#client.send(this.#requests(over.signal), {
          headers,
          signal: AbortSignal.any([this.#abort.signal, over.signal]),
        })) {
          wait = RETRY.first;
          this.#acknowledge(sequence);
        }
      } catch (error) {
        if (this.#abort.signal.aborted) return;
        this.#options.tell?.(`the collector does not take more (${(error as Error).message}); trying again`);
      } finally {
        // A call that was answered with an error is still open on this side: it would hold the process.
        over.abort();
        this.#wake?.();
      }
      await setTimeout(wait, undefined, { signal: this.#abort.signal }).catch(() => {});
      wait = Math.min(RETRY.most, wait * 2);
    }
  }

  /** Everything that is not acknowledged, from the first on; and then what comes. */
  async *#requests(over: AbortSignal): AsyncGenerator<SendRequest> {
    while (!this.#abort.signal.aborted && !over.aborted) {
      const next = this.#batches[this.#sent];
      if (next === undefined) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        continue;
      }
      this.#sent++;
      const documents = next.content ?? this.#load(next);
      yield create(SendRequestSchema, { sender: this.#sender, sequence: next.sequence, documents, version: VERSION });
    }
  }

  /** Documents that the file has no more are lost: an empty batch stands for all of them, so that the numbers go on. */
  #load(batch: Batch): Uint8Array {
    const { content, documents } = cutToWhole(this.#read(batch), batch.documents);
    batch.lost = batch.documents - documents;
    if (documents > 0 && batch.lost > 0) this.#options.tell?.(`a batch of the spool lacks ${batch.lost} documents`);
    return content;
  }

  #read(batch: Batch): Uint8Array {
    try {
      return this.#spool!.load(batch);
    } catch (error) {
      this.#options.tell?.(`a batch of the spool cannot be read: ${(error as Error).message}`);
      return new Uint8Array(0);
    }
  }

  #acknowledge(sequence: bigint): void {
    while (this.#batches[0] !== undefined && this.#batches[0].sequence <= sequence) {
      const batch = this.#batches.shift()!;
      this.#sent = Math.max(0, this.#sent - 1);
      this.#settleLost(batch);
      this.#book.settleHandled(batch.documents - (batch.lost ?? 0));
      this.#forgetContent(batch);
      if (batch.isSpooled) this.#spool!.remove(batch);
    }
    this.#patience.renew();
  }

  /** Settles a batch that was never acknowledged: the spool keeps it, or what is left of it. */
  #settleLeft(batch: Batch): void {
    if (!this.#spool!.isWhole(batch)) this.#load(batch);
    this.#settleLost(batch);
    const left = batch.documents - (batch.lost ?? 0);
    if (left > 0) this.#book.settleSkipped("left-in-spool", left);
  }

  #settleLost({ lost }: Batch): void {
    if (lost !== undefined && lost > 0) this.#book.settleDropped("spool-unreadable", lost);
  }

  #forgetContent(batch: Batch): void {
    if (batch.content !== undefined) this.#options.budget.release(batch.content.length);
    batch.content = undefined;
  }
}

const ENCODER = new TextEncoder();
