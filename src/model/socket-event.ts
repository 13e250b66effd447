import type { Connection } from "./connection.ts";
import type { LedgerReason } from "./ledger-reasons.ts";
import type { Timestamp } from "./time/timestamp.ts";

/** `read`: towards the connection's local end; `write`: from it. */
export type Direction = "read" | "write";

/** One thing that happened on a connection. Of one connection they come in order, `open` first where it was seen. */
export type SocketEvent = SocketOpened | SocketData | SocketGap | SocketClosed;

export interface SocketOpened {
  readonly kind: "open";
  readonly connection: Connection;
  readonly time: Timestamp;
}

export interface SocketData {
  readonly kind: "data";
  readonly connection: Connection;
  readonly time: Timestamp;
  readonly direction: Direction;
  /** Where the first byte stands in its direction's stream, from 0, with bytes known to be missing counted. */
  readonly offset: number;
  /** Borrowed: valid until the call that it was passed to returns. Whoever keeps it, copies it. */
  readonly data: Uint8Array;
  /** More bytes moved than are here: they are missing right after `data`. */
  readonly truncated?: boolean;
  /** How many are missing, where that is known. */
  readonly missing?: number;
  /**
   * How far in the other direction's stream the sender had received when it sent these bytes, where the packets say so: what stands
   * there was sent before them, and what stands behind it was not known to their sender.
   */
  readonly acknowledged?: number | undefined;
  /** The sender half-closed with these bytes. */
  readonly endStream?: boolean;
}

/** Bytes of a direction that were never seen. `size` is absent when it is not known. */
export interface SocketGap {
  readonly kind: "gap";
  readonly connection: Connection;
  readonly time: Timestamp;
  readonly direction: Direction;
  readonly offset: number;
  readonly size?: number;
  /** Why, in the ledger's words: `truncated`, `lost-segment`, `snaplen`, `decryption`, … */
  readonly reason: LedgerReason;
}

export interface SocketClosed {
  readonly kind: "close";
  readonly connection: Connection;
  readonly time: Timestamp;
  readonly how: "fin" | "reset" | "timeout" | "unknown";
  /** The direction in which a reset was sent, where that is known. */
  readonly by?: Direction;
}
