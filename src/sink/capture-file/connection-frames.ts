import { type Connection, formatEndpoint, type SocketEvent } from "../../model/index.ts";
import { hasOwnAddress, SyntheticConnection } from "../../wire/packet/index.ts";
import type { PacketWriter } from "../../wire/pcap/index.ts";

export interface ConnectionFramesOptions {
  /** See `SyntheticConnectionOptions`. */
  readonly handshake?: boolean;
  readonly maxSegment?: number;
  readonly seamless?: boolean;
  /** Put on a connection's first frame, where the format has comments. */
  readonly comments?: (connection: Connection) => readonly string[];
}

/** Writes what happened on any number of connections as the frames that would have carried it. */
export class ConnectionFrames {
  readonly #writer: PacketWriter;
  readonly #options: ConnectionFramesOptions;
  readonly #connections = new Map<Connection, SyntheticConnection>();
  #ordinal = 0;
  #recent: Connection | undefined;
  #recentFrames: SyntheticConnection | undefined;

  constructor(writer: PacketWriter, options: ConnectionFramesOptions = {}) {
    this.#writer = writer;
    this.#options = options;
  }

  observe(event: SocketEvent): void {
    const frames = this.#find(event.connection);
    if (event.kind !== "close") {
      frames.observe(event);
      return;
    }
    // How it ended is seldom recorded: frames that end in good order disturb nobody.
    frames.close(event.time, event.how === "unknown" ? "fin" : event.how);
    this.#connections.delete(event.connection);
    this.#recent = undefined;
  }

  #find(connection: Connection): SyntheticConnection {
    if (connection === this.#recent) return this.#recentFrames!;
    let frames = this.#connections.get(connection);
    if (frames === undefined) {
      const { comments, ...frameOptions } = this.#options;
      frames = new SyntheticConnection(this.#writer, connection.local, connection.remote, {
        ...frameOptions,
        role: connection.role,
        ordinal: this.#ordinal++,
        comments: [...describeEnds(connection), ...(comments?.(connection) ?? [])],
      });
      this.#connections.set(connection, frames);
    }
    this.#recent = connection;
    this.#recentFrames = frames;
    return frames;
  }
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
