import { CLOSED, type LedgerBook, type LedgerReason, type Sink } from "../../model/index.ts";
import { whenWritable } from "../write-to-stream.ts";

/** How much gathers before it is written, and how long an event waits for others at most. */
const BATCH_BYTES = 128 * 1024;
const DELAY_MILLIS = 10;

/**
 * Writes small texts as large pieces: when enough has gathered, or a moment after the first, so that an event is on the
 * terminal well within 50 ms.
 */
export class BatchWriter {
  readonly #stream: NodeJS.WritableStream;
  #buffer = Buffer.allocUnsafe(BATCH_BYTES);
  #length = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(stream: NodeJS.WritableStream) {
    this.#stream = stream;
  }

  /** The reader is slow: `drain` should be awaited before more is written. */
  get isFull(): boolean {
    return (this.#stream as { writableNeedDrain?: boolean }).writableNeedDrain === true;
  }

  /** A text of one character a byte. */
  writeBytesOf(text: string): void {
    if (text === "") return;
    if (this.#length + text.length > BATCH_BYTES) this.flush();
    if (text.length > BATCH_BYTES) {
      this.#stream.write(Buffer.from(text, "latin1"));
      return;
    }
    this.#length += this.#buffer.write(text, this.#length, "latin1");
    this.#schedule();
  }

  write(text: string): void {
    this.writeBytes(Buffer.from(text));
  }

  writeBytes(bytes: Uint8Array): void {
    if (this.#length + bytes.length > BATCH_BYTES) this.flush();
    if (bytes.length > BATCH_BYTES) {
      this.#stream.write(Buffer.from(bytes));
      return;
    }
    this.#buffer.set(bytes, this.#length);
    this.#length += bytes.length;
    this.#schedule();
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#length === 0) return;
    const piece = this.#buffer.subarray(0, this.#length);
    this.#buffer = Buffer.allocUnsafe(BATCH_BYTES);
    this.#length = 0;
    this.#stream.write(piece);
  }

  /** Resolves when the reader has kept up. */
  drain(): Promise<void> {
    return whenWritable(this.#stream);
  }

  #schedule(): void {
    this.#timer ??= setTimeout(() => this.flush(), DELAY_MILLIS);
  }
}

export interface BatchedForm<Item> {
  /** Writes the item, or says in the ledger's words why it has no place here. */
  readonly write: (item: Item) => LedgerReason | undefined;
  /** Writes what was held back, and what stands behind the last item. */
  readonly end?: () => void;
  readonly book?: LedgerBook | undefined;
}

/** A sink that writes items in batches, and is full when the writer's reader is slow. It loses nothing for that. */
export function batchInto<Item>(writer: BatchWriter, { write, end, book }: BatchedForm<Item>): Sink<Item> {
  let isClosed = false;
  const flush = async (): Promise<void> => {
    writer.flush();
    await writer.drain();
  };
  return {
    submit: (item) => {
      book?.enter(1);
      const reason = isClosed ? CLOSED.dropped : write(item);
      if (reason === undefined) {
        book?.settleHandled(1);
        return writer.isFull ? "full" : "taken";
      }
      book?.settleDropped(reason, 1);
      return { dropped: reason };
    },
    whenReady: () => writer.drain(),
    flush,
    close: () => {
      if (!isClosed) end?.();
      isClosed = true;
      return flush();
    },
  };
}
