import type { LedgerBook, MemoryBudget } from "../../../model/index.ts";
import type { LiveConnection } from "./live-connection.ts";
import type { Piece } from "./piece.ts";

/** Sessions that are told apart at once; the oldest makes room. */
const MOST_SESSIONS = 65_536;

/** Held of a session whose connection is not known yet, and how long. */
const MOST_HELD = 256 * 1024;
const HOLD_MILLIS = 1000;

/**
 * Which connection a TLS library's session (its SSL*) belongs to. The kernel's programs say so when they know; plaintext that comes
 * before is held, and shown as a connection without ends where they never do.
 */
export class TlsSessions {
  readonly #budget: MemoryBudget;
  readonly #book: LedgerBook;
  readonly #create: (pid: number) => LiveConnection;
  readonly #sessions = new Map<string, Session>();
  readonly #waiting = new Set<Session>();

  /** @param create makes a connection for what belongs to none */
  constructor(budget: MemoryBudget, book: LedgerBook, create: (pid: number) => LiveConnection) {
    this.#budget = budget;
    this.#book = book;
    this.#create = create;
  }

  link(pid: number, ssl: number, live: LiveConnection): void {
    const session = this.#find(pid, ssl);
    if (session.live === live && session.held.length === 0) return;
    if (session.isUnassigned) session.live?.close(undefined, "unknown");
    session.isUnassigned = false;
    session.live = live;
    this.#release(session);
  }

  ownerOf(pid: number, ssl: number): LiveConnection | undefined {
    return this.#sessions.get(`${pid}:${ssl}`)?.live;
  }

  /** @param isCopy another analyzer shows it where no connection is told */
  moved(pid: number, ssl: number, piece: Piece, isCopy: boolean): void {
    const session = this.#find(pid, ssl);
    session.isCopy = isCopy;
    if (session.live !== undefined && !session.live.isOver) {
      session.live.movedPlain(piece);
      return;
    }
    session.live = undefined;
    this.#hold(session, piece);
  }

  /** Its connection is another analyzer's. */
  disclaim(pid: number, ssl: number): void {
    const session = this.#sessions.get(`${pid}:${ssl}`);
    if (session === undefined || (session.live !== undefined && !session.isUnassigned)) return;
    this.#letGo(session);
    if (session.isUnassigned) session.live?.close(undefined, "unknown");
    this.#sessions.delete(`${pid}:${ssl}`);
  }

  /** The connection is over: what the session says next is another one's. */
  unlink(live: LiveConnection): void {
    if (!live.isDecrypted) return;
    for (const [key, session] of this.#sessions) if (session.live === live) this.#sessions.delete(key);
  }

  sweep(now: number): void {
    for (const session of this.#waiting) if (now - session.since > HOLD_MILLIS) this.#giveUp(session);
  }

  finish(): void {
    for (const session of [...this.#waiting]) this.#giveUp(session);
    for (const session of this.#sessions.values()) if (session.isUnassigned) session.live?.close(undefined, "unknown");
    this.#sessions.clear();
  }

  #find(pid: number, ssl: number): Session {
    const key = `${pid}:${ssl}`;
    let session = this.#sessions.get(key);
    if (session === undefined) {
      if (this.#sessions.size >= MOST_SESSIONS) this.#forgetOldest();
      session = { pid, live: undefined, held: [], bytes: 0, since: 0, isUnassigned: false, isCopy: false };
      this.#sessions.set(key, session);
    }
    return session;
  }

  #forgetOldest(): void {
    const [key, session] = this.#sessions.entries().next().value!;
    if (session.held.length > 0) this.#giveUp(session);
    if (session.isUnassigned) session.live?.close(undefined, "unknown");
    this.#sessions.delete(key);
  }

  #hold(session: Session, piece: Piece): void {
    this.#book.enter(piece.data.length);
    if (session.bytes + piece.data.length > MOST_HELD || !this.#budget.tryReserve(piece.data.length)) {
      this.#book.settleDropped("no-connection", piece.data.length);
      return;
    }
    if (session.held.length === 0) session.since = performance.now();
    session.bytes += piece.data.length;
    session.held.push({ ...piece, data: piece.data.slice() });
    this.#waiting.add(session);
  }

  #release(session: Session): void {
    const { held, bytes } = session;
    session.held = [];
    session.bytes = 0;
    this.#waiting.delete(session);
    this.#budget.release(bytes);
    this.#book.settleHandled(bytes);
    for (const piece of held) session.live!.movedPlain(piece);
  }

  /** Another analyzer shows what is held. */
  #letGo(session: Session): void {
    this.#budget.release(session.bytes);
    this.#book.settleSkipped("other-analyzer", session.bytes);
    session.held = [];
    session.bytes = 0;
    this.#waiting.delete(session);
  }

  #giveUp(session: Session): void {
    if (session.isCopy) {
      this.#letGo(session);
      return;
    }
    session.live = this.#create(session.pid);
    session.isUnassigned = true;
    this.#release(session);
  }
}

interface Session {
  readonly pid: number;
  live: LiveConnection | undefined;
  held: Piece[];
  bytes: number;
  since: number;
  isUnassigned: boolean;
  isCopy: boolean;
}
