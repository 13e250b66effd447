import type { GopacketVersion } from "./gopacket-version.ts";

/**
 * One layer's fields. There is one object a layer type, written over by every packet (and by an inner header of the same
 * type), as in gopacket's DecodingLayerParser: what a decoder does not assign keeps its old value, and some of that shows.
 *
 * Ranges point into `bytes`, the buffer of the message, so that nothing is allocated for a packet.
 */
export abstract class Layer {
  bytes: Uint8Array = EMPTY_BYTES;
  contentsStart = 0;
  contentsEnd = 0;
  payloadStart = 0;
  payloadEnd = 0;

  /**
   * Decodes `bytes[start, end)`. `limit` is how far the buffer goes beyond `end` (Go's capacity).
   * @returns Go's error text, or undefined.
   */
  abstract decode(bytes: Uint8Array, start: number, end: number, context: DecodeContext): string | undefined;

  /** The layer that the payload is. */
  abstract nextLayer(): number;

  /** gopacket's LayerString; `tab` is what stands for the tab after the name (in JSON it is escaped). */
  abstract format(tab: string): string;

  /** As it was made: for whoever wants no state to reach from one packet into the next. */
  abstract reset(): void;

  protected setRanges(bytes: Uint8Array, start: number, middle: number, end: number): void {
    this.bytes = bytes;
    this.contentsStart = start;
    this.contentsEnd = middle;
    this.payloadStart = middle;
    this.payloadEnd = end;
  }

  protected formatRanges(): string {
    return `Contents=${formatBytes(this.bytes, this.contentsStart, this.contentsEnd)} Payload=${formatBytes(this.bytes, this.payloadStart, this.payloadEnd)}`;
  }
}

/** Shared by the decoders of one packet. */
export interface DecodeContext {
  readonly version: GopacketVersion;
  /** Faults that would stop the Go process are reproduced, as a `GoPanic`. */
  readonly faithful: boolean;
  /** Some decoder found the packet shorter than it says. */
  truncated: boolean;
  /** Where the buffer that the packet stands in ends. */
  limit: number;
}

/** A list of bytes as gopacket shows it: up to four of them, else their number. */
export function formatBytes(bytes: Uint8Array, start: number, end: number): string {
  const length = end - start;
  if (length <= 0) return "[]";
  if (length > 4) return `[..${length}..]`;
  let text = `[${bytes[start]}`;
  for (let at = start + 1; at < end; at++) text += `, ${bytes[at]}`;
  return `${text}]`;
}

export const EMPTY_BYTES = new Uint8Array(0);

export function readUint16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

export function readUint32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}
