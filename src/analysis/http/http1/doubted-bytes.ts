/**
 * Bytes where a response's body may begin, or, behind an answer to a request that was not seen (it may have been HEAD, RFC 9110 §9.3.2), the
 * next response: what may still become a status line is held back, six bytes at most.
 */
export class DoubtedBytes {
  #held: Uint8Array = NOTHING;

  /** Whether a status line stands there; undefined: it is not known yet, and the bytes from there on are held. */
  look(data: Uint8Array, from: number): boolean | undefined {
    const length = Math.min(data.length - from, STATUS_LINE.length);
    const mayBe = STATUS_LINE.every((byte, i) => i >= length || data[from + i] === byte);
    if (!mayBe || length === STATUS_LINE.length) return mayBe;
    this.#held = data.slice(from);
    return undefined;
  }

  /** Gives what is held, and holds it no more. Empty where nothing is. */
  take(): Uint8Array {
    const held = this.#held;
    this.#held = NOTHING;
    return held;
  }
}

const NOTHING = new Uint8Array(0);
/** No body of a response is expected to begin so. */
const STATUS_LINE = new TextEncoder().encode("HTTP/1.");
