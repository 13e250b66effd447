import type { Ledger, LedgerBook, LedgerReason } from "../../model/index.ts";

/**
 * The ledger's books of the packets. Every captured packet enters `packets`, and its bytes `packet-bytes`; of these,
 * `handled` are those that were handed on in a connection's events. What happens with nearly every packet is summed here, and
 * goes into the books when they are settled.
 */
export class PacketAccounts {
  readonly packets: LedgerBook;
  readonly bytes: LedgerBook;
  #packets = 0;
  #transportPackets = 0;
  #entered = 0;
  #headers = 0;
  #delivered = 0;

  constructor(ledger: Ledger) {
    this.packets = ledger.book("packets");
    this.bytes = ledger.book("packet-bytes");
  }

  /** A packet of so many captured bytes came in. */
  enterPacket(size: number): void {
    this.#packets++;
    this.#entered += size;
  }

  /** It carries a TCP segment, or a datagram that is looked into: others account for the payload, the rest of it is headers. */
  settleTransportPacket(headers: number): void {
    this.#transportPackets++;
    this.#headers += headers;
  }

  /** The same for a datagram that came in several packets, which were entered with them. */
  settleTransportFragments(packets: number, headers: number): void {
    this.#transportPackets += packets;
    this.#headers += headers;
  }

  /** Bytes of headers of a packet whose rest others account for. */
  settleHeaders(size: number): void {
    this.#headers += size;
  }

  settleDelivered(size: number): void {
    this.#delivered += size;
  }

  /** Payload that was not handed on, on purpose. */
  settleSkipped(reason: LedgerReason, size: number): void {
    if (size === 0) return;
    this.settle();
    this.bytes.settleSkipped(reason, size);
  }

  settleDropped(reason: LedgerReason, size: number): void {
    if (size === 0) return;
    this.settle();
    this.bytes.settleDropped(reason, size);
  }

  /** Packets that are not looked into. */
  skipPackets(reason: LedgerReason, count: number, size: number): void {
    this.settle();
    this.packets.settleSkipped(reason, count);
    this.bytes.settleSkipped(reason, size);
  }

  dropPackets(reason: LedgerReason, count: number, size: number): void {
    this.settle();
    this.packets.settleDropped(reason, count);
    this.bytes.settleDropped(reason, size);
  }

  /** Brings the books up to date. */
  settle(): void {
    if (this.#entered > 0) this.bytes.enter(this.#entered);
    if (this.#headers > 0) this.bytes.settleSkipped("headers", this.#headers);
    if (this.#delivered > 0) this.bytes.settleHandled(this.#delivered);
    if (this.#packets > 0) this.packets.enter(this.#packets);
    if (this.#transportPackets > 0) this.packets.settleHandled(this.#transportPackets);
    this.#entered = 0;
    this.#headers = 0;
    this.#delivered = 0;
    this.#packets = 0;
    this.#transportPackets = 0;
  }
}
