import type { FlowEvent, Ledger, LedgerBook, Timestamp } from "../../../model/index.ts";
import type { KernelConnections, Loss } from "../loader/kernel-connections.ts";
import { ConnectionMaker, type ConnectionMakerOptions } from "./connection-maker.ts";
import { hasEnds, readConnectionRecord } from "./connection-record.ts";
import type { DatagramSocket } from "./datagram-socket.ts";
import { describeLoss, describePacket } from "./describe-packet.ts";
import { type KernelOperation, noteOperation } from "./kernel-operation.ts";
import { LiveConnection } from "./live-connection.ts";
import { addPath } from "./path-sums.ts";
import { readOwn, readPeer, readPiece } from "./piece.ts";
import { type ProcessEvent, readProcessEvent } from "./process-event.ts";
import { FIELD, FLAG, HEADER_BYTES, RECORD, readU64 } from "./record.ts";
import { TlsSessions } from "./tls-sessions.ts";

export interface RecordTranslatorOptions extends ConnectionMakerOptions {
  readonly ledger: Ledger;
  /** A process is watched from now on, runs something else, has mapped code, or has ended. */
  readonly onProcess?: (event: ProcessEvent) => void;
  /** Every call on a TCP connection, as it is told. */
  readonly onOperation?: (operation: KernelOperation) => void;
  /** Told of packets that were sent again or dropped. */
  readonly onFlow?: (event: FlowEvent) => void;
  /** Told of records that the ring had no room for, when a connection ends of which there were some. */
  readonly onLost?: (event: FlowEvent) => void;
  /** Asked about connections after records were lost. */
  readonly known?: Pick<KernelConnections, "hasLost" | "isOpen" | "lossOf">;
  /** The kernel's name of a drop reason. */
  readonly nameDrop?: (reason: number) => string;
}

/** Closed connections that are remembered for their packets. */
const MOST_CLOSED = 4096;

/** How long a connection is kept whose descriptor was closed, while its socket is open somewhere else. */
const LINGER_MILLIS = 10_000;

/** Connections of which the kernel is asked at once. */
const MOST_DOUBTED = 5000;

/** Turns the records of the kernel's ring into what happened on connections. */
export class RecordTranslator {
  readonly #options: RecordTranslatorOptions;
  readonly #book: LedgerBook;
  readonly #records: LedgerBook;
  readonly #byId = new Map<number, LiveConnection | DatagramSocket>();
  readonly #bySocket = new Map<number, LiveConnection>();
  /** Connections on which something waits for a write before it. */
  readonly #early = new Set<LiveConnection>();
  /** Connections that are closed, by the kernel's numbers: their packets may still be on their way. */
  readonly #closed = new Map<number, LiveConnection | DatagramSocket>();
  /** Numbers of which it is still to be looked whether they are open, after something was lost. */
  #doubted: number[] = [];
  readonly #lingering = new Map<LiveConnection, number>();
  readonly #sessions: TlsSessions;
  readonly #maker: ConnectionMaker;

