/** Bytes before each message: flags, and its length. */
const HEAD = 5;
const COMPRESSED = 1;

/** Why a stream's bytes are no messages of it. */
export type FrameFault = "too-large" | "compressed";

/**
 * Cuts what comes of a stream of gRPC into its messages (gRPC over HTTP/2, "Length-Prefixed-Message"), which are parts of what came: copied is only
 * a message that came in pieces, once. Flags beside that of compression mean nothing, as to gRPC.
 */
export class MessageFrames {
  readonly #maxBytes: number;
  #pieces: Buffer[] = [];
  #held = 0;
  /** Bytes until the message that is begun is whole, its head included. */
  #wanted = HEAD;
  /** The bytes that came last, and where the next message in them begins. */
  #chunk: Buffer = NOTHING;
  #at = 0;

  /** @param maxBytes of one message */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Bytes of a message that is not whole yet. */
  get held(): number {
    return this.#held + this.#chunk.length - this.#at;
  }

  /** Bytes that came; `next` is asked until it gives undefined before more are added. */
  add(chunk: Buffer): void {
    if (this.#held > 0 && this.#held + chunk.length < this.#wanted) {
      this.#pieces.push(chunk);
      this.#held += chunk.length;
      return;
    }
    this.#chunk = this.#held === 0 ? chunk : Buffer.concat([...this.#pieces, chunk]);
    this.#pieces = [];
    this.#held = 0;
    this.#at = 0;
  }

  /** The next message, without its head; undefined where more has to come. */
  next(): Uint8Array | FrameFault | undefined {
    const chunk = this.#chunk;
    const at = this.#at;
    const left = chunk.length - at;
    if (left < HEAD) return this.#hold(HEAD);
    const size = chunk.readUInt32BE(at + 1);
    if (size > this.#maxBytes) return "too-large";
    if ((chunk[at]! & COMPRESSED) !== 0) return "compressed";
    if (left < HEAD + size) return this.#hold(HEAD + size);
    this.#at = at + HEAD + size;
    return chunk.subarray(at + HEAD, this.#at);
  }

  /** Keeps the rest until so much is there. */
  #hold(wanted: number): undefined {
    this.#wanted = wanted;
    if (this.#at < this.#chunk.length) {
      const rest = this.#chunk.subarray(this.#at);
      this.#pieces = [rest];
      this.#held = rest.length;
    }
    this.#chunk = NOTHING;
    this.#at = 0;
  }
}

const NOTHING = Buffer.alloc(0);
