import type {
  Connection,
  FlowEvent,
  IpEndpoint,
  Ledger,
  LedgerBook,
  MemoryBudget,
  SocketObserver,
  Timestamp,
} from "../../../model/index.ts";
import type { ProcessTable } from "../processes/process-table.ts";
import { readEndpoint } from "./address.ts";
import { DatagramSocket } from "./datagram-socket.ts";
import type { KernelOperation } from "./kernel-operation.ts";
import { LiveConnection } from "./live-connection.ts";
import type { Piece } from "./piece.ts";
import { CONNECTION_FIELD, FIELD, FLAG, HEADER_BYTES, PEER_BYTES, RECORD, readU64, UDP } from "./record.ts";
import { TlsSessions } from "./tls-sessions.ts";
import type { WallTime } from "./wall-time.ts";

export interface RecordTranslatorOptions {
  readonly observer: SocketObserver;
  readonly ledger: Ledger;
  readonly budget: MemoryBudget;
  readonly processes: ProcessTable;
  readonly clock: WallTime;
  /** A process is watched from now on, runs something else, has mapped code, or has ended. */
  readonly onProcess?: (event: ProcessEvent) => void;
  /** Every call on a TCP connection, as it is told. */
  readonly onOperation?: (operation: KernelOperation) => void;
  /** Told of packets that were sent again or dropped. */
  readonly onFlow?: (event: FlowEvent) => void;
  /** The kernel's name of a drop reason. */
  readonly nameDrop?: (reason: number) => string;
  /** Where the connections were seen: `Connection.source`. */
  readonly source?: string;
}

export interface ProcessEvent {
  readonly kind: "found" | "exec" | "mapped" | "exit" | "io-uring";
  readonly pid: number;
  /** The thread's name as the kernel has it. */
  readonly command: string;
}

/** Closed connections that are remembered for their packets. */
const MOST_CLOSED = 4096;

