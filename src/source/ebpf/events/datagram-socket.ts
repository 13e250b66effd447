import type { Connection, IpEndpoint, LedgerBook, SocketObserver, Timestamp } from "../../../model/index.ts";
import { formatEndpoint } from "../../../model/index.ts";
import type { Descriptor } from "./connection-record.ts";
import type { Piece } from "./piece.ts";

/** Other ends of one socket that are told apart at once; the oldest makes room. */
const MOST_PEERS = 1024;

/** A UDP socket: every end that it speaks with is a connection of its own. */
export class DatagramSocket {
  readonly pid: number;
  readonly ids = new Map<number, Descriptor>();
  readonly #local: IpEndpoint;
  readonly #connected: IpEndpoint | undefined;
  readonly #create: (remote: IpEndpoint | undefined, role: Connection["role"]) => Connection;
  readonly #observer: SocketObserver;
  readonly #book: LedgerBook;
  readonly #peers = new Map<string, Peer>();

  /**
   * @param connected the end that it is connected with: that of datagrams that name none
   * @param create makes the connection with an end
   */
  constructor(
    pid: number,
    local: IpEndpoint,
    connected: IpEndpoint | undefined,
    create: (remote: IpEndpoint | undefined, role: Connection["role"]) => Connection,
    observer: SocketObserver,
    book: LedgerBook,
  ) {
    this.pid = pid;
    this.#local = local;
    this.#connected = connected;
    this.#create = create;
    this.#observer = observer;
    this.#book = book;
  }

  /** A datagram; whoever speaks first asks. */
  moved(remote: IpEndpoint | undefined, { direction, time, size, data }: Piece): void {
    // Some calls on a connected socket, too, name the other end: recvmsg for who asks for it.
    const peer = this.#find(remote ?? this.#connected, direction === "write" ? "client" : "server", time);
    const { connection, offsets } = peer;
    const offset = offsets[direction];
    offsets[direction] += size;
    this.#book.enter(size);
    this.#book.settleHandled(data.length);
    const missing = size - data.length;
    if (missing > 0) this.#book.settleTruncated("message-bytes", missing);
    this.#observer.observe({
      kind: "data",
      connection,
      time,
      direction,
      offset,
      data,
      ...(missing > 0 && { truncated: true, missing }),
    });
    peer.last = time;
  }

  /** Its connection with an end; one without a number where nothing moved between the two. */
  describe(named: IpEndpoint | undefined, facts: Pick<Connection, "process" | "source">): Connection {
    const remote = named ?? this.#connected;
    const known = this.#peers.get(formatEndpoint(remote)) ?? this.#peers.get(formatEndpoint(undefined));
    if (known !== undefined && (remote === undefined || known.connection.remote !== undefined)) return known.connection;
    return { ...facts, id: 0n, transport: "udp", local: this.#local, remote, role: "unknown" };
  }

  close(time: Timestamp | undefined): void {
    for (const peer of this.#peers.values()) this.#close(peer, time);
    this.#peers.clear();
  }

  #find(remote: IpEndpoint | undefined, role: Connection["role"], time: Timestamp): Peer {
    const key = formatEndpoint(remote);
    let peer = this.#peers.get(key);
    if (peer === undefined) {
      if (this.#peers.size >= MOST_PEERS) {
        const [oldest, first] = this.#peers.entries().next().value!;
        this.#peers.delete(oldest);
        this.#close(first, undefined);
      }
      const connection = this.#create(remote, role);
      connection.opened = time;
      peer = { connection, offsets: { read: 0, write: 0 }, last: time };
      this.#peers.set(key, peer);
    }
    return peer;
  }

  #close({ connection, last }: Peer, time: Timestamp | undefined): void {
    connection.closed = time ?? last;
    this.#observer.observe({ kind: "close", connection, time: connection.closed, how: "unknown" });
  }
}

interface Peer {
  readonly connection: Connection;
  readonly offsets: { read: number; write: number };
  last: Timestamp;
}
