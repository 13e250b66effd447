import { CLOSED, type LedgerBook, type LedgerReason, type Sink } from "../../model/index.ts";
import { writeToStream } from "../write-to-stream.ts";

/** Text that is handed over in large pieces: it gathers, and `flush` writes it and waits where the other end is slow. */
export class GatheredOutput {
  readonly #send: SendBytes;
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  /** Text that came after `#pending`, encoded: so much of this. */
  #chunk: Buffer | undefined;
  #chunkBytes = 0;
  /** One of `#pending`, and one that was sent: the next text is encoded into it. */
  #filled: Buffer | undefined;
  #spare: Buffer | undefined;
  /** Text that came after it. Long ropes of text would survive until they are encoded, and be copied each time memory is tidied. */
  #text = "";

  constructor(send: SendBytes) {
    this.#send = send;
  }

  static to(stream: NodeJS.WritableStream): GatheredOutput {
    return new GatheredOutput((bytes) => writeToStream(stream, bytes));
  }

  readonly write = (piece: string | Uint8Array): void => {
    if (typeof piece === "string") {
      this.#text += piece;
      if (this.#text.length >= MAX_TEXT) this.#encodeText();
    } else {
      this.#endChunk();
      this.#keep(piece);
    }
  };

  /** So much has gathered that it should be flushed before more comes. */
  get isFull(): boolean {
    return this.#pendingBytes + this.#chunkBytes + this.#text.length >= FULL_BYTES;
  }

  async flush(): Promise<void> {
    this.#endChunk();
    const pending = this.#pending;
    if (pending.length === 0) return;
    const filled = this.#filled;
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#filled = undefined;
    const isOver = await this.#send(pending.length === 1 ? pending[0]! : Buffer.concat(pending));
    if (isOver === true || pending.length > 1) this.#spare = filled;
  }

  #encodeText(): void {
    const most = this.#text.length * MOST_OCTETS;
    if (this.#chunk !== undefined && this.#chunk.length - this.#chunkBytes < most) this.#keepChunk();
    this.#chunk ??= this.#createChunk(most);
    this.#chunkBytes += this.#chunk.write(this.#text, this.#chunkBytes);
    this.#text = "";
  }

  /** A new one for each megabyte would let V8 look through all memory each time. @param most octets that it must hold at once */
  #createChunk(most: number): Buffer {
    const spare = this.#spare;
    this.#spare = undefined;
    return spare !== undefined && most <= spare.length ? spare : Buffer.allocUnsafeSlow(Math.max(CHUNK_BYTES, most));
  }

  /** All text is kept: the next piece stands behind it. */
  #endChunk(): void {
    if (this.#chunk === undefined) {
      if (this.#text !== "") this.#keep(Buffer.from(this.#text));
      this.#text = "";
      return;
    }
    if (this.#text !== "") this.#encodeText();
    this.#keepChunk();
  }

  #keepChunk(): void {
    if (this.#chunk!.length === CHUNK_BYTES) this.#filled = this.#chunk;
    this.#keep(this.#chunk!.subarray(0, this.#chunkBytes));
    this.#chunk = undefined;
    this.#chunkBytes = 0;
  }

  #keep(piece: Uint8Array): void {
    this.#pending.push(piece);
    this.#pendingBytes += piece.length;
  }
}

/** Resolves when more may be sent: with true where nothing needs the bytes any longer. */
export type SendBytes = (bytes: Uint8Array) => Promise<unknown>;

export interface GatheredForm<Item> {
  /** Writes the item; or gives a text: why it has no place in the output, in the ledger's words. */
  readonly write: ((item: Item) => LedgerReason | undefined) | ((item: Item) => void);
  /** Writes what waits for more of its kind: none may come for long. */
  readonly beforeFlush?: (() => void) | undefined;
  /** Writes what stands behind the last item. */
  readonly end?: () => void;
  readonly book?: LedgerBook | undefined;
}

/** A sink that writes each item to the output, and is full when the output is. What has a place in it is not lost, however slow the output's reader is. */
export function gatherInto<Item>(
  out: GatheredOutput,
  { write, beforeFlush, end, book }: GatheredForm<Item>,
): Sink<Item> {
  let isClosed = false;
  return {
    submit: (item) => {
      book?.enter(1);
      if (isClosed) {
        book?.settleDropped("closed", 1);
        return CLOSED;
      }
      const noPlace = write(item);
      if (typeof noPlace === "string") {
        book?.settleSkipped(noPlace, 1);
        return { dropped: noPlace };
      }
      book?.settleHandled(1);
      return out.isFull ? "full" : "taken";
    },
    whenReady: () => (out.isFull ? out.flush() : Promise.resolve()),
    flush: () => {
      beforeFlush?.();
      return out.flush();
    },
    close: async () => {
      if (!isClosed) beforeFlush?.();
      if (!isClosed) end?.();
      isClosed = true;
      await out.flush();
    },
  };
}

/** Characters. */
const MAX_TEXT = 64 * 1024;
/** A character takes so many in UTF-8 at most, for each of its halves where it has two. */
const MOST_OCTETS = 3;
const FULL_BYTES = 1024 * 1024;
const CHUNK_BYTES = FULL_BYTES + 2 * MAX_TEXT * MOST_OCTETS;
