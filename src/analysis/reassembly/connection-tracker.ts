import type { Connection } from "../../model/index.ts";
import { type DecodedPacket, TcpFlag } from "../../wire/packet/index.ts";
import { ConnectionList } from "./connection-list.ts";
import { ConnectionTable } from "./connection-table.ts";
import { describeTunnel, endpointOf, isHighLocal } from "./packet-ends.ts";
import type { ReassemblyContext } from "./reassembly-context.ts";
import { TcpConnection } from "./tcp-connection.ts";

/** Keeps the connections of a reassembly: finds and opens them, closes those that are idle or have to make room. */
export class ConnectionTracker {
  readonly #context: ReassemblyContext;
  readonly #table = new ConnectionTable<TcpConnection>();
  readonly #closed = new ConnectionList();
  readonly #opening = new ConnectionList();
  readonly #open = new ConnectionList();
  /** Objects of closed connections, for reuse: no more than there were at once. */
  readonly #unused: TcpConnection[] = [];
  /** The moment of the packet at hand, and the seconds of the moment before it. */
  #seconds = 0;
  #nanos = 0;
  #lastSeconds = 0;
  #sweptSeconds = 0;
  #packetsSinceSweep = 0;
  #packets = 0;

  constructor(context: ReassemblyContext) {
    this.#context = context;
    context.relieve = () => this.#evictIdle();
    context.giveWay = () => this.#endIdleHole();
  }

  get size(): number {
    return this.#table.size;
  }

  /**
   * Gives the TCP segment in `packet` to its connection.
   * @param missing bytes of its payload that were not captured
   */
  push(packet: DecodedPacket, missing: number): Connection | undefined {
    const { tcp } = packet;
    const table = this.#table;
    let connection = table.find(
      packet.addressBytes,
      packet.sourceAddress,
      packet.destinationAddress,
      packet.addressSize,
      tcp.sourcePort,
      tcp.destinationPort,
    );
    const sender = table.fromHigh ? 1 : 0;
    if (connection === undefined) {
      // A packet that ends a connection of which nothing else was seen tells nothing.
      const isEnd = (tcp.flags & (TcpFlag.RST | TcpFlag.FIN)) !== 0 && (tcp.flags & TcpFlag.SYN) === 0;
      const payload = tcp.payloadEnd - tcp.payloadStart;
      if (isEnd && (payload + missing === 0 || (tcp.flags & TcpFlag.RST) !== 0)) {
        this.#context.accounts.settleSkipped("reset-payload", payload);
        return undefined;
      }
      connection = this.#openConnection(packet, sender);
    }
    // It is the last one to make room for what it keeps itself.
    connection.lastPacket = ++this.#packets;
    connection.list?.moveToEnd(connection);
    if (connection.push(sender, tcp, packet.bytes, missing) === "new-connection") {
      this.#remove(connection, "unknown");
      connection = this.#openConnection(packet, sender);
      connection.lastPacket = this.#packets;
      connection.push(sender, tcp, packet.bytes, missing);
    }
    this.#touch(connection);
    return connection.connection;
  }

