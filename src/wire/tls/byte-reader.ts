/**
 * Reads TLS structures: big-endian numbers and vectors with a length in front (RFC 8446 §3). Reading past the end sets
 * `failed` and gives zeros and empty vectors; it never throws.
 */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #at = 0;
  failed = false;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  /** An unsigned number of `size` bytes (1 to 4). */
  number(size: number): number {
    if (this.left < size) {
      this.#fail();
      return 0;
    }
    let value = 0;
    for (let index = 0; index < size; index++) value = value * 256 + this.#bytes[this.#at++]!;
    return value;
  }

  bytes(size: number): Uint8Array {
    if (this.left < size) {
      this.#fail();
      return this.#bytes.subarray(0, 0);
    }
    this.#at += size;
    return this.#bytes.subarray(this.#at - size, this.#at);
  }

  /** A vector whose length stands in front of it in `size` bytes. */
  vector(size: number): Uint8Array {
    return this.bytes(this.number(size));
  }

  /** The numbers of `size` bytes each that fill a vector whose length stands in `lengthSize` bytes. */
  numbers(lengthSize: number, size: number): number[] {
    const reader = new ByteReader(this.vector(lengthSize));
    const values: number[] = [];
    while (reader.left >= size) values.push(reader.number(size));
    return values;
  }

  #fail(): void {
    this.failed = true;
    this.#at = this.#bytes.length;
  }
}
