import { type ClientHttp2Session, type ClientHttp2Stream, connect } from "node:http2";
import type { Duplex } from "node:stream";
import type { LedgerBook, LedgerReason, Logger, MemoryBudget, Submission } from "../../model/index.ts";

export interface GrpcClientStreamOptions {
  /** `http://host:port` (HTTP/2 with prior knowledge) or `https://host:port`: what the call says that it is for. */
  readonly authority: string;
  /** Where it goes, for the log: a cluster, or an address; default `authority`. */
  readonly target?: string;
  /** Connects, with TLS where there is any; default to `authority`, by the system's certificates. Rejects with the reason. */
  readonly dial?: () => Promise<Duplex>;
  /** Headers of the call beside those of gRPC; names in lower case. */
  readonly metadata?: readonly (readonly [name: string, value: string])[];
  /** The method to call: `/package.Service/Method`. */
  readonly path: string;
  /** Goes in front of the first message of every stream, as part of that message. */
  readonly firstMessagePrefix: Uint8Array;
  /** Bytes queued at most while the peer is slow or away; a message that does not fit is dropped. Default 8 MiB. */
  readonly maxQueuedBytes?: number;
  readonly budget: MemoryBudget;
  /** Counts messages: handled when written to the connection, dropped with the reason otherwise. */
  readonly book: LedgerBook;
  readonly logger: Logger;
  /** How long to wait before the first and, doubling, up to the last reconnection; milliseconds. Default 500 and 30 000. */
  readonly backoff?: { readonly first: number; readonly last: number };
}

/**
 * A client-streaming gRPC call that lasts: it is called anew, with backoff, whenever the peer ends it or goes away. Messages
 * are queued within bounds and written many at a time, because a write a message is the cost of a stream.
 *
 *     send ─▶ queue (bounded) ─▶ frames of one turn in one write ─▶ HTTP/2 stream
 *
 * What was written to a connection that then broke may or may not have arrived; gRPC does not tell, and it is not sent again.
 */
export class GrpcClientStream {
  readonly #options: GrpcClientStreamOptions;
  readonly #maxQueuedBytes: number;
  #queue: Uint8Array[] = [];
  #queuedBytes = 0;
  #session: ClientHttp2Session | undefined;
  #stream: ClientHttp2Stream | undefined;
  #first = true;
  #writable = false;
  #scheduled = false;
  #failures = 0;
  #retry: NodeJS.Timeout | undefined;
  #dialling = false;
  #closing: (() => void) | undefined;
  #isClosed = false;

  constructor(options: GrpcClientStreamOptions) {
    this.#options = options;
    this.#maxQueuedBytes = options.maxQueuedBytes ?? DEFAULT_MAX_QUEUED_BYTES;
  }

  /** Queues a message; false when it had to be dropped. The first message opens the connection. */
  send(message: Uint8Array): Submission {
    const { book, budget } = this.#options;
    book.enter(1);
    const size = message.length + FRAME_HEADER_BYTES;
    if (this.#closing !== undefined || this.#queuedBytes + size > this.#maxQueuedBytes || !budget.tryReserve(size)) {
      const reason = this.#closing !== undefined ? "closed" : "grpc-queue-full";
      book.settleDropped(reason, 1);
      return { dropped: reason };
    }
    this.#queue.push(message);
    this.#queuedBytes += size;
    this.#schedule();
    return "taken";
  }

  /** Sends what is queued and ends the call; after `timeout` milliseconds what is left is dropped. */
  async close(timeout = 5000): Promise<void> {
    if (this.#closing !== undefined) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, timeout);
      this.#closing = () => {
        clearTimeout(timer);
        resolve();
      };
      if (this.#queue.length === 0) this.#closing();
      else this.#schedule();
    });
    clearTimeout(this.#retry);
    this.#isClosed = true;
    this.#drop("closed");
    await this.#end();
  }

