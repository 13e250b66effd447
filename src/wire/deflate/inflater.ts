import {
  Z_BUF_ERROR,
  Z_NO_FLUSH,
  Z_OK,
  Z_STREAM_END,
  ZStream,
  zlibInflate,
  zlibInflateInit2,
  zlibInflateReset,
  zlibInflateResetKeep,
} from "pako";

/** Takes a piece of the output, `bytes[start, end)`, valid during the call; `false` stops the push after it. */
export type WriteInflated = (bytes: Uint8Array, start: number, end: number) => unknown;

/**
 * Decompresses DEFLATE (RFC 1951) as it comes, split anywhere: bare, in zlib's wrapper (RFC 1950) or as gzip (RFC 1952), whose
 * checksums are verified. It runs where there is no zlib, gives all that cut or damaged input still holds, and keeps its window of
 * 32 KiB from one message of a WebSocket to the next (RFC 7692 §7.2.2).
 *
 * By pako's low-level calls: its class `Inflate` loses the last piece on an error.
 */
export class Inflater {
  readonly #stream = new ZStream();
  #failed = false;
  #ended = false;

  constructor(format: keyof typeof WINDOW_BITS = "raw") {
    zlibInflateInit2(this.#stream, WINDOW_BITS[format]);
  }

  /** The input is not what it should be: nothing can be decompressed any more, until `reset`. */
  get failed(): boolean {
    return this.#failed;
  }

  /** The last block and the checksum are over; what is pushed after that is ignored, until `reset` or `continue`. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Forgets everything, the window included: another gzip member may follow. */
  reset(): void {
    zlibInflateReset(this.#stream);
    this.#ended = false;
    this.#failed = false;
  }

  /** After the last block another stream may follow, that refers to the same window. */
  continue(): void {
    if (!this.#ended) return;
    zlibInflateResetKeep(this.#stream);
    this.#ended = false;
  }

  /**
   * Decompresses `data[start, end)`.
   * @returns where it stopped: before `end` when the stream ended there, failed, or `write` returned `false`
   */
  push(data: Uint8Array, start: number, end: number, write: WriteInflated): number {
    if (this.#failed || this.#ended) return start;
    const stream = this.#stream;
    stream.input = data;
    stream.next_in = start;
    stream.avail_in = end - start;
    stream.output = output;
    do {
      stream.next_out = 0;
      stream.avail_out = OUTPUT_BYTES;
      const status = zlibInflate(stream, Z_NO_FLUSH);
      this.#ended = status === Z_STREAM_END;
      // Z_BUF_ERROR says that there was nothing to do, which is no fault.
      this.#failed = !this.#ended && status !== Z_OK && status !== Z_BUF_ERROR;
      if (stream.next_out > 0 && write(output, 0, stream.next_out) === false) break;
    } while (stream.avail_out === 0 && !this.#ended && !this.#failed);
    stream.input = NOTHING;
    return stream.next_in;
  }
}

/** zlib's own way to name a wrapper. */
const WINDOW_BITS = { raw: -15, zlib: 15, gzip: 31 } as const;

/** The output of one call. Calls do not wait, so that one is enough for all. */
const OUTPUT_BYTES = 32 * 1024;
const output = new Uint8Array(OUTPUT_BYTES);
const NOTHING = new Uint8Array(0);
