import type { LedgerReason, MemoryBudget } from "../../model/index.ts";
import type { DecodedPacket } from "../../wire/packet/index.ts";
import type { PacketAccounts } from "./packet-accounts.ts";
import type { ReassemblyLimits } from "./reassembly-limits.ts";

/** A datagram that is whole: its transport header and payload are `bytes[0, length)`. */
export interface WholeDatagram {
  readonly bytes: Uint8Array;
  readonly length: number;
  readonly protocol: number;
  /** The packets that it came in, as `push` was told of them. */
  readonly ordinals: readonly number[];
}

/**
 * Puts the fragments of IPv4 (RFC 791) and IPv6 (RFC 8200 section 4.5) datagrams together, in any order. Where they overlap, the
 * first copy is kept. The payloads of fragments that wait are `buffered` in the ledger.
 */
export class FragmentReassembler {
  readonly #accounts: PacketAccounts;
  readonly #budget: MemoryBudget;
  readonly #limits: ReassemblyLimits;
  /** By the addresses, the protocol and the identification; the oldest first. */
  readonly #datagrams = new Map<string, Datagram>();

  constructor(accounts: PacketAccounts, budget: MemoryBudget, limits: ReassemblyLimits) {
    this.#accounts = accounts;
    this.#budget = budget;
    this.#limits = limits;
  }

  /**
   * Takes a packet whose kind is `fragment`.
   * @param size its captured bytes, all of which are accounted for here
   * @param now seconds; NaN where no time is known so far
   * @param ordinals the packet's place in the input, or those of the fragments that it came in
   * @returns the datagram, where this completes it: then its `length` bytes are the caller's to account for
   */
  push(packet: DecodedPacket, size: number, now: number, ordinals: readonly number[]): WholeDatagram | undefined {
    this.#expire(now);
    const ip = packet.ipVersion === 4 ? packet.ipv4 : packet.ipv6;
    const { fragmentOffset: offset, payloadStart, payloadEnd } = ip;
    const payload = payloadEnd - payloadStart;
    const packets = ordinals.length;
    if (packet.missing > 0) return this.#drop("short-fragment", packets, size);
    if (offset + payload > MAX_DATAGRAM || (ip.moreFragments && payload === 0))
      return this.#drop("malformed-fragment", packets, size);
    const key = keyOf(packet, ip.identification);
    const datagram = this.#datagrams.get(key) ?? this.#open(key, now);
    const grown = datagram.grownBy(offset + payload);
    const reserved = grown + packets * ORDINAL_BYTES;
    if (!this.#budget.tryReserve(reserved)) return this.#drop("memory-budget", packets, size);
    datagram.reserved += reserved;
    this.#accounts.settleHeaders(size - payload);
    for (const ordinal of ordinals) datagram.ordinals.push(ordinal);
    const added = datagram.add(packet.bytes, payloadStart, offset, payload, ip.moreFragments, packet.protocol);
    this.#accounts.settleSkipped("duplicate-fragment", payload - added);
    if (!datagram.isWhole) return undefined;
    this.#close(key, datagram);
    // A fragment that claimed to stand behind the end was kept, and is no part of it.
    this.#accounts.settleSkipped("duplicate-fragment", datagram.received - datagram.length);
    return datagram;
  }

  /** Drops what waits. */
  finish(): void {
    for (const [key, datagram] of this.#datagrams) this.#abandon(key, datagram);
  }

  #open(key: string, now: number): Datagram {
    const [oldest] = this.#datagrams;
    if (oldest !== undefined && this.#datagrams.size >= this.#limits.datagrams) this.#abandon(...oldest);
    const datagram = new Datagram(now);
    this.#datagrams.set(key, datagram);
    return datagram;
  }

  #expire(now: number): void {
    if (Number.isNaN(now)) return;
    for (const [key, datagram] of this.#datagrams) {
      if (Number.isNaN(datagram.opened)) datagram.opened = now;
      if (Math.abs(now - datagram.opened) <= this.#limits.datagramSeconds) return;
      this.#abandon(key, datagram);
    }
  }

  #abandon(key: string, datagram: Datagram): void {
    this.#close(key, datagram);
    this.#accounts.dropPackets("incomplete-fragments", datagram.ordinals.length, datagram.received);
  }

  #close(key: string, datagram: Datagram): void {
    this.#datagrams.delete(key);
    this.#budget.release(datagram.reserved);
  }

  #drop(reason: LedgerReason, packets: number, size: number): undefined {
    this.#accounts.dropPackets(reason, packets, size);
  }
}

/** The length of a datagram has 16 bits. */
const MAX_DATAGRAM = 0xffff;
const ORDINAL_BYTES = 8;

class Datagram implements WholeDatagram {
  opened: number;
  bytes: Uint8Array = new Uint8Array(0);
  reserved = 0;
  readonly ordinals: number[] = [];
  /** Bytes that were kept. */
  received = 0;
  /** Known once the last fragment was seen. */
  length = -1;
  /** Taken from the first fragment: later ones may differ (RFC 8200). */
  protocol = 0;
  /** The ranges that were received, sorted, none touching another. */
  #ranges: { start: number; end: number }[] = [];

  constructor(opened: number) {
    this.opened = opened;
  }

  get isWhole(): boolean {
    const first = this.#ranges[0];
    return this.length >= 0 && first !== undefined && first.start === 0 && first.end >= this.length;
  }

  /** By how many bytes the memory grows when it holds `size` bytes. */
  grownBy(size: number): number {
    return size <= this.bytes.length
      ? 0
      : Math.max(size, Math.min(this.bytes.length * 2, MAX_DATAGRAM)) - this.bytes.length;
  }

  /** Keeps what is new of a fragment, and gives how much that was. */
  add(from: Uint8Array, at: number, offset: number, size: number, more: boolean, protocol: number): number {
    const growth = this.grownBy(offset + size);
    if (growth > 0) {
      const grown = new Uint8Array(this.bytes.length + growth);
      grown.set(this.bytes);
      this.bytes = grown;
    }
    if (offset === 0) this.protocol = protocol;
    if (!more && this.length < 0) this.length = offset + size;
    let added = 0;
    let cursor = offset;
    const end = offset + size;
    for (const range of [...this.#ranges, { start: end, end }]) {
      const to = Math.min(end, range.start);
      if (to > cursor) {
        this.bytes.set(from.subarray(at + cursor - offset, at + to - offset), cursor);
        added += to - cursor;
      }
      cursor = Math.max(cursor, range.end);
      if (cursor >= end) break;
    }
    if (size > 0) this.#merge(offset, end);
    this.received += added;
    return added;
  }

  #merge(start: number, end: number): void {
    const merged = { start, end };
    const others = this.#ranges.filter((range) => {
      if (range.end < merged.start || range.start > merged.end) return true;
      merged.start = Math.min(merged.start, range.start);
      merged.end = Math.max(merged.end, range.end);
      return false;
    });
    this.#ranges = [...others, merged].sort((a, b) => a.start - b.start);
  }
}

function keyOf(packet: DecodedPacket, identification: number): string {
  const { addressBytes, addressSize, sourceAddress, destinationAddress } = packet;
  let key = `${packet.ipVersion}.${packet.ipVersion === 4 ? packet.protocol : 0}.${identification}`;
  for (let i = 0; i < addressSize; i++)
    key += `.${addressBytes[sourceAddress + i]}.${addressBytes[destinationAddress + i]}`;
  return key;
}
