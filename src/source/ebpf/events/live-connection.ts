import type {
  Connection,
  Direction,
  LedgerBook,
  MemoryBudget,
  SocketClosed,
  SocketEvent,
  SocketObserver,
  Timestamp,
  TlsFacts,
} from "../../../model/index.ts";
import type { Descriptor } from "./connection-record.ts";
import { EarlyReads } from "./early-reads.ts";
import { bytesOf, HeldEvents } from "./held-events.ts";
import { addHelloFacts, beginsHello, beginsRecord } from "./hello-facts.ts";
import type { KernelOperation } from "./kernel-operation.ts";
import type { Piece } from "./piece.ts";

/**
 * One connection that is followed: gives the pipeline its events in order, with gaps where the kernel had no room for a record.
 *
 *     unknown ──first bytes are no TLS──▶ plain: handed on
 *        └──they are──▶ held ──a TLS library tells the plaintext──▶ decrypted: only that is handed on
 *                         └──too much, or the end──▶ plain
 */
export class LiveConnection {
  readonly pid: number;
  /** The kernel's numbers of it that are open, with the descriptor of each: several where processes share it. */
  readonly ids = new Map<number, Descriptor>();
  readonly socket: number;
  /** The last call on it. */
  operation: KernelOperation | undefined;
  lastRead: KernelOperation | undefined;
  lastWrite: KernelOperation | undefined;
  readonly #observer: SocketObserver;
  readonly #nextId: () => bigint;
  readonly #book: LedgerBook;
  readonly #held: HeldEvents;
  readonly #next: Record<Direction, number>;
  readonly #nextPlain: Record<Direction, number> = { read: 0, write: 0 };
  #mode: "unknown" | "held" | "plain" | "decrypted" = "unknown";
  readonly #early = new EarlyReads();
  #connection: Connection;
  #heldSince = 0;
  #isOver = false;
  #last: Timestamp;

  constructor(options: LiveConnectionOptions) {
    this.#connection = options.connection;
    this.#nextId = options.nextId;
    this.pid = options.pid;
    this.socket = options.socket;
    this.#observer = options.observer;
    this.#book = options.book;
    this.#held = new HeldEvents(options.budget);
    this.#next = { read: options.received, write: options.sent };
    this.#last = options.time;
  }

  get connection(): Connection {
    return this.#connection;
  }

