import type {
  Connection,
  IpEndpoint,
  LedgerBook,
  MemoryBudget,
  SocketObserver,
  Timestamp,
} from "../../../model/index.ts";
import type { ProcessTable } from "../processes/process-table.ts";
import type { ConnectionRecord } from "./connection-record.ts";
import { DatagramSocket } from "./datagram-socket.ts";
import { LiveConnection, type LiveConnectionOptions } from "./live-connection.ts";
import type { WallTime } from "./wall-time.ts";

export interface ConnectionMakerOptions {
  readonly observer: SocketObserver;
  readonly budget: MemoryBudget;
  readonly processes: ProcessTable;
  readonly clock: WallTime;
  /** Numbers of connections: other analyzers take those between. Default: from 1, each. */
  readonly ids?: { readonly first: bigint; readonly step: bigint };
  /** Where the connections were seen: `Connection.source`. */
  readonly source?: string;
}

/** Makes the connections that the kernel's records tell of, and gives each its number. */
export class ConnectionMaker {
  readonly #options: ConnectionMakerOptions;
  readonly #book: LedgerBook;
  #nextId: bigint;

  /** @param book for the bytes of sockets */
  constructor(options: ConnectionMakerOptions, book: LedgerBook) {
    this.#options = options;
    this.#book = book;
    this.#nextId = options.ids?.first ?? 1n;
  }

  stream(record: ConnectionRecord, time: Timestamp): LiveConnection {
    const { id, pid, socket, local, remote, role, isLate, received, sent, started } = record;
    const connection: Connection = { ...this.#create(pid, "tcp"), local, remote, role };
    if (!isLate) {
      connection.opened = time;
      if (role === "client" && started > 0) connection.dialled = this.#options.clock.at(started);
    } else if (received === 0 && sent === 0) connection.opened = time;
    const live = this.#follow(connection, pid, { socket, received, sent, time });
    live.ids.set(id, record);
    return live;
  }

  datagrams(record: ConnectionRecord): DatagramSocket {
    const { id, pid, local, remote: end } = record;
    const connected = end.port === 0 ? undefined : end;
    const create = (remote: IpEndpoint | undefined, role: Connection["role"]): Connection => ({
      ...this.#create(pid, "udp"),
      local,
      remote,
      role,
    });
    const socket = new DatagramSocket(pid, local, connected, create, this.#options.observer, this.#book);
    socket.ids.set(id, record);
    return socket;
  }

  /** A conversation whose connection is not known: TLS over something that is no socket. */
  unassigned(pid: number): LiveConnection {
    const connection: Connection = {
      ...this.#create(pid, "tcp"),
      local: undefined,
      remote: undefined,
      role: "unknown",
    };
    return this.#follow(connection, pid, { socket: 0, received: 0, sent: 0, time: this.#options.clock.at(0) });
  }

  /** Whose it is, and where it was seen. */
  describe(pid: number): Pick<Connection, "process" | "source"> {
    const { processes, source } = this.#options;
    return { process: processes.find(pid), ...(source !== undefined && { source }) };
  }

  #create<Transport extends Connection["transport"]>(pid: number, transport: Transport) {
    return { ...this.describe(pid), id: this.#newId(), transport };
  }

  #follow(
    connection: Connection,
    pid: number,
    from: Pick<LiveConnectionOptions, "socket" | "received" | "sent" | "time">,
  ): LiveConnection {
    const { observer, budget } = this.#options;
    return new LiveConnection({ connection, pid, observer, book: this.#book, budget, nextId: this.#newId, ...from });
  }

  readonly #newId = (): bigint => {
    const id = this.#nextId;
    this.#nextId += this.#options.ids?.step ?? 1n;
    return id;
  };
}