  /** Half-closes and waits for the peer's answer, for a second at most. */
  async #end(): Promise<void> {
    const [stream, session] = [this.#stream, this.#session];
    if (stream === undefined || session === undefined) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, END_TIMEOUT);
      stream.once("close", () => {
        clearTimeout(timer);
        resolve();
      });
      stream.end();
    });
    session.destroy();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#queue.length === 0 || this.#retry !== undefined || this.#dialling) return;
    if (this.#stream === undefined) this.#connect();
    while (this.#writable && this.#queue.length > 0) this.#writeBatch();
    if (this.#queue.length === 0) this.#closing?.();
  }

  /** Writes as many queued messages as make up `BATCH_BYTES` at once. */
  #writeBatch(): void {
    let count = 0;
    let size = 0;
    while (count < this.#queue.length && (count === 0 || size < BATCH_BYTES))
      size += this.#queue[count++]!.length + FRAME_HEADER_BYTES;
    const prefix = this.#first ? this.#options.firstMessagePrefix : NOTHING;
    this.#first = false;
    const batch = Buffer.allocUnsafe(size + prefix.length);
    let at = 0;
    for (const [index, message] of this.#queue.splice(0, count).entries()) {
      const before = index === 0 ? prefix : NOTHING;
      batch[at] = 0;
      batch.writeUInt32BE(before.length + message.length, at + 1);
      batch.set(before, at + FRAME_HEADER_BYTES);
      batch.set(message, at + FRAME_HEADER_BYTES + before.length);
      at += FRAME_HEADER_BYTES + before.length + message.length;
    }
    this.#queuedBytes -= size;
    this.#options.budget.release(size);
    this.#options.book.settleHandled(count);
    this.#writable = this.#stream!.write(batch);
  }

  #connect(): void {
    const { authority, dial } = this.#options;
    if (dial === undefined) {
      this.#call(connect(authority));
      return;
    }
    this.#dialling = true;
    dial().then(
      (connection) => {
        this.#dialling = false;
        if (this.#isClosed) connection.destroy();
        else this.#call(connect(authority, { createConnection: () => connection }));
      },
      (error: Error) => {
        this.#dialling = false;
        if (!this.#isClosed) this.#reconnectLater(error.message);
      },
    );
  }

  #call(session: ClientHttp2Session): void {
    const { authority, metadata = [], path, logger } = this.#options;
    const stream = session.request({
      ...Object.fromEntries(metadata),
      ":method": "POST",
      ":path": path,
      "content-type": "application/grpc",
      te: "trailers",
      "user-agent": "tapline",
    });
    this.#session = session;
    this.#stream = stream;
    this.#first = true;
    let why = "the peer ended the call";
    const over = () => {
      if (this.#stream !== stream) return;
      this.#stream = undefined;
      this.#writable = false;
      session.destroy();
      if (this.#closing === undefined || this.#queue.length > 0) this.#reconnectLater(why);
    };
    // Before that, HTTP/2 streams take what is written, and lose it when the connection fails.
    session.once("connect", () => {
      this.#writable = true;
      this.#flush();
    });
    session.on("error", (error) => {
      why = error.message;
      over();
    });
    session.on("close", over);
    stream.on("error", (error) => {
      why = error.message;
      over();
    });
    stream.on("response", (headers) => {
      const status = headers["grpc-status"];
      if (status !== undefined && status !== "0")
        why = `grpc-status ${String(status)} ${String(headers["grpc-message"] ?? "")}`.trim();
      else if (headers[":status"] !== 200) why = `HTTP status ${headers[":status"]}`;
      else this.#failures = 0;
    });
    stream.on("trailers", (trailers) => {
      if (trailers["grpc-status"] !== "0")
        why = `grpc-status ${String(trailers["grpc-status"])} ${String(trailers["grpc-message"] ?? "")}`.trim();
    });
    stream.on("drain", () => {
      this.#writable = true;
      this.#failures = 0;
      this.#flush();
    });
    stream.on("close", over);
    stream.resume();
    logger.debug({ authority, target: this.#target, path }, "gRPC stream opened");
  }

  get #target(): string {
    return this.#options.target ?? this.#options.authority;
  }

  #reconnectLater(why: string): void {
    const { first, last } = this.#options.backoff ?? DEFAULT_BACKOFF;
    const limit = Math.min(last, first * 2 ** this.#failures++);
    // Full jitter, so that many senders do not come back at once.
    const wait = limit / 2 + (Math.random() * limit) / 2;
    const { authority, logger } = this.#options;
    logger.warn({ authority, target: this.#target, wait: Math.round(wait), why }, "gRPC stream lost");
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      this.#flush();
    }, wait);
    if (this.#closing === undefined) this.#retry.unref();
  }

  #drop(reason: LedgerReason): void {
    if (this.#queue.length === 0) return;
    this.#options.book.settleDropped(reason, this.#queue.length);
    this.#options.budget.release(this.#queuedBytes);
    this.#queue = [];
    this.#queuedBytes = 0;
  }
}

const DEFAULT_MAX_QUEUED_BYTES = 8 * 1024 * 1024;
const DEFAULT_BACKOFF = { first: 500, last: 30_000 };
/** Compressed flag and length (gRPC over HTTP/2, Length-Prefixed-Message). */
const FRAME_HEADER_BYTES = 5;
/** Milliseconds. */
const END_TIMEOUT = 1000;
const BATCH_BYTES = 64 * 1024;
const NOTHING = new Uint8Array(0);
