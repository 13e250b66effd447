import { closeSync, openSync, writeSync } from "node:fs";
import { describeWriteError, TaplineError, type Timestamp } from "../../model/index.ts";
import { type BorrowedPayload, encodePayload, RECORDED_PAYLOAD_DEFINITION } from "../../wire/cilium/index.ts";

const BATCH_BYTES = 64 * 1024;
const DELAY_MILLIS = 200;

/**
 * Writes payloads as one gob session, whatever form and however many sockets they came from, each with the time when it came: a
 * file that `--input` and Cilium's own readers read (they leave the times out). It
 * is whole after every write, so that it can be read while it grows and after a crash. Mode 0600.
 */
export class PayloadRecorder {
  readonly #path: string;
  readonly #descriptor: number;
  #pending: Uint8Array[] = [RECORDED_PAYLOAD_DEFINITION];
  #size = RECORDED_PAYLOAD_DEFINITION.length;
  #timer: NodeJS.Timeout | undefined;
  #failed: unknown;

  /** @throws TaplineError `output` when the file cannot be opened */
  constructor(path: string) {
    this.#path = path;
    try {
      this.#descriptor = openSync(path, "w", 0o600);
    } catch (error) {
      throw this.#failure(error);
    }
  }

  /**
   * @param time when it came, where that is known
   * @throws TaplineError `output` when the file cannot be written
   */
  add({ bytes, start, end, cpu, lost, type }: BorrowedPayload, time: Timestamp | undefined): void {
    if (this.#failed !== undefined) throw this.#failed;
    const message = encodePayload({ data: bytes.subarray(start, end), cpu, lost, type }, time);
    this.#pending.push(message);
    this.#size += message.length;
    if (this.#size >= BATCH_BYTES) this.flush();
    else this.#timer ??= setTimeout(() => this.#flushLater(), DELAY_MILLIS).unref();
  }

  /** In a timer nobody takes a failure: the next call that somebody makes throws it. */
  #flushLater(): void {
    try {
      this.flush();
    } catch (error) {
      this.#failed = error;
    }
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const bytes = Buffer.concat(this.#pending);
    this.#pending = [];
    this.#size = 0;
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#descriptor, bytes, at);
    } catch (error) {
      throw this.#failure(error);
    }
  }

  /** @throws TaplineError `output` when the file could not be written */
  close(): void {
    if (this.#failed !== undefined) throw this.#failed;
    this.flush();
    closeSync(this.#descriptor);
  }

  #failure(error: unknown): TaplineError {
    return new TaplineError("output", describeWriteError(error), { place: { file: this.#path }, cause: error });
  }
}
