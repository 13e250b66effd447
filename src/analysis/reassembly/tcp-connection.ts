import { type Connection, type Direction, isKnownTime, type SocketClosed } from "../../model/index.ts";
import { TcpFlag, type TcpHeader } from "../../wire/packet/index.ts";
import type { ConnectionList } from "./connection-list.ts";
import { type ConnectionKey, copyKey } from "./connection-table.ts";
import type { ReassemblyContext } from "./reassembly-context.ts";
import { TcpStream } from "./tcp-stream.ts";

/** - `opening`: a SYN was seen, and nothing that says it was answered. - `closed`: its end was told. */
type State = "opening" | "open" | "closed";

/** The result of taking a segment: it was taken, or it begins a new connection between the same ends. */
export type SegmentVerdict = "taken" | "new-connection";

/**
 * One TCP connection as packets show it: its two streams, how it opened and how it closed. The sender of a segment is 0 for
 * the lower end of the key and 1 for the higher.
 */
export class TcpConnection {
  connection: Connection = NO_CONNECTION;
  readonly key: ConnectionKey = { hash: 0, addressSize: 4, words: [], lowPort: 0, highPort: 0 };
  state: State = "closed";
  /** Packets so far. Those that one side sent at the same moment are one: it does not matter how its bytes were cut. */
  packets = 0;
  /** An event told of it. */
  announced = false;
  /** The time of its last packet. */
  seconds = 0;
  nanos = 0;
  /** And by the number of packets of all connections. */
  lastPacket = 0;
  /** Bytes of the budget that are reserved for it. */
  reserved = 0;
  // Links of the table and the list that it is in.
  nextInBucket: TcpConnection | undefined;
  list: ConnectionList | undefined;
  older: TcpConnection | undefined;
  newer: TcpConnection | undefined;
  readonly #context: ReassemblyContext;
  readonly #streams: readonly [TcpStream, TcpStream];
  /** Who reset it; -1 for nobody. */
  #resetBy = -1;

  constructor(context: ReassemblyContext) {
    this.#context = context;
    this.#streams = [new TcpStream(this, context), new TcpStream(this, context)];
    this.#streams[0].peer = this.#streams[1];
    this.#streams[1].peer = this.#streams[0];
  }

  /**
   * Begins to follow a connection: the objects of those that are gone are used again, because a flood of connections would
   * fill the heap quicker than it is swept.
   *
   * @param localIsHigh which end of the key is the connection's local one
   * @param opening its first packet is a SYN
   */
  follow(connection: Connection, key: ConnectionKey, localIsHigh: boolean, opening: boolean): void {
    this.connection = connection;
    copyKey(key, this.key);
    this.state = opening ? "opening" : "open";
    this.announced = opening;
    this.packets = 0;
    this.#resetBy = -1;
    this.#streams[0].reset(localIsHigh ? "read" : "write");
    this.#streams[1].reset(localIsHigh ? "write" : "read");
  }

  /** Nothing refers to what it followed any more. */
  release(): void {
    this.connection = NO_CONNECTION;
  }

