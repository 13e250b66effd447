import { Duplex } from "node:stream";
import type { SocketClosed } from "../../../model/index.ts";
import type { ChannelHandler } from "../channel/channel.ts";
import type { RelaySide } from "../relay.ts";
import type { LocalReply } from "./local-reply.ts";

/** How long a client that has its answer may take to close, in milliseconds. */
export const LINGER_MILLIS = 1000;

/**
 * A client's channel as a stream, for Node's HTTP servers. The connection's taps are told of what passes; what the client sends is
 * dropped as `no-upstream`. After the stream's end the client is read for a moment: closing at once would send a RST, and it could
 * lose sight of the answer.
 */
export class ChannelStream extends Duplex {
  readonly reply: LocalReply;
  readonly #client: RelaySide;
  readonly #onClosed: (how: SocketClosed["how"]) => void;
  #written: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** @param idleMillis how long the client may take to ask; 0 is forever */
  constructor(client: RelaySide, reply: LocalReply, idleMillis: number, onClosed: (how: SocketClosed["how"]) => void) {
    super();
    this.reply = reply;
    this.#client = client;
    this.#onClosed = onClosed;
    this.on("error", () => {});
    if (idleMillis > 0) this.#timer = setTimeout(() => this.destroy(), idleMillis);
  }

  /** To be given to the channel. */
  readonly handler: ChannelHandler = {
    received: (bytes) => this.#receive(bytes),
    ended: () => {
      this.#client.tapped.readEnded();
      this.push(null);
    },
    flushed: (bytes) => this.#flushed(bytes),
    closed: (error) => {
      clearTimeout(this.#timer);
      this.destroy();
      this.#onClosed(error === undefined ? "fin" : "reset");
    },
  };

  override _read(): void {
    this.#client.channel.resume();
  }

  override _write(bytes: Buffer, _encoding: BufferEncoding, done: () => void): void {
    const { tapped, channel } = this.#client;
    const taken = channel.write(bytes);
    if (taken > 0) tapped.wrote(bytes.subarray(0, taken), false);
    if (channel.backlog > 0) this.#written = done;
    else done();
  }

  override _final(done: () => void): void {
    const { tapped, channel } = this.#client;
    tapped.writeEnded();
    channel.end();
    channel.resume();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.destroy(), LINGER_MILLIS);
    done();
  }

  #receive(bytes: Uint8Array): void {
    const { tapped, received, channel } = this.#client;
    received.enter(bytes.length);
    received.settleDropped("no-upstream", bytes.length);
    tapped.read(bytes);
    // Once it is answered nobody reads it any more; the client is read all the same.
    if (!this.writableEnded && !this.push(Buffer.from(bytes))) channel.pause();
  }

  #flushed(bytes: Uint8Array): void {
    const { tapped, channel } = this.#client;
    tapped.wrote(bytes, true);
    if (channel.backlog > 0) return;
    const written = this.#written;
    this.#written = undefined;
    written?.();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#client.channel.destroy();
    done(error);
  }
}
