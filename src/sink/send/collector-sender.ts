import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { create } from "@bufbuild/protobuf";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { exchangeLine } from "../../analysis/protocols/index.ts";
import {
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

export interface CollectorSenderOptions {
  /** `grpc://host:port`, or `grpcs://` over TLS. */
  readonly url: string;
  readonly token: string | undefined;
  /** Books `sent`. */
  readonly ledger: Ledger;
  /** Charged with everything that is not acknowledged. */
  readonly budget: MemoryBudget;
  /** Says when the collector goes away, and when it is there again. */
  readonly tell?: (text: string) => void;
  /** Names the sender. Default: this host. */
  readonly name?: string;
}

/** Documents and characters of one batch. */
const BATCH = { documents: 500, characters: 256 * 1024 };
/** Milliseconds that a batch waits for more. */
const GATHER_MILLIS = 100;
const RETRY = { first: 250, most: 10_000 };
/** Milliseconds without an acknowledgement after which a sender that is to end gives up. */
const PATIENCE_MILLIS = 10_000;

interface Batch {
  readonly sequence: bigint;
  readonly documents: string[];
  characters: number;
  bytes: number;
}

/**
 * Hands exchanges and flows to a collector, in numbered batches that are kept until they are acknowledged: a connection that breaks
 * loses nothing and doubles nothing. When the budget is used up, more is dropped and counted; nothing ever waits for it.
 */
export class CollectorSender {
  readonly #options: CollectorSenderOptions;
  readonly #book: LedgerBook;
  readonly #client: ReturnType<typeof createClient<typeof CollectorService>>;
  readonly #sender: string;
  #batches: Batch[] = [];
  #sequence = 0n;
  #sent = 0n;
  #wake: (() => void) | undefined;
  #ready: (() => void)[] = [];
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #isClosing = false;
  #progressed = performance.now();
  readonly #abort = new AbortController();

  /** @throws TaplineError `usage` for a URL that is none */
  constructor(options: CollectorSenderOptions) {
    const match = /^grpc(s?):\/\/([^/?#]+)\/?$/.exec(options.url);
    if (match === null)
      throw new TaplineError("usage", `--send ${options.url}: grpc://HOST:PORT or grpcs://HOST:PORT is expected`, {
        hint: "tapline collector listens on grpc://127.0.0.1:11800",
      });
    this.#options = options;
    this.#book = options.ledger.book("sent");
    this.#client = createClient(CollectorService, createGrpcTransport({ baseUrl: `http${match[1]}://${match[2]}` }));
    this.#sender = `${options.name ?? hostname()}/${randomUUID()}`;
  }

  get sinks(): { readonly exchanges: ExchangeSink; readonly flows: FlowSink } {
    const rest = {
      whenReady: () => this.#whenReady(),
      flush: async () => this.#dispatch(),
      close: (deadline: number) => this.close(deadline),
    };
    return {
      exchanges: { submit: (exchange) => this.#submit(exchangeLine(exchange)), ...rest },
      flows: { submit: (event) => this.#submit(flowLine(event)), ...rest },
    };
  }

  /** Waits until everything is acknowledged; what is not by the deadline, or when nothing moves any more, is dropped and counted. */
  async close(deadline: number): Promise<void> {
    this.#isClosing = true;
    this.#progressed = performance.now();
    this.#dispatch();
    while (
      this.#batches.length > 0 &&
      performance.now() < deadline &&
      performance.now() - this.#progressed < PATIENCE_MILLIS
    )
      await new Promise((resolve) => setTimeout(resolve, 20));
    this.#abort.abort();
    this.#wake?.();
    await this.#running;
    for (const batch of this.#batches.splice(0)) {
      this.#book.settleDropped("not-acknowledged", batch.documents.length);
      this.#options.budget.release(batch.bytes);
    }
  }

  #submit(line: string): Submission {
    this.#book.enter(1);
    const bytes = 2 * line.length;
    if (!this.#options.budget.tryReserve(bytes)) {
      this.#book.settleDropped("collector-slow", 1);
      return { dropped: "collector-slow" };
    }
    let batch = this.#batches.at(-1);
    if (batch === undefined || batch.sequence <= this.#sent || isWhole(batch)) {
      batch = { sequence: ++this.#sequence, documents: [], characters: 0, bytes: 0 };
      this.#batches.push(batch);
    }
    batch.documents.push(line);
    batch.characters += line.length;
    batch.bytes += bytes;
    this.#running ??= this.#run();
    if (isWhole(batch)) this.#dispatch();
    else this.#timer ??= setTimeout(() => this.#dispatch(), GATHER_MILLIS);
    return this.#isBusy ? "full" : "taken";
  }

  get #isBusy(): boolean {
    const { budget } = this.#options;
    return budget.used * 2 > budget.limit;
  }

  #whenReady(): Promise<void> {
    return this.#isBusy ? new Promise((resolve) => this.#ready.push(resolve)) : Promise.resolve();
  }

  #dispatch(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#wake?.();
  }

  async #run(): Promise<void> {
    let wait = RETRY.first;
    while (!this.#abort.signal.aborted) {
      try {
        this.#sent = 0n;
        const { token } = this.#options;
        const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
        for await (const { sequence } of this.#client.send(this.#requests(), { headers, signal: this.#abort.signal })) {
          wait = RETRY.first;
          this.#acknowledge(sequence);
        }
      } catch (error) {
        if (this.#abort.signal.aborted) return;
        this.#options.tell?.(`the collector does not take more (${(error as Error).message}); trying again`);
      }
      await new Promise((resolve) => setTimeout(resolve, wait));
      wait = Math.min(RETRY.most, wait * 2);
    }
  }

  /** Everything that is not acknowledged, from the first on; and then what comes. */
  async *#requests(): AsyncGenerator<SendRequest> {
    while (!this.#abort.signal.aborted) {
      const next = this.#batches.find(({ sequence }) => sequence > this.#sent);
      if (next === undefined || (!isWhole(next) && this.#timer !== undefined && !this.#isClosing)) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        continue;
      }
      this.#sent = next.sequence;
      yield create(SendRequestSchema, {
        sender: this.#sender,
        sequence: next.sequence,
        documents: new TextEncoder().encode(next.documents.join("")),
        version: VERSION,
      });
    }
  }

  #acknowledge(sequence: bigint): void {
    while (this.#batches[0] !== undefined && this.#batches[0].sequence <= sequence) {
      const { documents, bytes } = this.#batches.shift()!;
      this.#book.settleHandled(documents.length);
      this.#options.budget.release(bytes);
    }
    this.#progressed = performance.now();
    if (!this.#isBusy) for (const ready of this.#ready.splice(0)) ready();
  }
}

function isWhole({ documents, characters }: Batch): boolean {
  return documents.length >= BATCH.documents || characters >= BATCH.characters;
}
