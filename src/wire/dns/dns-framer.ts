/** Gets what a `DnsFramer` finds. */
export interface DnsFrameHandler {
  /** A message, `bytes[start, end)`: valid during the call. */
  message(bytes: Uint8Array, start: number, end: number): void;
  /** A message of so many bytes, its prefix among them, of which a part is missing or could not be kept: `pushed` of them came. */
  lost(size: number, pushed: number): void;
  /** Asked before a message is held that comes in pieces; false when there is no room for so many bytes. */
  reserve(size: number): boolean;
  release(size: number): void;
}

/**
 * Takes a stream of DNS over TCP apart (RFC 1035 §4.2.2, RFC 7766 §8): two bytes of length, then the message. Split anywhere;
 * it holds at most one message, of up to 65 535 bytes, and only where that came in pieces.
 */
export class DnsFramer {
  readonly #handler: DnsFrameHandler;
  readonly #prefix = new Uint8Array(2);
  #prefixLength = 0;
  /** Absent in a message that is whole in what was pushed, and in one that is lost. */
  #message: Uint8Array | undefined;
  #isLost = false;
  #length = 0;
  /** Bytes of the message so far, missing ones among them. */
  #received = 0;
  #missing = 0;

  constructor(handler: DnsFrameHandler) {
    this.#handler = handler;
  }

  /** Bytes that were pushed of a message that has begun and is not over, its prefix among them. */
  get held(): number {
    return this.#prefixLength + this.#received - this.#missing;
  }

  push(data: Uint8Array): void {
    let p = 0;
    while (p < data.length) {
      if (this.#prefixLength < 2) {
        this.#prefix[this.#prefixLength++] = data[p++]!;
        if (this.#prefixLength < 2) continue;
        this.#length = (this.#prefix[0]! << 8) | this.#prefix[1]!;
        if (this.#length === 0) this.#emit(data, p, p);
      } else if (this.#received === 0 && data.length - p >= this.#length) {
        const end = p + this.#length;
        this.#emit(data, p, end);
        p = end;
      } else p += this.#hold(data, p);
    }
  }

  /** Passes over bytes that were never seen: false when they do not lie within the current message. */
  skip(size: number): boolean {
    if (this.#prefixLength < 2 || size > this.#length - this.#received) return false;
    this.#lose();
    this.#received += size;
    this.#missing += size;
    if (this.#received === this.#length) this.#emitLost();
    return true;
  }

  /** Expects a length next, whatever came before. */
  restart(): void {
    if (this.#message !== undefined) this.#handler.release(this.#message.length);
    this.#message = undefined;
    this.#prefixLength = 0;
    this.#received = 0;
    this.#missing = 0;
    this.#isLost = false;
  }

  #hold(data: Uint8Array, p: number): number {
    if (this.#message === undefined && !this.#isLost) {
      if (this.#handler.reserve(this.#length)) this.#message = new Uint8Array(this.#length);
      else this.#isLost = true;
    }
    const size = Math.min(data.length - p, this.#length - this.#received);
    this.#message?.set(data.subarray(p, p + size), this.#received);
    this.#received += size;
    if (this.#received < this.#length) return size;
    if (this.#message === undefined) this.#emitLost();
    else this.#emit(this.#message, 0, this.#length);
    return size;
  }

  #lose(): void {
    if (this.#message !== undefined) this.#handler.release(this.#message.length);
    this.#message = undefined;
    this.#isLost = true;
  }

  #emit(bytes: Uint8Array, start: number, end: number): void {
    this.restart();
    this.#handler.message(bytes, start, end);
  }

  #emitLost(): void {
    const size = 2 + this.#length;
    const pushed = size - this.#missing;
    this.restart();
    this.#handler.lost(size, pushed);
  }
}