  /**
   * Takes one segment; its payload may go on for `missing` bytes that were not captured. Every captured byte of the payload is
   * accounted for, unless it begins a new connection: then nothing was taken.
   */
  push(sender: 0 | 1, tcp: TcpHeader, bytes: Uint8Array, missing: number): SegmentVerdict {
    const { flags } = tcp;
    const own = this.#streams[sender];
    const other = this.#streams[sender === 0 ? 1 : 0];
    if (this.packets === 0 || own.lastPacket !== this.packets || !this.#isSameMoment()) this.packets++;
    own.lastPacket = this.packets;
    if ((flags & TcpFlag.SYN) !== 0 && (flags & (TcpFlag.RST | TcpFlag.FIN)) !== 0) return this.#passOver(tcp);
    if ((flags & TcpFlag.SYN) !== 0 && !this.#isInTheMiddle(own, other, tcp))
      return this.#pushSyn(own, other, tcp, bytes, missing);
    if ((flags & TcpFlag.RST) !== 0) return this.#pushReset(sender, own, tcp);
    const length = tcp.payloadEnd - tcp.payloadStart + missing;
    if (this.state === "closed") return this.#pushLate(sender, own, tcp, length);
    if (!own.synchronised) own.join(tcp.sequence);
    else if (length > 0 && this.#isStray(own, tcp.sequence)) return this.#pushStray(own, tcp, length);
    if (this.state === "opening") this.#establish();
    let after = 0;
    if ((flags & TcpFlag.ACK) !== 0) {
      if (!other.synchronised) other.join(tcp.acknowledgment);
      else if (((tcp.acknowledgment - other.next) | 0) > 0) {
        const isAhead = ((tcp.sequence - own.next) | 0) > 0;
        after = other.acknowledge(tcp.acknowledgment, isAhead);
      }
    }
    const fin = (flags & TcpFlag.FIN) !== 0;
    if (length > 0 || fin) {
      const acknowledged = (flags & TcpFlag.ACK) === 0 ? undefined : other.positionOf(tcp.acknowledgment);
      own.accept(tcp.sequence, bytes, tcp.payloadStart, tcp.payloadEnd, missing, fin, after, acknowledged);
    }
    if (own.isWaiting || other.isWaiting) this.#drain();
    if (this.#isOver()) this.close("fin");
    if (own.hasHole || other.hasHole) this.checkHoles();
    return "taken";
  }

  /** Nobody sends a SYN that ends something: every receiver drops it. */
  #passOver(tcp: TcpHeader): SegmentVerdict {
    this.#context.accounts.settleSkipped("impossible-flags", tcp.payloadEnd - tcp.payloadStart);
    return "taken";
  }

  /**
   * A SYN that is just what comes next of an open connection is none: its flags are damaged (RFC 5961 section 4 does not believe it).
   * One that begins a connection acknowledges nothing, not even in a field that says nothing.
   */
  #isInTheMiddle(own: TcpStream, other: TcpStream, tcp: TcpHeader): boolean {
    const hasMoved = this.state === "open" && own.synchronised && other.synchronised && own.offset + other.offset > 0;
    return hasMoved && own.next === (tcp.sequence | 0) && other.next === (tcp.acknowledgment | 0);
  }

  #isSameMoment(): boolean {
    const { seconds, nanos } = this.#context;
    return this.nanos === nanos && this.seconds === seconds;
  }

  /** Each direction was handed on up to its FIN. */
  #isOver(): boolean {
    return this.#streams[0].ended && this.#streams[1].ended;
  }

  get hasHole(): boolean {
    return this.#streams[0].hasHole || this.#streams[1].hasHole;
  }

