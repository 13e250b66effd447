import type {
  Connection,
  Direction,
  Exchange,
  InformationalResponse,
  LedgerBook,
  LedgerReason,
  MemoryBudget,
  RequestMessage,
  SocketClosed,
  Timestamp,
} from "../model/index.ts";
import type { PipeliningClients } from "./http/http1/pairing/pipelining-clients.ts";
import type { InflationAllowance } from "./inflation-allowance.ts";
import type { AnalysisLimits } from "./limits.ts";
import type { TunnelObserver } from "./observed-streams.ts";
import type { StreamObserver } from "./stream-observer.ts";

/**
 * Understands one connection's bytes as one protocol and emits exchanges. Sans-I/O: it is pushed, and never throws on input.
 *
 * Each direction's bytes come in the order of its stream; between the directions the order is that of the events' times.
 *
 *     push gap push … end      one direction each, then
 *     close                    once, last: what is pending is emitted as far as it was seen
 *
 * **Accounting.** The caller has entered every pushed byte in `context.bytes`; the analyzer settles each of them exactly once
 * (handled, skipped, truncated or dropped), at the latest in `close`. Bytes of a gap were never entered.
 */
export interface ProtocolAnalyzer {
  /**
   * @param data borrowed: valid until the call returns
   * @param offset where its first byte stands in its direction's stream, from 0
   */
  push(direction: Direction, data: Uint8Array, offset: number, time: Timestamp): void;

  /**
   * Bytes of the direction that were never seen.
   * @param size undefined when it is not known
   * @param reason in the ledger's words: `truncated` and `snaplen` where the tap cut them off, otherwise why they were lost
   */
  gap(direction: Direction, size: number | undefined, time: Timestamp, reason: LedgerReason): void;

  /** The direction's sender half-closed: nothing follows in it. */
  end(direction: Direction, time: Timestamp): void;

  /** The connection is over, or the input is. */
  close(time: Timestamp, how: SocketClosed["how"]): void;
}

/** The context of an analyzer: one object a connection (and a layer: the plaintext inside TLS has its own). */
export interface AnalysisContext {
  /** Whose role may still be unknown: see `assignSender`. */
  readonly connection: Connection;
  readonly limits: AnalysisLimits;
  /** The connection's share of the process's budget. What is reserved is released when it is emitted or dropped. */
  readonly budget: MemoryBudget;
  /** The account that this layer's bytes were entered in: `bytes`, or `plaintext` inside TLS. */
  readonly bytes: LedgerBook;
  /** The connection was joined after it was made: the first bytes that are pushed may stand in the middle of anything. */
  readonly midStream: boolean;
  /** Bounds what comes out of compressed messages, where traffic passes. */
  readonly inflation: InflationAllowance | undefined;
  /** Knows of the clients of all connections. */
  readonly pipelining: PipeliningClients;

  /**
   * How far in the other direction's stream the sender of what is being pushed had received: what it answers stands before that.
   * Undefined where nothing says so.
   * @param offset where the pushed bytes stand
   */
  acknowledged(direction: Direction, offset: number): number | undefined;

  /** Hands an exchange on; it does not change any more. */
  emit(exchange: Exchange): void;
  /** Shows a long exchange (a WebSocket, an event stream, a download) as it stands; it is emitted with the same id later. */
  progress(exchange: Exchange): void;
  /** Whether anybody looks at `progress`: otherwise it need not be built. */
  readonly showsProgress: boolean;
  /**
   * Who watches the exchange with that id while it passes: told of its pieces by the protocol's analyzer, and of its end by
   * `emit`. Undefined where nobody does.
   */
  observer(id: number): StreamObserver | undefined;
  /** As `observer`, for an exchange that became a tunnel: it is over for its observer with `finish`, whenever it is emitted. */
  tunnelObserver(id: number): TunnelObserver | undefined;
  /** Whether any exchange may have an observer. */
  readonly observesStreams: boolean;
  /** The next exchange id of the run: asked for when an exchange is first seen. */
  nextId(): number;
  /** The next exchange index of the connection, from 0. */
  nextIndex(): number;
  /**
   * A fresh start inside the connection (a tunnel, what TLS decrypts to): the returned analyzer detects what it is pushed.
   * @param options `bytes`: the inner layer's account, by default this one; `midStream`: by default false
   */
  detectInside(options?: { bytes?: LedgerBook; midStream?: boolean }): ProtocolAnalyzer;
  /** The analyzer of a protocol that an HTTP/1 request was upgraded to (`h2c`), or undefined where none is known. */
  createUpgraded(protocol: string, upgrade: UpgradedRequest): ProtocolAnalyzer | undefined;
}

/**
 * The HTTP/1 request that changed the protocol with a 101 response. Its final response comes in the new protocol (as HTTP/2's
 * stream 1, RFC 7540 §3.2).
 */
export interface UpgradedRequest {
  /** In which the client sends. */
  readonly direction: Direction;
  readonly request: RequestMessage;
  /** The 101 response, and what came before it. */
  readonly informational: readonly InformationalResponse[];
  /** The exchange's times, if it has them already. */
  readonly identity?: { readonly id: number; readonly index: number };
  /** Size of the header table that its HTTP2-Settings allow, where they say. */
  readonly tableSize?: number;
}

/** Which end of an exchange sent something. */
export type Sender = "client" | "server";

/** Who sends in that direction, as far as the connection's role tells. */
export function senderOf(connection: Connection, direction: Direction): Sender | undefined {
  if (connection.role === "unknown") return undefined;
  return (connection.role === "client") === (direction === "write") ? "client" : "server";
}

/**
 * Content has shown who sends in a direction. Where the connection's role was unknown, it is now known; a role that a source
 * knew (it saw the handshake) stays. `local` and `remote` are never exchanged, because directions refer to them:
 * `clientOf` and `serverOf` give the right ends afterwards.
 */
export function assignSender(connection: Connection, direction: Direction, sender: Sender): void {
  if (connection.role !== "unknown") return;
  connection.role = (sender === "client") === (direction === "write") ? "client" : "server";
}

/** The side that accepted the connection asks, and the one that dialled answers: for the exchanges the latter is the server. */
export function reverseRole(connection: Connection): void {
  connection.role = connection.role === "server" ? "client" : "server";
}

/** `https` where the connection is known to be encrypted on the wire. */
export function schemeOf(connection: Connection): "http" | "https" {
  return connection.tls === undefined ? "http" : "https";
}