  /** Its plaintext comes from a TLS library. */
  get isDecrypted(): boolean {
    return this.#mode === "decrypted";
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Bytes as they moved on the socket. True: some wait for `settle`. */
  moved(piece: Piece): boolean {
    this.#book.enter(piece.size);
    if (this.#mode === "held" || this.#mode === "decrypted") this.#moved(piece);
    else this.#inOrder(piece, (one) => this.#moved(one));
    return !this.#early.isEmpty;
  }

  #moved(piece: Piece): void {
    const { direction, offset, size, data, time } = piece;
    this.#last = time;
    const expected = this.#next[direction];
    this.#next[direction] = Math.max(expected, offset + size);
    if (this.#mode === "decrypted") {
      this.#book.settleSkipped("ciphertext", size);
      return;
    }
    if (this.#mode === "unknown") {
      this.#mode = beginsRecord(data) ? "held" : "plain";
      this.#heldSince = performance.now();
      // It is TLS also where nothing ever tells the plaintext.
      if (beginsHello(data)) this.connection.tls ??= {};
    }
    this.#giveFrom(expected, piece);
  }

  /** Plaintext that a TLS library was given or gave: offsets are those of the plaintext. */
  movedPlain(piece: Piece): boolean {
    this.decrypt(piece.time, piece.direction);
    this.#book.enter(piece.size);
    this.#inOrder(piece, (one) => this.#movedPlain(one));
    return !this.#early.isEmpty;
  }

  /** Hands on what has waited long enough for a write before it. True: there is still some. */
  settle(now: number): boolean {
    if (this.#early.isDue(now)) this.#releaseEarly();
    return !this.#early.isEmpty;
  }

  #inOrder(piece: Piece, hand: (piece: Piece) => void): void {
    if (this.#connection.role === "client" && this.#early.keeps(piece)) return;
    if (piece.direction === "write") hand(piece);
    this.#releaseEarly();
    if (piece.direction === "read") hand(piece);
  }

  #releaseEarly(): void {
    if (this.#early.isEmpty) return;
    for (const piece of this.#early.take())
      if (this.#mode === "decrypted") this.#movedPlain(piece);
      else this.#moved(piece);
  }

  #movedPlain(piece: Piece): void {
    const { direction, offset, size, time } = piece;
    this.#last = time;
    const expected = this.#nextPlain[direction];
    this.#nextPlain[direction] = offset + size;
    this.#giveFrom(expected, piece);
  }

  /** Hands the piece on, behind a gap for what the ring lost before it. */
  #giveFrom(expected: number, piece: Piece): void {
    const { connection } = this;
    const { direction, offset, time } = piece;
    const size = offset - expected;
    if (size > 0) this.#give({ kind: "gap", connection, time, direction, offset: expected, size, reason: "ring-full" });
    this.#give(dataEvent(connection, piece), piece.size);
  }

  /**
   * From now on only plaintext counts. What is held tells of the handshake.
   * @param first the direction of the first plaintext: the calls that carried it are held, too
   */
  decrypt(time: Timestamp, first: Direction): void {
    if (this.#mode === "decrypted") return;
    this.#releaseEarly();
    if (this.#mode === "plain") this.#beginAnew(time);
    const bytes = this.#held.bytes;
    const events = this.#held.take();
    this.#book.settleSkipped("ciphertext", bytes + missingOf(events));
    this.#mode = "decrypted";
    const facts: TlsFacts = this.connection.tls ?? {};
    for (const direction of ["read", "write"] as const) addHelloFacts(facts, bytesOf(events, direction));
    facts.decrypted = true;
    if (events[0] !== undefined) {
      facts.started ??= events[0].time;
      // It is over when the side that speaks first now has answered the other's last words of it.
      const answered = events.findLastIndex((one) => one.kind === "data" && one.direction !== first) + 1;
      facts.finished ??= events[answered]?.time ?? time;
    }
    this.connection.tls = facts;
  }

  /** Hands on what is held for so long that no TLS library seems to tell of it. */
  sweep(now: number): void {
    if (this.#mode === "held" && now - this.#heldSince > MOST_MILLIS) this.#release();
  }

  /** The sender of the direction half-closed. */
  ended(direction: Direction, time: Timestamp): void {
    this.#releaseEarly();
    const offset = this.#mode === "decrypted" ? this.#nextPlain[direction] : this.#next[direction];
    this.#give({ kind: "data", connection: this.connection, time, direction, offset, data: NO_BYTES, endStream: true });
  }

  close(time: Timestamp | undefined, how: SocketClosed["how"]): void {
    if (this.#isOver) return;
    this.#releaseEarly();
    this.#isOver = true;
    this.#release();
    this.connection.closed = time ?? this.#last;
    this.#observer.observe({ kind: "close", connection: this.connection, time: this.connection.closed, how });
  }

  /** Ciphertext was handed on already: what follows is another conversation to whoever got it. */
  #beginAnew(time: Timestamp): void {
    const { opened: _, tls: __, ...connection } = this.#connection;
    this.#observer.observe({ kind: "close", connection: this.#connection, time, how: "unknown" });
    this.#connection = { ...connection, id: this.#nextId() };
  }

  /** @param size bytes of the stream that it accounts for */
  #give(event: SocketEvent, size = 0): void {
    if (this.#isOver) {
      this.#book.settleSkipped("after-close", size);
      return;
    }
    if (this.#mode === "held") {
      if (this.#held.keep(event)) return;
      this.#release();
    }
    this.#hand(event);
  }

  #release(): void {
    if (this.#mode !== "held") return;
    this.#mode = "plain";
    for (const event of this.#held.take()) this.#hand(event);
  }

  #hand(event: SocketEvent): void {
    if (event.kind === "data") {
      this.#book.settleHandled(event.data.length);
      if (event.missing !== undefined) this.#book.settleTruncated("message-bytes", event.missing);
    }
    this.#observer.observe(event);
  }
}

export interface LiveConnectionOptions {
  readonly connection: Connection;
  readonly pid: number;
  /** The kernel's address of the socket: tells which descriptors are of one. */
  readonly socket: number;
  readonly observer: SocketObserver;
  /** Every byte that moved. */
  readonly book: LedgerBook;
  readonly budget: MemoryBudget;
  /** The number of another connection. */
  readonly nextId: () => bigint;
  /** Bytes that moved before it was seen. */
  readonly received: number;
  readonly sent: number;
  readonly time: Timestamp;
}

function dataEvent(connection: Connection, { direction, time, offset, size, data }: Piece): SocketEvent {
  const event = { kind: "data", connection, time, direction, offset, data } as const;
  return data.length < size ? { ...event, truncated: true, missing: size - data.length } : event;
}

function missingOf(events: readonly SocketEvent[]): number {
  return events.reduce((sum, event) => sum + (event.kind === "data" ? (event.missing ?? 0) : 0), 0);
}

/** How long it is held. */
const MOST_MILLIS = 2000;

const NO_BYTES = new Uint8Array(0);