  checkHoles(): void {
    for (const stream of this.#streams) if (stream.hasHole) stream.checkHole();
    this.#drain();
    if (this.#isOver()) this.close("fin");
  }

  /** Hands on what waits, with gaps for what is missing, and tells the end. @param by the direction in which a reset was sent */
  close(reason: SocketClosed["how"], by?: Direction): void {
    if (this.state === "closed") return;
    const { connection } = this;
    const { observer, time } = this.#context;
    this.giveUpHoles();
    this.#streams[0].flush();
    this.#streams[1].flush();
    // Both said that they are done, behind a hole that nothing had settled before.
    const how = reason !== "reset" && this.#isOver() ? "fin" : reason;
    this.state = "closed";
    if (this.#context.holes.size > 0) this.#context.holes.delete(this);
    if (how === "fin" || how === "reset") connection.closed = time;
    if (!this.announced) return;
    const kind = "close";
    observer.observe(by === undefined ? { kind, connection, time, how } : { kind, connection, time, how, by });
  }

  /** Hands on what waits, with gaps for what is missing. */
  giveUpHoles(): void {
    // Nearly every connection ends with nothing left to hand on.
    if (!this.#streams[0].isWaiting && !this.#streams[1].isWaiting && !this.hasHole) return;
    this.#drain();
    while (this.#giveUpSomething()) this.#drain();
  }

  /** Hands on what waits, each direction as far as the other has come. */
  #drain(): void {
    const one = this.#streams[0];
    const other = this.#streams[1];
    while (one.drain() || other.drain() || this.#settleContradiction());
  }

  /** Each direction waits for the other, which cannot be: what was captured first goes first. */
  #settleContradiction(): boolean {
    const one = this.#streams[0];
    const other = this.#streams[1];
    const since = one.waitingSince;
    const otherSince = other.waitingSince;
    if (since === Number.POSITIVE_INFINITY || otherSince === Number.POSITIVE_INFINITY) return false;
    this.#context.counters.contradictions++;
    (otherSince < since ? other : one).forceFirst();
    return true;
  }

  /** The earlier first: the other may have been sent after it. */
  #inOrderOfHoles(): readonly TcpStream[] {
    const [one, other] = this.#streams;
    return other.pendingSince < one.pendingSince ? [other, one] : this.#streams;
  }

  /** Nothing more will come: one more hole is given up. False when nothing waits any more. */
  #giveUpSomething(): boolean {
    const [one, other] = this.#streams;
    const withHole = this.#inOrderOfHoles().find(({ hasHole }) => hasHole);
    if (withHole !== undefined) withHole.giveUpHole();
    else if (one.isWaiting || other.isWaiting) (one.isWaiting ? one : other).forceFirst();
    else return false;
    return true;
  }

  /** A SYN, or a SYN-ACK: the first of their number open the connection, the same again are retransmissions. */
  #pushSyn(own: TcpStream, other: TcpStream, tcp: TcpHeader, bytes: Uint8Array, missing: number): SegmentVerdict {
    const isAnswer = (tcp.flags & TcpFlag.ACK) !== 0;
    const isSame = own.initial === (tcp.sequence | 0);
    if (isSame && !isAnswer && this.#isReplay(own)) return "new-connection";
    if (!isSame) {
      // The first of its sender, whom the other end may have acknowledged before, or captured behind its first bytes. All else begins anew.
      const isFirst = own.initial === undefined && (!own.synchronised || own.beginsBehind(tcp.sequence));
      if (!isFirst || this.state === "closed" || this.#isReplay(own)) return "new-connection";
      own.open(tcp.sequence);
    }
    if (isAnswer && !other.synchronised) other.open(tcp.acknowledgment - 1);
    const length = tcp.payloadEnd - tcp.payloadStart + missing;
    if (length > 0) {
      // TCP Fast Open (RFC 7413).
      if (this.state === "opening") this.#establish();
      if (this.state === "open")
        own.accept(tcp.sequence + 1, bytes, tcp.payloadStart, tcp.payloadEnd, missing, false, 0, undefined);
      else this.#context.accounts.settleSkipped("after-close", tcp.payloadEnd - tcp.payloadStart);
    }
    return "taken";
  }

  /** A SYN of the same number, long after the connection has got further: a conversation that was replayed, not a retransmission. */
  #isReplay(own: TcpStream): boolean {
    const hasMoved = this.state === "closed" || own.offset > 0;
    return hasMoved && isKnownTime(this) && Math.abs(this.#context.clock - this.seconds) >= REPLAY_SECONDS;
  }

  /** A reset carries no data of the stream. One that stands far from what is expected is not believed (RFC 5961 section 3). */
  #pushReset(sender: 0 | 1, own: TcpStream, tcp: TcpHeader): SegmentVerdict {
    this.#context.accounts.settleSkipped("reset-payload", tcp.payloadEnd - tcp.payloadStart);
    if (this.state === "closed") return "taken";
    const answersSyn = tcp.sequence === 0;
    if (own.synchronised && !answersSyn && Math.abs((tcp.sequence - own.next) | 0) > MAX_RESET_DISTANCE) {
      this.#context.counters.strayResets++;
      return "taken";
    }
    this.#resetBy = sender;
    this.close("reset", own.direction);
    return "taken";
  }

  /** A segment of a connection that is closed: late, sent again, or the first that was seen of a new one. */
  #pushLate(sender: 0 | 1, own: TcpStream, tcp: TcpHeader, length: number): SegmentVerdict {
    if (length === 0) return "taken";
    const captured = tcp.payloadEnd - tcp.payloadStart;
    const distance = (tcp.sequence - own.next) | 0;
    const wasInFlight = this.#resetBy >= 0 && this.#resetBy !== sender && !this.#isStray(own, tcp.sequence);
    if (own.synchronised && distance < 0 && distance + length <= 0 && !this.#isStray(own, tcp.sequence))
      this.#context.accounts.settleSkipped("retransmission", captured);
    else if (wasInFlight) this.#context.accounts.settleSkipped("after-close", captured);
    else return "new-connection";
    return "taken";
  }

  #isStray(own: TcpStream, sequence: number): boolean {
    const distance = (sequence - own.next) | 0;
    const { windowBytes } = this.#context.limits;
    return distance > windowBytes || distance < -windowBytes;
  }

  /** One stray segment is dropped; another that follows on it shows that the ends have gone on without us. */
  #pushStray(own: TcpStream, tcp: TcpHeader, length: number): SegmentVerdict {
    if (own.strayNext === (tcp.sequence | 0)) return "new-connection";
    own.strayNext = (tcp.sequence + length) | 0;
    this.#context.counters.straySegments++;
    this.#context.accounts.settleDropped("stray-segment", tcp.payloadEnd - tcp.payloadStart);
    return "taken";
  }

  #establish(): void {
    const { connection } = this;
    const { time, observer } = this.#context;
    this.state = "open";
    connection.opened = time;
    observer.observe({ kind: "open", connection, time });
  }
}

const NO_CONNECTION: Connection = { id: 0n, transport: "tcp", local: undefined, remote: undefined, role: "unknown" };

/** How long after a connection's last packet its SYN is sent again by nobody: whoever has its answer sends something else. */
const REPLAY_SECONDS = 3;

/** How far from what is expected a reset may stand: much of what it answers may not have been seen. */
const MAX_RESET_DISTANCE = 1024 * 1024;
