import { concatenate } from "../wire/bytes/concatenate.ts";

/** A body, or what is held of it, that a filter may read and change. */
export class BodyBuffer {
  #parts: Uint8Array[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  append(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#parts.push(bytes);
    this.#size += bytes.length;
  }

  /** All of it in one piece. */
  get bytes(): Uint8Array {
    if (this.#parts.length > 1) this.#parts = [concatenate(this.#parts)];
    return this.#parts[0] ?? NOTHING;
  }

  /** All of it; nothing is left. */
  take(): Uint8Array {
    const { bytes } = this;
    this.#parts = [];
    this.#size = 0;
    return bytes;
  }

  /**
   * Puts bytes before what is there (0, 0), behind it (a start at its end or beyond), or in its place (0, its size or more), as Envoy.
   * @returns false for any other part of it
   */
  splice(start: number, size: number, bytes: Uint8Array): boolean {
    if (start === 0 && size === 0) this.#parts.unshift(bytes);
    else if (start >= this.#size) this.#parts.push(bytes);
    else if (start === 0 && size >= this.#size) this.#parts = [bytes];
    else return false;
    this.#parts = this.#parts.filter(({ length }) => length > 0);
    this.#size = this.#parts.reduce((sum, { length }) => sum + length, 0);
    return true;
  }
}

const NOTHING = new Uint8Array(0);
