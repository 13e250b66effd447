import {
  type Connection,
  DEFAULT_MEMORY_BUDGET,
  Ledger,
  MemoryBudget,
  type SocketObserver,
} from "../../model/index.ts";
import { DecodedPacket, type PacketKind } from "../../wire/packet/index.ts";
import type { CapturedPacket } from "../../wire/pcap/index.ts";
import { ConnectionTracker } from "./connection-tracker.ts";
import type { DatagramClaim } from "./datagram-claim.ts";
import { DatagramTracker } from "./datagram-tracker.ts";
import { FragmentReassembler } from "./fragment-reassembler.ts";
import { ReassemblyContext } from "./reassembly-context.ts";
import { DEFAULT_REASSEMBLY_LIMITS, type ReassemblyCounters, type ReassemblyLimits } from "./reassembly-limits.ts";

export interface PacketReassemblerOptions {
  /** Gets the events of all connections, those of one in order. */
  readonly observer: SocketObserver;
  /** Gets the books `packets` and `packet-bytes`. */
  readonly ledger?: Ledger;
  /** The process's budget; by default one of its own, of 256 MiB. */
  readonly budget?: MemoryBudget;
  readonly limits?: Partial<ReassemblyLimits>;
  /** `Connection.source` of the connections. */
  readonly source?: string;
  /** Which datagrams are looked into; by default none. */
  readonly claimsDatagram?: DatagramClaim;
}

/**
 * Turns captured packets into socket events: link, network and transport headers are decoded, fragments put together, and TCP
 * streams brought in order.
 *
 *     packet ─▶ decode ─┬─ tcp ──────────────────▶ connection ─▶ stream ─▶ SocketEvent
 *                       ├─ udp, if a protocol claims it ▶ flow ──▶ SocketEvent
 *                       ├─ fragment ▶ datagram ─▶ tcp …
 *                       └─ anything else: counted by what it is
 *
 * Who sent the SYN is the client, and `local` the server. Of a connection that was joined in the middle `local` is the end with
 * the lower port, and the role `unknown`. Its `opened` is absent. So it is of datagrams: all between the same ends are one
 * connection, each is one event.
 */
export class PacketReassembler {
  readonly ledger: Ledger;
  readonly budget: MemoryBudget;
  readonly limits: ReassemblyLimits;
  /** The packet that was pushed last, taken apart. */
  readonly packet = new DecodedPacket();
  readonly #context: ReassemblyContext;
  readonly #fragments: FragmentReassembler;
  readonly #tracker: ConnectionTracker;
  readonly #datagrams: DatagramTracker;

  constructor(options: PacketReassemblerOptions) {
    this.ledger = options.ledger ?? new Ledger();
    this.budget = options.budget ?? new MemoryBudget(DEFAULT_MEMORY_BUDGET);
    this.limits = { ...DEFAULT_REASSEMBLY_LIMITS, ...options.limits };
    this.#context = new ReassemblyContext(options.observer, this.ledger, this.budget, this.limits);
    this.#fragments = new FragmentReassembler(this.#context.accounts, this.#context.pendingBudget, this.limits);
    this.#tracker = new ConnectionTracker(this.#context, options.source);
    this.#datagrams = new DatagramTracker(this.#context, options.source, options.claimsDatagram);
  }

  /** Connections that are followed or remembered now. */
  get connections(): number {
    return this.#tracker.size + this.#datagrams.size;
  }

  get counters(): Readonly<ReassemblyCounters> {
    return this.#context.counters;
  }

  /**
   * Takes the next packet; its bytes are borrowed. Its connection's events come before this returns.
   * @returns the connection that it belongs to; undefined for what is not looked into, and for all fragments of a datagram but the last
   */
  push(captured: CapturedPacket): Connection | undefined {
    const { packet } = this;
    const context = this.#context;
    const { bytes, start, end, seconds } = captured;
    const size = end - start;
    context.setTime(seconds, captured.nanos);
    this.#tracker.advance(seconds);
    this.#datagrams.advance(seconds);
    context.accounts.enterPacket(size);
    const kind = packet.decode(captured.linkType, bytes, start, end);
    if (kind === "tcp") {
      const { tcp } = packet;
      context.accounts.settleTransportPacket(size - (tcp.payloadEnd - tcp.payloadStart));
      return this.#tracker.push(packet, packet.missing);
    }
    if (kind === "fragment") return this.#pushFragment(size);
    if (kind === "udp") return this.#pushDatagram(1, size);
    this.#settleOther(kind, 1, size);
    return undefined;
  }

  /** Brings the ledger up to date: call it now and then, and before the ledger is read. */
  settle(): void {
    this.#context.accounts.settle();
  }

  /** The input is over: what waits is handed on, with gaps for what is missing, and open connections are closed (`unknown`). */
  finish(): void {
    this.#fragments.finish();
    this.#tracker.finish();
    this.#datagrams.finish();
    this.settle();
  }

  #pushFragment(size: number): Connection | undefined {
    const { packet } = this;
    const { accounts } = this.#context;
    const datagram = this.#fragments.push(packet, size, this.#context.seconds);
    if (datagram === undefined) return undefined;
    const kind = packet.decodeTransport(datagram.protocol, datagram.bytes, 0, datagram.length);
    if (kind === "udp") return this.#pushDatagram(datagram.fragments, datagram.length);
    if (kind !== "tcp") {
      this.#settleOther(kind, datagram.fragments, datagram.length);
      return undefined;
    }
    const { tcp } = packet;
    accounts.settleTransportFragments(datagram.fragments, datagram.length - (tcp.payloadEnd - tcp.payloadStart));
    return this.#tracker.push(packet, 0);
  }

  #pushDatagram(packets: number, size: number): Connection | undefined {
    const { packet } = this;
    const connection = this.#datagrams.push(packet, packets, size);
    if (connection === undefined) this.#settleOther("udp", packets, size);
    return connection;
  }

  #settleOther(kind: PacketKind, packets: number, size: number): void {
    const { accounts } = this.#context;
    if (LOST_KINDS.test(kind)) accounts.dropPackets(kind, packets, size);
    else accounts.skipPackets(kind, packets, size);
  }
}

/** Packets that could not be decoded, as against those that nobody asked for. */
const LOST_KINDS = /^(short|malformed)-/;
