import type { Connection } from "../../model/index.ts";
import type { DecodedPacket } from "../../wire/packet/index.ts";
import { type ConnectionKey, ConnectionTable, copyKey, type TableEntry } from "./connection-table.ts";
import type { DatagramClaim } from "./datagram-claim.ts";
import { describeTunnel, endpointOf, isHighLocal } from "./packet-ends.ts";
import type { ReassemblyContext } from "./reassembly-context.ts";

/** Makes connections of datagrams: all between the same two ends are one, until nothing comes for a while. */
export class DatagramTracker {
  readonly #context: ReassemblyContext;
  readonly #claims: DatagramClaim | undefined;
  readonly #table = new ConnectionTable<DatagramFlow>();
  /** The one that something last happened on is the last. */
  readonly #flows = new Set<DatagramFlow>();
  #lastSeconds = 0;

  constructor(context: ReassemblyContext, claims: DatagramClaim | undefined) {
    this.#context = context;
    this.#claims = claims;
  }

  get size(): number {
    return this.#flows.size;
  }

  /**
   * Takes the datagram in `packet`, which came in so many packets of `size` captured bytes together.
   * @returns its connection, after the event; undefined where no protocol looks into it: nothing was accounted for then
   */
  push(packet: DecodedPacket, packets: number, size: number): Connection | undefined {
    const { udp, bytes } = packet;
    const { payloadStart: start, payloadEnd: end, sourcePort, destinationPort } = udp;
    const isClaimed = this.#claims?.(bytes, start, end, sourcePort, destinationPort, isGroup(packet)) === true;
    // Datagrams between ends that are followed are theirs, whatever they look like.
    if (!isClaimed && this.#flows.size === 0) return undefined;
    const context = this.#context;
    const found = this.#table.find(
      packet.addressBytes,
      packet.sourceAddress,
      packet.destinationAddress,
      packet.addressSize,
      sourcePort,
      destinationPort,
    );
    if (!isClaimed && found === undefined) return undefined;
    const sender = this.#table.fromHigh ? 1 : 0;
    const flow = found ?? this.#open(packet, sender);
    this.#touch(flow);
    context.accounts.settleTransportFragments(packets, size - (end - start));
    context.accounts.settleDelivered(end - start);
    const missing = Math.max(0, udp.length - 8 - (end - start));
    context.observer.observe({
      kind: "data",
      connection: flow.connection,
      time: context.time,
      direction: sender === (flow.localIsHigh ? 1 : 0) ? "write" : "read",
      offset: flow.offsets[sender],
      data: bytes.subarray(start, end),
      ...(missing > 0 && { truncated: true, missing }),
    });
    flow.offsets[sender] += end - start + missing;
    return flow.connection;
  }

  /** Time has come to that of the next packet: closes what is idle. */
  advance(seconds: number): void {
    // One packet with a wrong time does not make all others old.
    const before = Math.min(seconds, this.#lastSeconds) - this.#context.limits.datagramFlowSeconds;
    this.#lastSeconds = seconds;
    if (this.#flows.size === 0) return;
    for (const flow of this.#flows) {
      if (flow.seconds >= before) break;
      this.#context.counters.timedOutDatagramFlows++;
      this.#close(flow, "timeout");
    }
  }

  /** Closes everything. */
  finish(): void {
    for (const flow of this.#flows) this.#close(flow, "unknown");
  }

  #open(packet: DecodedPacket, sender: 0 | 1): DatagramFlow {
    const reserved = this.#makeRoom();
    const context = this.#context;
    context.counters.datagramFlows++;
    const { key } = this.#table;
    const localIsHigh = isHighLocal(key, sender);
    const source = endpointOf(packet, packet.sourceAddress, packet.udp.sourcePort);
    const destination = endpointOf(packet, packet.destinationAddress, packet.udp.destinationPort);
    const sourceIsLocal = (sender === 1) === localIsHigh;
    const flow = new DatagramFlow(key, localIsHigh, reserved, {
      id: context.nextId(),
      transport: "udp",
      local: sourceIsLocal ? source : destination,
      remote: sourceIsLocal ? destination : source,
      role: "unknown",
      ...(this.#context.source === undefined ? {} : { source: this.#context.source }),
      ...(packet.tunnel === undefined ? {} : { tunnel: describeTunnel(packet, packet.tunnel) }),
    });
    this.#table.add(flow);
    this.#flows.add(flow);
    return flow;
  }

  /** Makes room for one more, and gives how much of the budget is reserved for it: one is always let in. */
  #makeRoom(): number {
    const { limits, budget, counters } = this.#context;
    for (const idlest of this.#flows) {
      if (this.#flows.size < limits.datagramFlows && budget.tryReserve(FLOW_COST)) return FLOW_COST;
      counters.evictedDatagramFlows++;
      this.#close(idlest, "unknown");
    }
    return budget.tryReserve(FLOW_COST) ? FLOW_COST : 0;
  }

  #touch(flow: DatagramFlow): void {
    const { seconds, nanos } = this.#context;
    // The order within a second does not matter.
    if (flow.seconds !== seconds) {
      this.#flows.delete(flow);
      this.#flows.add(flow);
    }
    flow.seconds = seconds;
    flow.nanos = nanos;
  }

  #close(flow: DatagramFlow, how: "timeout" | "unknown"): void {
    const context = this.#context;
    this.#table.remove(flow);
    this.#flows.delete(flow);
    context.budget.release(flow.reserved);
    const time = { seconds: flow.seconds, nanos: flow.nanos };
    context.observer.observe({ kind: "close", connection: flow.connection, time, how });
  }
}

/** Whether it is sent to a multicast address. */
function isGroup({ addressBytes, destinationAddress, addressSize }: DecodedPacket): boolean {
  const first = addressBytes[destinationAddress]!;
  return addressSize === 4 ? first >> 4 === 0xe : first === 0xff;
}

/** Bytes of memory that a flow takes. */
const FLOW_COST = 512;

class DatagramFlow implements TableEntry<DatagramFlow> {
  readonly key: ConnectionKey = { hash: 0, addressSize: 4, words: [], lowPort: 0, highPort: 0 };
  nextInBucket: DatagramFlow | undefined;
  readonly connection: Connection;
  readonly localIsHigh: boolean;
  readonly reserved: number;
  /** Where the next datagram of each end stands in its stream. */
  readonly offsets: [number, number] = [0, 0];
  /** The time of its last datagram. */
  seconds = -1;
  nanos = 0;

  constructor(key: ConnectionKey, localIsHigh: boolean, reserved: number, connection: Connection) {
    copyKey(key, this.key);
    this.localIsHigh = localIsHigh;
    this.reserved = reserved;
    this.connection = connection;
  }
}
