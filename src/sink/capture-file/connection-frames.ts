import {
  type Connection,
  compareTimestamps,
  type Endpoint,
  EPOCH,
  formatEndpoint,
  type IpEndpoint,
  RecentMap,
  type SocketEvent,
  type Timestamp,
} from "../../model/index.ts";
import { hasOwnAddress, initialSequence, SyntheticConnection } from "../../wire/packet/index.ts";
import type { PacketWriter } from "../../wire/pcap/index.ts";

export interface ConnectionFramesOptions {
  /** See `SyntheticConnectionOptions`. */
  readonly handshake?: boolean;
  readonly maxSegment?: number;
  readonly seamless?: boolean;
  /** Put on a connection's first frame, where the format has comments. */
  readonly comments?: (connection: Connection) => readonly string[];
}

/** Connections that had the same ends. */
interface Uses {
  count: number;
  /** Those that are not over. */
  open: number;
  /** When the last of the others was over. */
  until: Timestamp;
}

/** The dynamic ports (RFC 6335 section 6). */
const FIRST_PORT = 49_152;
const PORTS = 65_536 - FIRST_PORT;
/** Ends that are remembered; of those that came before, a connection looks like one that goes on. */
const MAX_ENDS = 65_536;

/**
 * Writes what happened on any number of connections as the frames that would have carried it.
 *
 * Where a handshake is asked for, ends that had a connection before (each HTTP trace of a kept-alive connection is one) get other sequence
 * numbers for the next, which would else be retransmissions of the first; where the two overlap (streams of HTTP/2), the next has a client port
 * of its own, with the true one in a comment.
 */
export class ConnectionFrames {
  readonly #writer: PacketWriter;
  readonly #options: ConnectionFramesOptions;
  readonly #connections = new Map<Connection, { readonly frames: SyntheticConnection; readonly uses?: Uses }>();
  readonly #ends = new RecentMap<string, Uses>(MAX_ENDS);
  #ordinal = 0;
  #port = -1;
  #recent: Connection | undefined;
  #recentFrames: SyntheticConnection | undefined;

  constructor(writer: PacketWriter, options: ConnectionFramesOptions = {}) {
    this.#writer = writer;
    this.#options = options;
  }

  observe(event: SocketEvent): void {
    const frames = this.#find(event);
    if (event.kind !== "close") {
      frames.observe(event);
      return;
    }
    // How it ended is seldom recorded: frames that end in good order disturb nobody.
    frames.close(event.time, event.how === "unknown" ? "fin" : event.how);
    const { uses } = this.#connections.get(event.connection)!;
    if (uses !== undefined) {
      uses.open--;
      if (compareTimestamps(uses.until, event.time) < 0) uses.until = event.time;
    }
    this.#connections.delete(event.connection);
    this.#recent = undefined;
  }

  #find({ connection, time }: SocketEvent): SyntheticConnection {
    if (connection === this.#recent) return this.#recentFrames!;
    let made = this.#connections.get(connection);
    if (made === undefined) {
      made = this.#make(connection, time);
      this.#connections.set(connection, made);
    }
    this.#recent = connection;
    this.#recentFrames = made.frames;
    return made.frames;
  }

  #make(connection: Connection, time: Timestamp): { readonly frames: SyntheticConnection; readonly uses?: Uses } {
    const { comments, ...frameOptions } = this.#options;
    const { role } = connection;
    let { local, remote } = connection;
    const notes = [...describeEnds(connection), ...(comments?.(connection) ?? [])];
    let uses = this.#usesOf(local, remote);
    if (uses !== undefined && isBusy(uses, time)) {
      const client = (role === "client" ? local : remote) as IpEndpoint;
      notes.push(`client ${formatEndpoint(client)}`);
      for (let tries = 0; tries < PORTS && isBusy(uses!, time); tries++) {
        this.#port = (this.#port + 1) % PORTS;
        const other = { ...client, port: FIRST_PORT + this.#port };
        if (role === "client") local = other;
        else remote = other;
        uses = this.#usesOf(local, remote);
      }
    }
    const frames = new SyntheticConnection(this.#writer, local, remote, {
      ...frameOptions,
      role,
      ordinal: this.#ordinal++,
      comments: notes,
      initialSequence: initialSequence(uses?.count ?? 0),
    });
    if (uses === undefined) return { frames };
    uses.count++;
    uses.open++;
    return { frames, uses };
  }

  /** Undefined where there is nothing to tell apart: no handshake is made, or an end has no port. */
  #usesOf(local: Endpoint | undefined, remote: Endpoint | undefined): Uses | undefined {
    if (this.#options.handshake !== true || !hasOwnAddress(local) || !hasOwnAddress(remote)) return undefined;
    const ends = `${formatEndpoint(local!)} ${formatEndpoint(remote!)}`;
    let uses = this.#ends.get(ends);
    if (uses === undefined) {
      uses = { count: 0, open: 0, until: EPOCH };
      this.#ends.set(ends, uses);
    }
    return uses;
  }
}

function isBusy({ open, until }: Uses, time: Timestamp): boolean {
  return open > 0 || compareTimestamps(time, until) < 0;
}

/** Comments for what the frames' addresses cannot express. */
function describeEnds({ local, remote }: Connection): string[] {
  const comments: string[] = [];
  for (const [name, end] of [
    ["local", local],
    ["remote", remote],
  ] as const) {
    if (end === undefined) comments.push(`${name} end: not recorded`);
    else if (!hasOwnAddress(end) || (end.kind === "ip" && end.address.includes("%")))
      comments.push(`${name} end: ${formatEndpoint(end)}`);
  }
  return comments;
}