/** How long a connection is kept whose descriptor was closed, while its socket is open somewhere else. */
const LINGER_MILLIS = 10_000;

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
  readonly #closed = new Map<number, LiveConnection>();
  readonly #lingering = new Map<LiveConnection, number>();
  readonly #sessions: TlsSessions;
  readonly #newId = (): bigint => this.#nextId++;
  #nextId = 1n;

  constructor(options: RecordTranslatorOptions) {
    this.#options = options;
    this.#book = options.ledger.book("socket-bytes");
    this.#records = options.ledger.book("records");
    this.#sessions = new TlsSessions(options.budget, options.ledger.book("unassigned-plaintext"), (pid) =>
      this.#createUnassigned(pid),
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
      case RECORD.retransmit:
      case RECORD.drop:
        this.#packet(view, at);
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
  }

  /** Nothing more comes. */
  finish(): void {
    this.#sessions.finish();
    for (const live of [...this.#byId.values(), ...this.#bySocket.values()]) this.#end(live, undefined);
    this.#byId.clear();
    this.#bySocket.clear();
    this.#lingering.clear();
  }

  #open(view: DataView, bytes: Uint8Array, at: number): void {
    const id = readU64(view, at + FIELD.conn);
    const socket = readU64(view, at + CONNECTION_FIELD.socket);
    const pid = view.getUint32(at + FIELD.pid, true);
    const time = this.#time(view, at);
    const isLate = (view.getUint8(at + FIELD.flags) & FLAG.late) !== 0;
    const family = view.getUint16(at + CONNECTION_FIELD.family, true);
    const local = readEndpoint(
      bytes,
      at + CONNECTION_FIELD.local,
      family,
      view.getUint16(at + CONNECTION_FIELD.localPort, true),
    );
    const remotePort = view.getUint16(at + CONNECTION_FIELD.remotePort, true);
    const remote = readEndpoint(bytes, at + CONNECTION_FIELD.remote, family, remotePort);
    if (view.getUint16(at + CONNECTION_FIELD.protocol, true) === UDP) {
      this.#openDatagrams(id, pid, local, remotePort === 0 ? undefined : remote);
      return;
    }
    const known = this.#bySocket.get(socket);
    if (known !== undefined && isLate && isSame(known.connection, local, remote)) {
      // Another process has it too.
      known.ids.add(id);
      this.#byId.set(id, known);
      this.#lingering.delete(known);
      return;
    }
    if (known !== undefined) this.#finish(known, time, "unknown");
    const received = readU64(view, at + CONNECTION_FIELD.rx);
    const sent = readU64(view, at + CONNECTION_FIELD.tx);
    const connection: Connection = {
      ...this.#describe(pid),
      id: this.#newId(),
      transport: "tcp",
      local,
      remote,
      role: ROLES[view.getUint8(at + CONNECTION_FIELD.role)] ?? "unknown",
    };
    if (!isLate) {
      const started = readU64(view, at + FIELD.started);
      connection.opened = time;
      if (connection.role === "client" && started > 0) connection.dialled = this.#options.clock.at(started);
    } else if (received === 0 && sent === 0) connection.opened = time;
    const live = new LiveConnection({
      connection,
      pid,
      socket,
      observer: this.#options.observer,
      book: this.#book,
      budget: this.#options.budget,
      nextId: this.#newId,
      received,
      sent,
      time,
    });
    live.ids.add(id);
    this.#byId.set(id, live);
    this.#bySocket.set(socket, live);
    if (connection.opened !== undefined) this.#options.observer.observe({ kind: "open", connection, time });
    if (!isLate) this.#operate(live, view, at, connection.role === "client" ? "connect" : "accept", 0);
  }

  #openDatagrams(id: number, pid: number, local: IpEndpoint, fixed: IpEndpoint | undefined): void {
    const create = (remote: IpEndpoint | undefined, role: Connection["role"]): Connection => ({
      ...this.#describe(pid),
      id: this.#newId(),
      transport: "udp",
      local,
      remote: remote ?? fixed,
      role,
    });
    const socket = new DatagramSocket(pid, create, this.#options.observer, this.#book);
    socket.ids.add(id);
    this.#byId.set(id, socket);
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
    const piece = this.#piece(view, bytes, at, hasPeer ? PEER_BYTES : 0);
    if (live instanceof LiveConnection) {
      this.#operate(live, view, at, piece.direction, size);
      if (live.moved(piece)) this.#early.add(live);
    } else live.moved(hasPeer ? readPeer(view, bytes, at + HEADER_BYTES) : undefined, piece);
  }

  #plain(view: DataView, bytes: Uint8Array, at: number): void {
    const piece = this.#piece(view, bytes, at, 0);
    const live = this.#byId.get(readU64(view, at + FIELD.conn));
    const pid = view.getUint32(at + FIELD.pid, true);
    const ssl = readU64(view, at + FIELD.aux);
    if (live instanceof LiveConnection) this.#sessions.link(pid, ssl, live);
    this.#sessions.moved(pid, ssl, piece);
    const owner = live ?? this.#sessions.ownerOf(pid, ssl);
    if (owner instanceof LiveConnection && owner.settle(performance.now())) this.#early.add(owner);
  }

  #link(view: DataView, at: number): void {
    const live = this.#byId.get(readU64(view, at + FIELD.conn));
    if (!(live instanceof LiveConnection)) return;
    this.#sessions.link(view.getUint32(at + FIELD.pid, true), readU64(view, at + FIELD.aux), live);
  }

  #piece(view: DataView, bytes: Uint8Array, at: number, before: number): Piece {
    const start = at + HEADER_BYTES + before;
    return {
      direction: view.getUint8(at + FIELD.direction) === 0 ? "read" : "write",
      time: this.#time(view, at),
      offset: readU64(view, at + FIELD.offset),
      thread: view.getUint32(at + FIELD.tid, true),
      size: view.getUint32(at + FIELD.size, true),
      data: bytes.subarray(start, start + view.getUint32(at + FIELD.captured, true)),
    };
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
    this.#byId.delete(id);
    if (live instanceof LiveConnection && this.#options.onFlow !== undefined) this.#remember(id, live);
    live.ids.delete(id);
    if (live.ids.size > 0) return;
    if (live instanceof LiveConnection && (flags & FLAG.stillOpen) !== 0) this.#lingering.set(live, performance.now());
    else if (live instanceof LiveConnection)
      this.#finish(live, this.#time(view, at), (flags & FLAG.reset) === 0 ? "fin" : "reset");
    else this.#end(live, this.#time(view, at));
  }

  /** The pieces of one call are one operation. */
  #operate(live: LiveConnection, view: DataView, at: number, kind: KernelOperation["kind"], size: number): void {
    const { onOperation } = this.#options;
    if (onOperation === undefined) return;
    const ended = readU64(view, at + FIELD.time);
    const thread = view.getUint32(at + FIELD.tid, true);
    const last = live.operation;
    if (last?.ended === ended && last.thread === thread && last.kind === kind) {
      last.size += size;
      return;
    }
    const started = readU64(view, at + FIELD.started) || ended;
    const call = view.getUint8(at + FIELD.syscall);
    const pid = view.getUint32(at + FIELD.pid, true);
    live.operation = { connection: live.connection, pid, thread, kind, started, ended, call, size, retransmits: 0 };
    if (kind === "write") live.lastWrite = live.operation;
    onOperation(live.operation);
  }

  /** The kernel still sends what was written before the end. */
  #remember(id: number, live: LiveConnection): void {
    if (this.#closed.size >= MOST_CLOSED) this.#closed.delete(this.#closed.keys().next().value!);
    this.#closed.set(id, live);
  }

  #packet(view: DataView, at: number): void {
    const id = readU64(view, at + FIELD.conn);
    const live = this.#byId.get(id) ?? this.#closed.get(id);
    if (!(live instanceof LiveConnection)) return;
    const { connection, lastWrite } = live;
    const isDrop = view.getUint8(at + FIELD.type) === RECORD.drop;
    const reason = isDrop ? (this.#options.nameDrop?.(view.getUint32(at + FIELD.aux, true)) ?? "unknown") : undefined;
    if (lastWrite !== undefined && reason === undefined) lastWrite.retransmits++;
    else if (lastWrite !== undefined) {
      lastWrite.drops ??= new Map();
      lastWrite.drops.set(reason!, (lastWrite.drops.get(reason!) ?? 0) + 1);
    }
    const isIn = view.getUint8(at + FIELD.direction) === 0 && isDrop;
    this.#options.onFlow?.(
      describePacket(connection, this.#time(view, at), isIn, reason, view.getUint32(at + FIELD.size, true)),
    );
  }

  #process(view: DataView, bytes: Uint8Array, at: number): void {
    const kind = PROCESS_EVENTS[view.getUint8(at + FIELD.type)];
    if (kind === undefined) return;
    const pid = view.getUint32(at + FIELD.pid, true);
    const command = readCommandName(bytes, at + FIELD.started);
    const { processes, onProcess } = this.#options;
    if (kind === "found" || kind === "exec") processes.renew(pid, command);
    onProcess?.({ kind, pid, command });
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
    for (const id of live.ids) this.#byId.delete(id);
    if (this.#bySocket.get(live.socket) === live) this.#bySocket.delete(live.socket);
    this.#lingering.delete(live);
    this.#early.delete(live);
    this.#sessions.unlink(live);
    live.close(time, how);
  }

  /** A conversation whose connection is not known: TLS over something that is no socket. */
  #createUnassigned(pid: number): LiveConnection {
    const connection: Connection = {
      ...this.#describe(pid),
      id: this.#newId(),
      transport: "tcp",
      local: undefined,
      remote: undefined,
      role: "unknown",
    };
    const { observer, budget } = this.#options;
    return new LiveConnection({
      connection,
      pid,
      socket: 0,
      observer,
      book: this.#book,
      budget,
      nextId: this.#newId,
      received: 0,
      sent: 0,
      time: this.#options.clock.at(0),
    });
  }

  #describe(pid: number): Pick<Connection, "process" | "source"> {
    const { processes, source } = this.#options;
    return { process: processes.find(pid), ...(source !== undefined && { source }) };
  }

  #time(view: DataView, at: number): Timestamp {
    return this.#options.clock.at(readU64(view, at + FIELD.time));
  }
}

