import type { DetectionMemory, ProtocolDetector } from "../protocol-detector.ts";

export const NO_BYTES = new Uint8Array(0);

/** The bytes of one direction while the protocol is undecided, without holes. */
export class DirectionSample implements DetectionMemory {
  size = 0;
  fromStart = true;
  /** Every detector said no to it. */
  hopeless = false;
  /** Made when something is to be remembered: most connections are recognised at the first look. */
  #memory: Map<ProtocolDetector, object> | undefined;
  #bytes: Uint8Array | undefined;

  recall(detector: ProtocolDetector): object | undefined {
    return this.#memory?.get(detector);
  }

  remember(detector: ProtocolDetector, known: object): void {
    this.#memory ??= new Map();
    this.#memory.set(detector, known);
  }

  /** The kept bytes; valid until the next call. */
  get bytes(): Uint8Array {
    return this.#bytes?.subarray(0, this.size) ?? NO_BYTES;
  }

  /** The sample and `data` after it, in one piece; valid until the next call. */
  with(data: Uint8Array): Uint8Array {
    const needed = this.size + data.length;
    if (this.#bytes === undefined || this.#bytes.length < needed) {
      const grown = new Uint8Array(Math.max(needed, 2 * this.size));
      if (this.#bytes !== undefined) grown.set(this.#bytes.subarray(0, this.size));
      this.#bytes = grown;
    }
    this.#bytes.set(data, this.size);
    return this.#bytes.subarray(0, needed);
  }

  keep(seen: Uint8Array, added: number): void {
    if (this.size === 0) this.with(seen);
    this.size += added;
  }

  /** The bytes that follow do not continue those before. */
  interrupt(): void {
    this.size = 0;
    this.fromStart = false;
    this.hopeless = false;
    this.#memory = undefined;
  }

  /** Something may begin in the bytes that follow. */
  restart(): void {
    this.drop();
    this.fromStart = true;
    this.hopeless = false;
  }

  /** Nothing begins in it before it is started again. */
  giveUp(): void {
    this.drop();
    this.hopeless = true;
  }

  drop(): void {
    this.size = 0;
    this.#memory = undefined;
    this.#bytes = undefined;
  }
}
