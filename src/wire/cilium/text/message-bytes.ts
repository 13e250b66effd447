import { GoPanic } from "../dissect/gopacket-version.ts";
import { EMPTY_BYTES } from "../dissect/layer.ts";

/** One message in a buffer: `bytes[start, end)`. The object is used again for the next. */
export class MessageBytes {
  bytes: Uint8Array = EMPTY_BYTES;
  start = 0;
  end = 0;
  /** Where the buffer ends: Go lets a slice grow up to there. */
  limit = 0;
  /** The part that has been printed, in case printing the rest stops. */
  printed = "";

  set(bytes: Uint8Array, start: number, end: number, limit: number): void {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    this.limit = limit;
    this.printed = "";
  }

  /** `offset`, where it is not behind the end; there Go's process stops. */
  checkedOffset(offset: number): number {
    if (offset > this.end)
      throw new GoPanic(`runtime error: slice bounds out of range [${offset - this.start}:${this.end - this.start}]`);
    return offset;
  }
}
