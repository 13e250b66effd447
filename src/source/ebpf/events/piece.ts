import type { Direction, IpEndpoint, Timestamp } from "../../../model/index.ts";
import { readEndpoint } from "./address.ts";
import { FIELD, HEADER_BYTES, PEER_BYTES, readU64 } from "./record.ts";

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

/** @param hasPeer the other end's address stands before the data */
export function readPiece(view: DataView, bytes: Uint8Array, at: number, hasPeer: boolean, time: Timestamp): Piece {
  const start = at + HEADER_BYTES + (hasPeer ? PEER_BYTES : 0);
  return {
    direction: view.getUint8(at + FIELD.direction) === 0 ? "read" : "write",
    time,
    offset: readU64(view, at + FIELD.offset),
    thread: view.getUint32(at + FIELD.tid, true),
    size: view.getUint32(at + FIELD.size, true),
    data: bytes.subarray(start, start + view.getUint32(at + FIELD.captured, true)),
  };
}

/** The other end of a datagram, or of a packet. */
export function readPeer(view: DataView, bytes: Uint8Array, at: number): IpEndpoint {
  return readAddress(view, bytes, at + HEADER_BYTES);
}

/** This end of a packet. */
export function readOwn(view: DataView, bytes: Uint8Array, at: number): IpEndpoint {
  return readAddress(view, bytes, at + HEADER_BYTES + PEER_BYTES);
}

function readAddress(view: DataView, bytes: Uint8Array, address: number): IpEndpoint {
  return readEndpoint(bytes, address + 4, view.getUint16(address, true), view.getUint16(address + 2, true));
}
