import { once } from "node:events";

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
  #isFull = false;

  constructor(stream: NodeJS.WritableStream) {
    this.#stream = stream;
  }

  /** A text of one character a byte. */
  writeBytesOf(text: string): void {
    if (text === "") return;
    if (this.#length + text.length > BATCH_BYTES) this.flush();
    if (text.length > BATCH_BYTES) {
      this.#send(Buffer.from(text, "latin1"));
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
      this.#send(Buffer.from(bytes));
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
    this.#send(piece);
  }

  /** Resolves when the reader has kept up. */
  async drain(): Promise<void> {
    if (this.#isFull) await once(this.#stream, "drain");
    this.#isFull = false;
  }

  #send(piece: Buffer): void {
    if (!this.#stream.write(piece)) this.#isFull = true;
  }

  #schedule(): void {
    this.#timer ??= setTimeout(() => this.flush(), DELAY_MILLIS);
  }
}