  /** Time has come to that of the next packet: closes what is idle, and gives up holes that are too old. */
  advance(seconds: number, nanos: number): void {
    if (seconds !== this.#seconds || nanos !== this.#nanos) {
      this.#lastSeconds = this.#seconds;
      this.#seconds = seconds;
      this.#nanos = nanos;
    }
    // One moment that is wrong does not make all others old.
    const agreed = Math.min(seconds, this.#lastSeconds);
    this.#packetsSinceSweep++;
    const { holes } = this.#context;
    // However the times jump, the sweeps together cost no more than the packets.
    if (agreed === this.#sweptSeconds || this.#packetsSinceSweep * 8 < holes.size) return;
    this.#sweptSeconds = agreed;
    this.#packetsSinceSweep = 0;
    const { idleSeconds, openingSeconds, closedSeconds } = this.#context.limits;
    this.#closeIdle(this.#closed, agreed - closedSeconds);
    this.#closeIdle(this.#opening, agreed - openingSeconds);
    this.#closeIdle(this.#open, agreed - idleSeconds);
    for (const connection of holes) {
      if (connection.hasHole) connection.checkHoles();
      if (!connection.hasHole) holes.delete(connection);
      if (connection.list !== this.#listOf(connection)) this.#listOf(connection).moveToEnd(connection);
    }
  }

  /** Closes everything. */
  finish(): void {
    for (const list of [this.#closed, this.#opening, this.#open])
      while (list.oldest !== undefined) this.#remove(list.oldest, "unknown");
  }

  #openConnection(packet: DecodedPacket, sender: 0 | 1): TcpConnection {
    const reserved = this.#makeRoom();
    this.#context.counters.connections++;
    const { key } = this.#table;
    const { flags } = packet.tcp;
    const isSyn = (flags & TcpFlag.SYN) !== 0;
    const localIsHigh = isSyn ? ((flags & TcpFlag.ACK) !== 0) === (sender === 1) : isHighLocal(key, sender);
    const source = endpointOf(packet, packet.sourceAddress, packet.tcp.sourcePort);
    const destination = endpointOf(packet, packet.destinationAddress, packet.tcp.destinationPort);
    const sourceIsLocal = (sender === 1) === localIsHigh;
    const id = this.#context.nextId();
    const transport = "tcp";
    const local = sourceIsLocal ? source : destination;
    const remote = sourceIsLocal ? destination : source;
    const role = isSyn ? "server" : "unknown";
    const seenBy = this.#context.source;
    // Spread parts would be three objects more for each connection. V8 makes room for three members that come later: `dialled`, `opened`, `closed`.
    const connection: { -readonly [Name in keyof Connection]: Connection[Name] } =
      seenBy === undefined
        ? { id, transport, local, remote, role }
        : { id, transport, local, remote, role, source: seenBy };
    if (isSyn && (flags & TcpFlag.ACK) === 0) connection.dialled = this.#context.time;
    if (packet.tunnel !== undefined) connection.tunnel = describeTunnel(packet, packet.tunnel);
    const added = this.#unused.pop() ?? new TcpConnection(this.#context);
    added.follow(connection, key, localIsHigh, isSyn);
    added.reserved = reserved;
    this.#table.add(added);
    return added;
  }

  /** Makes room for one more connection, and gives how much of the budget is reserved for it: one is always let in. */
  #makeRoom(): number {
    const { limits, budget } = this.#context;
    while (this.#table.size > 0) {
      if (this.#table.size < limits.connections && budget.tryReserve(CONNECTION_COST)) return CONNECTION_COST;
      this.#evict();
    }
    return budget.tryReserve(CONNECTION_COST) ? CONNECTION_COST : 0;
  }

  #touch(connection: TcpConnection): void {
    const { seconds, nanos } = this.#context;
    this.#listOf(connection).moveToEnd(connection);
    connection.seconds = seconds;
    connection.nanos = nanos;
  }

  #listOf(connection: TcpConnection): ConnectionList {
    return connection.state === "open" ? this.#open : connection.state === "opening" ? this.#opening : this.#closed;
  }

  /** A connection is idle once there were packets enough for every other one. */
  #isIdle(connection: TcpConnection): boolean {
    return connection.lastPacket < this.#packets - Math.max(MIN_IDLE_PACKETS, 2 * this.#table.size);
  }

  #evictIdle(): boolean {
    const victim = this.#closed.oldest ?? this.#open.oldest;
    if (victim === undefined || !this.#isIdle(victim)) return false;
    if (victim.state !== "closed") this.#context.counters.evictedConnections++;
    this.#remove(victim, "unknown");
    return true;
  }

  /** Gives up the holes of an idle connection: of those with the oldest ones first. */
  #endIdleHole(): boolean {
    const { holes } = this.#context;
    let looks = 0;
    for (const connection of holes) {
      if (++looks > MAX_LOOKS) return false;
      if (!this.#isIdle(connection)) continue;
      holes.delete(connection);
      connection.giveUpHoles();
      return true;
    }
    return false;
  }

  /** A flood of SYNs takes a quarter of the room at most from those that are open. */
  #evict(): void {
    const { limits, counters } = this.#context;
    const isFlood = this.#opening.size > limits.connections / 4 || this.#open.size === 0;
    const victim = this.#closed.oldest ?? (isFlood ? this.#opening.oldest : this.#open.oldest);
    if (victim === undefined) return;
    if (victim.state !== "closed") counters.evictedConnections++;
    this.#remove(victim, "unknown");
  }

  #closeIdle(list: ConnectionList, before: number): void {
    while (list.oldest !== undefined && list.oldest.seconds < before) {
      if (list !== this.#closed) this.#context.counters.timedOutConnections++;
      this.#remove(list.oldest, "timeout");
    }
  }

  /** Its last events have the time of its last packet. */
  #remove(connection: TcpConnection, how: "unknown" | "timeout"): void {
    const context = this.#context;
    const { seconds, nanos } = context;
    context.setTime(connection.seconds, connection.nanos);
    connection.close(how);
    context.setTime(seconds, nanos);
    if (context.holes.size > 0) context.holes.delete(connection);
    this.#table.remove(connection);
    connection.list?.remove(connection);
    context.budget.release(connection.reserved);
    connection.release();
    this.#unused.push(connection);
  }
}

const MIN_IDLE_PACKETS = 1000;
/** Connections with holes that are asked each time whether they are idle. */
const MAX_LOOKS = 16;

/** Bytes of memory that a connection takes, whatever is buffered for it. */
const CONNECTION_COST = 2048;
