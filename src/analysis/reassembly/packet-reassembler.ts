import {
  type Connection,
  DEFAULT_MEMORY_BUDGET,
  Ledger,
  MemoryBudget,
  type SocketObserver,
  UNKNOWN_TIME,
} from "../../model/index.ts";
import { DecodedPacket, type PacketKind } from "../../wire/packet/index.ts";
import type { CapturedPacket } from "../../wire/pcap/index.ts";
import { ConnectionTracker } from "./connection-tracker.ts";
import type { DatagramClaim } from "./datagram-claim.ts";
import { DatagramTracker } from "./datagram-tracker.ts";
import { FragmentReassembler, type WholeDatagram } from "./fragment-reassembler.ts";
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
  /**
   * Told which packets a fragmented datagram of a connection came in, when it is whole: their places in the order in which they were
   * pushed, from 0. Borrowed.
   */
  readonly fragments?: (connection: Connection, ordinals: readonly number[]) => void;
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
  readonly #tellFragments: PacketReassemblerOptions["fragments"];
  #pushed = 0;

  constructor(options: PacketReassemblerOptions) {
    this.ledger = options.ledger ?? new Ledger();
    this.budget = options.budget ?? new MemoryBudget(DEFAULT_MEMORY_BUDGET);
    this.limits = { ...DEFAULT_REASSEMBLY_LIMITS, ...options.limits };
    this.#context = new ReassemblyContext(options.observer, this.ledger, this.budget, this.limits);
    this.#fragments = new FragmentReassembler(this.#context.accounts, this.#context.pendingBudget, this.limits);
    this.#context.source = options.source;
    this.#tracker = new ConnectionTracker(this.#context);
    this.#datagrams = new DatagramTracker(this.#context, options.claimsDatagram);
    this.#tellFragments = options.fragments;
  }

  /** `Connection.source` of the connections that are seen first from now on. */
  set source(source: string) {
    this.#context.source = source;
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
    const ordinal = this.#pushed++;
    if (captured.hasTime) context.setTime(seconds, captured.nanos);
    else context.setTime(UNKNOWN_TIME.seconds, UNKNOWN_TIME.nanos);
    if (captured.hasTime) context.clock = seconds;
    this.#tracker.advance(seconds, captured.nanos);
    this.#datagrams.advance(seconds);
    context.accounts.enterPacket(size);
    const kind = packet.decode(captured.linkType, bytes, start, end);
    if (kind === "tcp") {
      const { tcp } = packet;
      context.accounts.settleTransportPacket(size - (tcp.payloadEnd - tcp.payloadStart));
      return this.#tracker.push(packet, packet.missing);
    }
    if (kind === "fragment") return this.#pushFragment(size, [ordinal], 0);
    if (kind === "udp") return this.#pushDatagram(1, size);
    this.#settleOther(kind === "unknown-link-type" ? `${kind}-${captured.linkType}` : kind, 1, size);
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

  #pushFragment(size: number, ordinals: readonly number[], depth: number): Connection | undefined {
    const datagram = this.#fragments.push(this.packet, size, this.#context.clock, ordinals);
    return datagram && this.#pushWhole(datagram, depth);
  }

  #pushWhole({ protocol, bytes, length, ordinals }: WholeDatagram, depth: number): Connection | undefined {
    const { packet } = this;
    const kind = packet.decodeTransport(protocol, bytes, 0, length);
    // A tunnel's packets may be fragments, and so may be those of what it carries.
    if (kind === "fragment" && depth < MAX_DEPTH) return this.#pushFragment(length, ordinals, depth + 1);
    let connection: Connection | undefined;
    if (kind === "tcp") connection = this.#pushSegment(length, ordinals.length);
    else if (kind === "udp") connection = this.#pushDatagram(ordinals.length, length);
    else this.#settleOther(kind, ordinals.length, length);
    if (connection !== undefined) this.#tellFragments?.(connection, ordinals);
    return connection;
  }

  #pushSegment(length: number, packets: number): Connection | undefined {
    const { packet } = this;
    const { tcp } = packet;
    this.#context.accounts.settleTransportFragments(packets, length - (tcp.payloadEnd - tcp.payloadStart));
    return this.#tracker.push(packet, 0);
  }

  #pushDatagram(packets: number, size: number): Connection | undefined {
    const { packet } = this;
    const connection = this.#datagrams.push(packet, packets, size);
    if (connection === undefined) this.#settleOther("udp", packets, size);
    return connection;
  }

  #settleOther(kind: PacketKind | `unknown-link-type-${number}`, packets: number, size: number): void {
    const { accounts } = this.#context;
    if (LOST_KINDS.test(kind)) accounts.dropPackets(kind, packets, size);
    else accounts.skipPackets(kind, packets, size);
  }
}

/** How deep fragments may stand in fragments. */
const MAX_DEPTH = 8;

/** Packets that could not be decoded, as against those that nobody asked for. */
const LOST_KINDS = /^(short|malformed)-/;