  constructor(options: RecordTranslatorOptions) {
    this.#options = options;
    this.#book = options.ledger.book("socket-bytes");
    this.#records = options.ledger.book("records");
    this.#maker = new ConnectionMaker(options, this.#book);
    this.#sessions = new TlsSessions(options.budget, options.ledger.book("unassigned-plaintext"), (pid) =>
      this.#maker.unassigned(pid),
    );
  }

  /** Connections that are followed now. */
  get connections(): number {
    return this.#bySocket.size;
  }

  /** Takes a record in place. */
  readonly take = (view: DataView, bytes: Uint8Array, at: number, length: number): void => {
    this.#records.enter(1);
    if (length < HEADER_BYTES) {
      this.#records.settleSkipped("too-short", 1);
      return;
    }
    this.#records.settleHandled(1);
    switch (view.getUint8(at + FIELD.type)) {
      case RECORD.data:
        this.#data(view, bytes, at);
        break;
      case RECORD.connection:
        this.#open(view, bytes, at);
        break;
      case RECORD.close:
        this.#close(view, at);
        break;
      case RECORD.shutdown:
        this.#ended(view, at);
        break;
      case RECORD.tlsData:
        this.#plain(view, bytes, at);
        break;
      case RECORD.tlsLink:
        this.#link(view, at);
        break;
      case RECORD.path:
        this.#path(view, at);
        break;
      case RECORD.retransmit:
      case RECORD.drop:
        this.#packet(view, bytes, at);
        break;
      default:
        this.#process(view, bytes, at);
    }
  };

  /** To be called after each batch of records: hands on what waited for others to come first. */
  settle(): void {
    if (this.#early.size === 0) return;
    const now = performance.now();
    for (const live of this.#early) if (!live.settle(now)) this.#early.delete(live);
  }

  /** To be called now and then: lets go of connections that are not open any more. */
  sweep(now = performance.now()): void {
    for (const [live, since] of this.#lingering)
      if (now - since > LINGER_MILLIS) this.#finish(live, undefined, "unknown");
    for (const live of this.#bySocket.values()) live.sweep(now);
    this.#sessions.sweep(now);
    this.#doubt();
  }

  /** Nothing more comes. */
  finish(): void {
    this.#sessions.finish();
    for (const [id, live] of this.#byId) {
      const loss = this.#options.known?.lossOf(id);
      if (loss !== undefined) this.#tellLoss(live, loss, undefined);
    }
    for (const live of [...this.#byId.values(), ...this.#bySocket.values()]) this.#end(live, undefined);
    this.#byId.clear();
    this.#bySocket.clear();
    this.#lingering.clear();
  }

  #open(view: DataView, bytes: Uint8Array, at: number): void {
    const record = readConnectionRecord(view, bytes, at);
    if (record.isUdp) {
      this.#byId.set(record.id, this.#maker.datagrams(record));
      return;
    }
    const time = this.#time(view, at);
    const known = this.#bySocket.get(record.socket);
    if (known !== undefined && record.isLate && hasEnds(known.connection, record)) {
      // Another process has it too.
      known.ids.set(record.id, record);
      this.#byId.set(record.id, known);
      this.#lingering.delete(known);
      return;
    }
    if (known !== undefined) this.#finish(known, time, "unknown");
    const live = this.#maker.stream(record, time);
    this.#byId.set(record.id, live);
    this.#bySocket.set(record.socket, live);
    const { connection } = live;
    if (connection.opened !== undefined) this.#options.observer.observe({ kind: "open", connection, time });
    if (!record.isLate) this.#operate(live, view, at, connection.role === "client" ? "connect" : "accept", 0);
  }

  #data(view: DataView, bytes: Uint8Array, at: number): void {
    const size = view.getUint32(at + FIELD.size, true);
    const live = this.#byId.get(readU64(view, at + FIELD.conn));
    if (live === undefined) {
      this.#book.enter(size);
      this.#book.settleDropped("unknown-connection", size);
      return;
    }
    const hasPeer = (view.getUint8(at + FIELD.flags) & FLAG.peer) !== 0;
    const piece = readPiece(view, bytes, at, hasPeer, this.#time(view, at));
    if (live instanceof LiveConnection) {
      this.#operate(live, view, at, piece.direction, size);
      if (live.moved(piece)) this.#early.add(live);
    } else live.moved(hasPeer ? readPeer(view, bytes, at) : undefined, piece);
  }

  #plain(view: DataView, bytes: Uint8Array, at: number): void {
    const piece = readPiece(view, bytes, at, false, this.#time(view, at));
    const live = this.#byId.get(readU64(view, at + FIELD.conn));
    const pid = view.getUint32(at + FIELD.pid, true);
    const ssl = readU64(view, at + FIELD.aux);
    if (live instanceof LiveConnection) this.#sessions.link(pid, ssl, live);
    this.#sessions.moved(pid, ssl, piece, (view.getUint8(at + FIELD.flags) & FLAG.copy) !== 0);
    const owner = live ?? this.#sessions.ownerOf(pid, ssl);
    if (owner instanceof LiveConnection && owner.settle(performance.now())) this.#early.add(owner);
  }

  #link(view: DataView, at: number): void {
    const id = readU64(view, at + FIELD.conn);
    const live = this.#byId.get(id);
    const pid = view.getUint32(at + FIELD.pid, true);
    const ssl = readU64(view, at + FIELD.aux);
    if (live instanceof LiveConnection) this.#sessions.link(pid, ssl, live);
    else if (id === 0) this.#sessions.disclaim(pid, ssl);
  }

  #ended(view: DataView, at: number): void {
    const live = this.#byId.get(readU64(view, at + FIELD.conn));
    if (live instanceof LiveConnection)
      live.ended(view.getUint8(at + FIELD.direction) === 0 ? "read" : "write", this.#time(view, at));
  }

  #close(view: DataView, at: number): void {
    const id = readU64(view, at + FIELD.conn);
    const live = this.#byId.get(id);
    if (live === undefined) return;
    const flags = view.getUint8(at + FIELD.flags);
    if (live instanceof LiveConnection) this.#operate(live, view, at, "close", 0);
    const records = readU64(view, at + FIELD.aux);
    if (records > 0) this.#tellLoss(live, { records, bytes: readU64(view, at + FIELD.offset) }, this.#time(view, at));
    this.#byId.delete(id);
    if (this.#options.onFlow !== undefined) this.#remember(id, live);
    live.ids.delete(id);
    if (live.ids.size > 0) return;
    if (live instanceof LiveConnection && (flags & FLAG.stillOpen) !== 0) this.#lingering.set(live, performance.now());
    else if (live instanceof LiveConnection)
      this.#finish(live, this.#time(view, at), (flags & FLAG.reset) === 0 ? "fin" : "reset");
    else this.#end(live, this.#time(view, at));
  }

  #operate(live: LiveConnection, view: DataView, at: number, kind: KernelOperation["kind"], size: number): void {
    const { onOperation } = this.#options;
    if (onOperation === undefined) return;
    const operation = noteOperation(live, view, at, kind, size);
    if (operation !== undefined) onOperation(operation);
  }

  /** The kernel still sends what was written before the end. */
  #remember(id: number, live: LiveConnection | DatagramSocket): void {
    if (this.#closed.size >= MOST_CLOSED) this.#closed.delete(this.#closed.keys().next().value!);
    this.#closed.set(id, live);
  }

  #packet(view: DataView, bytes: Uint8Array, at: number): void {
    const id = readU64(view, at + FIELD.conn);
    const live = this.#byId.get(id) ?? this.#closed.get(id);
    if (live === undefined) return;
    const lastWrite = live instanceof LiveConnection ? live.lastWrite : undefined;
    const isDrop = view.getUint8(at + FIELD.type) === RECORD.drop;
    const reason = isDrop ? (this.#options.nameDrop?.(view.getUint32(at + FIELD.aux, true)) ?? "unknown") : undefined;
    if (lastWrite !== undefined && reason === undefined) lastWrite.retransmits++;
    else if (lastWrite !== undefined) {
      lastWrite.drops ??= new Map();
      lastWrite.drops.set(reason!, (lastWrite.drops.get(reason!) ?? 0) + 1);
    }
    const isIn = view.getUint8(at + FIELD.direction) === 0 && isDrop;
    const isAddressed = (view.getUint8(at + FIELD.flags) & FLAG.peer) !== 0;
    const remote = isAddressed ? readPeer(view, bytes, at) : undefined;
    const connection =
      live instanceof LiveConnection ? live.connection : live.describe(remote, this.#maker.describe(live.pid));
    // A socket of all addresses has packets of one.
    const ends = remote === undefined ? {} : { local: readOwn(view, bytes, at), remote };
    this.#options.onFlow?.(
      describePacket(
        { ...connection, ...ends },
        this.#time(view, at),
        isIn,
        reason,
        view.getUint32(at + FIELD.size, true),
      ),
    );
  }

  /** Ends of connections may have been lost, too: the kernel's programs know which are open. A part of them at a time. */
  #doubt(): void {
    const { known } = this.#options;
    if (known?.hasLost !== true) return;
    if (this.#doubted.length === 0) this.#doubted = [...this.#byId.keys()];
    for (const id of this.#doubted.splice(0, MOST_DOUBTED)) {
      const live = this.#byId.get(id);
      const place = live?.ids.get(id);
      if (live === undefined || place === undefined || known.isOpen(id, place.pid, place.fd)) continue;
      const loss = known.lossOf(id);
      if (loss !== undefined) this.#tellLoss(live, loss, undefined);
      this.#byId.delete(id);
      live.ids.delete(id);
      if (live.ids.size > 0) continue;
      // Where it goes on under another number, that is told with the next byte.
      if (live instanceof LiveConnection) this.#lingering.set(live, performance.now());
      else this.#end(live, undefined);
    }
  }

  #tellLoss(live: LiveConnection | DatagramSocket, loss: Loss, time: Timestamp | undefined): void {
    const connection =
      live instanceof LiveConnection ? live.connection : live.describe(undefined, this.#maker.describe(live.pid));
    this.#options.onLost?.(describeLoss(connection, loss, time));
  }

  #path(view: DataView, at: number): void {
    const live = this.#byId.get(readU64(view, at + FIELD.conn));
    if (!(live instanceof LiveConnection)) return;
    const operation = view.getUint8(at + FIELD.direction) === 0 ? live.lastRead : live.lastWrite;
    if (operation !== undefined) operation.path = addPath(operation.path, view, at);
  }

  #process(view: DataView, bytes: Uint8Array, at: number): void {
    const event = readProcessEvent(view, bytes, at);
    if (event === undefined) return;
    const { kind, pid, command } = event;
    const { processes, onProcess } = this.#options;
    if (kind === "found" || kind === "exec") processes.renew(pid, command);
    onProcess?.(event);
    if (kind !== "exit") return;
    const time = this.#time(view, at);
    for (const [id, live] of this.#byId) {
      if (live.pid !== pid) continue;
      this.#byId.delete(id);
      live.ids.delete(id);
      if (live.ids.size === 0) this.#end(live, time);
    }
    processes.forget(pid);
  }

  #end(live: LiveConnection | DatagramSocket, time: Timestamp | undefined): void {
    if (live instanceof LiveConnection) this.#finish(live, time, "unknown");
    else live.close(time);
  }

  #finish(live: LiveConnection, time: Timestamp | undefined, how: "fin" | "reset" | "unknown"): void {
    for (const id of live.ids.keys()) this.#byId.delete(id);
    if (this.#bySocket.get(live.socket) === live) this.#bySocket.delete(live.socket);
    this.#lingering.delete(live);
    this.#early.delete(live);
    this.#sessions.unlink(live);
    live.close(time, how);
  }

  #time(view: DataView, at: number): Timestamp {
    return this.#options.clock.at(readU64(view, at + FIELD.time));
  }
}
