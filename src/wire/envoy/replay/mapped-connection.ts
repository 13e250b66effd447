import type {
  Connection,
  Direction,
  Endpoint,
  LedgerBook,
  LedgerReason,
  Role,
  SocketEvent,
  Timestamp,
} from "../../../model/index.ts";
import { EPOCH } from "../../../model/index.ts";
import type { TraceAddress, TraceConnection } from "../trace.ts";

/** Where the events of mapped connections go, and what counts them. */
export interface EventOutput {
  readonly handler: (event: SocketEvent) => void;
  /** Bytes that moved: `handled`, or truncated as `not-recorded` where it is known how many are missing. */
  readonly payload: LedgerBook;
}

/**
 * One connection of a trace on its way to the model: keeps where each direction's stream stands, and works out what is
 * missing. The `open` event comes with the first thing that has a time.
 *
 * Of an event that the tap cut, how much is missing shows at the next event, when they are numbered (`seq_num` counts the
 * bytes of both directions, those too that were not recorded): the gap is handed on then. Otherwise its size is not known.
 */
export class MappedConnection {
  readonly connection: Connection;
  readonly #output: EventOutput;
  #opened = false;
  #closed = false;
  #lastTime: Timestamp;
  #readOffset = 0;
  #writeOffset = 0;
  /** The number that the next event has if nothing is missing; 0 when events are not numbered. */
  #nextSequence = 0;
  /** The direction of the last event, when it was cut and the next event's number will tell by how much. */
  #cut: Direction | undefined;
  /** A direction of which more is missing than an event told. */
  readonly gapped: Record<Direction, boolean> = { read: false, write: false };

  constructor(output: EventOutput, connection: Connection, startTime: Timestamp = EPOCH) {
    this.#output = output;
    this.connection = connection;
    this.#lastTime = startTime;
  }

  /** @param sequence the event's number, 0 for none */
  data(
    time: Timestamp | undefined,
    direction: Direction,
    data: Uint8Array,
    truncated: boolean,
    endStream: boolean,
    sequence: number,
  ): void {
    const at = this.#begin(time, direction);
    if (sequence > 0) this.#number(at, sequence, direction);
    const { connection } = this;
    const offset = direction === "read" ? this.#readOffset : this.#writeOffset;
    if (direction === "read") this.#readOffset += data.length;
    else this.#writeOffset += data.length;
    this.#output.payload.enter(data.length);
    this.#output.payload.settleHandled(data.length);
    this.#output.handler(
      endStream
        ? { kind: "data", connection, time: at, direction, offset, data, endStream }
        : { kind: "data", connection, time: at, direction, offset, data },
    );
    if (sequence > 0) this.#nextSequence = sequence + data.length;
    if (!truncated) return;
    if (sequence > 0) this.#cut = direction;
    else this.gap(at, direction, undefined, "truncated");
  }

  gap(time: Timestamp, direction: Direction, size: number | undefined, reason: LedgerReason): void {
    this.gapped[direction] = true;
    const offset = direction === "read" ? this.#readOffset : this.#writeOffset;
    const { connection } = this;
    this.#output.handler(
      size === undefined
        ? { kind: "gap", connection, time, direction, offset, reason }
        : { kind: "gap", connection, time, direction, offset, size, reason },
    );
    if (size === undefined) return;
    this.#output.payload.enter(size);
    this.#output.payload.settleTruncated("not-recorded", size);
    if (direction === "read") this.#readOffset += size;
    else this.#writeOffset += size;
  }

  /** @param sequence the closing event's number, 0 for none */
  close(time: Timestamp | undefined, sequence: number): void {
    if (this.#closed) return;
    this.#closed = true;
    // A connection of which nothing was seen happened at no known time.
    if (!this.#opened && time === undefined) return;
    const at = this.#begin(time, "read");
    // The closing event is numbered one higher than a byte would be.
    if (sequence > 0) this.#number(at, sequence - 1, undefined);
    if (this.#cut !== undefined) this.gap(at, this.#cut, undefined, "truncated");
    if (this.connection.unsaid?.responseTimes !== true) this.connection.closed = at;
    this.#output.handler({ kind: "close", connection: this.connection, time: at, how: "unknown" });
  }

  get lastTime(): Timestamp {
    return this.#lastTime;
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  #begin(time: Timestamp | undefined, first: Direction): Timestamp {
    const at = time ?? this.#lastTime;
    this.#lastTime = at;
    if (!this.#opened) {
      this.#opened = true;
      // Whoever speaks first is taken for the one that dialled.
      if (this.connection.role === "unknown") this.connection.role = first === "write" ? "client" : "server";
      this.#output.handler({ kind: "open", connection: this.connection, time: at });
    }
    return at;
  }

  /** Tells what is missing before the event with that number. */
  #number(time: Timestamp, sequence: number, direction: Direction | undefined): void {
    const cut = this.#cut;
    this.#cut = undefined;
    if (this.#nextSequence === 0) return;
    const missing = sequence - this.#nextSequence;
    if (cut !== undefined) this.gap(time, cut, missing > 0 ? missing : undefined, "truncated");
    else if (missing > 0 && direction !== undefined) this.gap(time, direction, missing, "lost-event");
  }
}

/** A connection of the model from what a trace says of it. */
export function toConnection(
  id: bigint,
  connection: TraceConnection | undefined,
  role: Role,
  source: string | undefined,
): Connection {
  const local = toEndpoint(connection?.localAddress);
  const remote = toEndpoint(connection?.remoteAddress);
  const isPipe = (remote ?? local)?.kind === "pipe";
  const isUdp = [connection?.localAddress, connection?.remoteAddress].some(
    (address) => address?.kind === "socket" && address.protocol === "UDP",
  );
  return {
    id,
    transport: isPipe ? "pipe" : isUdp ? "udp" : "tcp",
    local,
    remote,
    role,
    ...(source === undefined ? {} : { source }),
  };
}

/** Undefined for what has no address in it. An internal listener's name becomes a path. */
export function toEndpoint(address: TraceAddress | undefined): Endpoint | undefined {
  switch (address?.kind) {
    case "socket":
      return address.address === ""
        ? undefined
        : { kind: "ip", address: address.address, port: address.portValue ?? 0 };
    case "pipe":
      return { kind: "pipe", path: address.path };
    case "internal":
      return { kind: "pipe", path: `envoy://${address.serverListenerName ?? ""}/${address.endpointId ?? ""}` };
    default:
      return undefined;
  }
}
