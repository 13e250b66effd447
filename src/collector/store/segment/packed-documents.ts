/** Documents that stand one behind the other in one piece of memory, a line feed between them: a block is a part of it as it is. */
export class PackedDocuments {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Where each begins, and where one behind the last would. */
  readonly starts: Uint32Array<ArrayBuffer>;

  /** As another thread has made them. */
  constructor(bytes: Uint8Array<ArrayBuffer>, starts: Uint32Array<ArrayBuffer>) {
    this.bytes = bytes;
    this.starts = starts;
  }

  /** @param documents JSON without line feeds; 4 GiB at most */
  static of(documents: readonly string[]): PackedDocuments {
    const starts = new Uint32Array(documents.length + 1);
    let size = 0;
    for (let index = 0; index < documents.length; index++) {
      size += Buffer.byteLength(documents[index]!) + 1;
      starts[index + 1] = size;
    }
    const bytes = Buffer.allocUnsafeSlow(size);
    for (let index = 0; index < documents.length; index++) {
      bytes.write(documents[index]!, starts[index]!);
      bytes[starts[index + 1]! - 1] = LINE_FEED;
    }
    return new PackedDocuments(bytes, starts);
  }

  get count(): number {
    return this.starts.length - 1;
  }

  /** How many from one on have together at most so many bytes; one at least, where there is one. */
  countWithin(from: number, most: number, maxBytes: number): number {
    const end = Math.min(this.count, from + most);
    let to = Math.min(from + 1, end);
    while (to < end && this.starts[to + 1]! - this.starts[from]! <= maxBytes) to++;
    return to - from;
  }

  /** Some of them, with line feeds between and none at the end. */
  slice(from: number, count: number): Uint8Array {
    return this.bytes.subarray(this.starts[from]!, Math.max(this.starts[from]!, this.starts[from + count]! - 1));
  }
}

const LINE_FEED = 10;
