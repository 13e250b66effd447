/** Gets the messages of a stream: `bytes[start, end)` are valid during the call. */
export type OnDnsMessage = (bytes: Uint8Array, start: number, end: number) => void;

/**
 * Takes a stream of DNS over TCP apart (RFC 1035 §4.2.2, RFC 7766 §8): two bytes of length, then the message. Split anywhere;
 * it holds at most one message, of up to 65 535 bytes, and only where that came in pieces.
 */
export class DnsFramer {
  readonly #onMessage: OnDnsMessage;
  readonly #prefix = new Uint8Array(2);
  #prefixLength = 0;
  #message: Uint8Array | undefined;
  #held = 0;
  #length = 0;

  constructor(onMessage: OnDnsMessage) {
    this.#onMessage = onMessage;
  }

  /** Bytes of a message that has begun and is not over, its prefix among them. */
  get held(): number {
    return this.#prefixLength + this.#held;
  }

  push(data: Uint8Array): void {
    let p = 0;
    while (p < data.length) {
      if (this.#prefixLength < 2) {
        this.#prefix[this.#prefixLength++] = data[p++]!;
        if (this.#prefixLength === 2) this.#length = (this.#prefix[0]! << 8) | this.#prefix[1]!;
        if (this.#prefixLength === 2 && this.#length === 0) this.#emit(data, p, p);
      } else if (this.#held === 0 && data.length - p >= this.#length) {
        const end = p + this.#length;
        this.#emit(data, p, end);
        p = end;
      } else p += this.#hold(data, p);
    }
  }

  /** Expects a length next, whatever came before. */
  restart(): void {
    this.#prefixLength = 0;
    this.#message = undefined;
    this.#held = 0;
  }

  #hold(data: Uint8Array, p: number): number {
    this.#message ??= new Uint8Array(this.#length);
    const size = Math.min(data.length - p, this.#length - this.#held);
    this.#message.set(data.subarray(p, p + size), this.#held);
    this.#held += size;
    if (this.#held === this.#length) this.#emit(this.#message, 0, this.#length);
    return size;
  }

  #emit(bytes: Uint8Array, start: number, end: number): void {
    this.restart();
    this.#onMessage(bytes, start, end);
  }
}
