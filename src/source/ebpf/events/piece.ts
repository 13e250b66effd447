import type { Direction, Timestamp } from "../../../model/index.ts";

/** A piece of a direction's stream, as the kernel tells it. */
export interface Piece {
  readonly direction: Direction;
  readonly time: Timestamp;
  /** The place of its first byte in the stream of the direction. */
  readonly offset: number;
  /** How many bytes moved; `data` has the first of them. Borrowed. */
  readonly size: number;
  readonly data: Uint8Array;
  /** The thread that moved it. */
  readonly thread: number;
}