function describePacket(
  { id, local, remote, process, transport }: Connection,
  time: Timestamp,
  isIn: boolean,
  reason: string | undefined,
  size: number,
): FlowEvent {
  const [source, destination] = isIn ? [remote, local] : [local, remote];
  const what = reason === undefined ? "retransmitted" : `dropped (${reason})`;
  return {
    kind: reason === undefined ? "retransmit" : "drop",
    time,
    protocol: transport,
    summary: `${what}, ${size} bytes, connection ${id}, ${process?.command ?? "?"} ${process?.pid ?? ""}`,
    attributes: { connection: Number(id), size, ...(process !== undefined && { pid: process.pid }) },
    ...(source !== undefined && { source }),
    ...(destination !== undefined && { destination }),
    ...(reason !== undefined && { reason }),
  };
}

const ROLES: readonly (Connection["role"] | undefined)[] = ["unknown", "client", "server"];

const PROCESS_EVENTS: Readonly<Record<number, ProcessEvent["kind"]>> = {
  [RECORD.process]: "found",
  [RECORD.exec]: "exec",
  [RECORD.exit]: "exit",
  [RECORD.mapped]: "mapped",
  [RECORD.ioUring]: "io-uring",
};

function isSame(connection: Connection, local: IpEndpoint, remote: IpEndpoint): boolean {
  const { local: one, remote: other } = connection;
  return (
    one?.kind === "ip" &&
    other?.kind === "ip" &&
    one.port === local.port &&
    other.port === remote.port &&
    other.address === remote.address
  );
}

function readPeer(view: DataView, bytes: Uint8Array, at: number): IpEndpoint {
  return readEndpoint(bytes, at + 4, view.getUint16(at, true), view.getUint16(at + 2, true));
}

function readCommandName(bytes: Uint8Array, at: number): string {
  let end = at;
  while (end < at + 16 && bytes[end] !== 0) end++;
  return Buffer.from(bytes.subarray(at, end)).toString("utf8");
}
