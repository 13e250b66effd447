import type { Socket } from "node:net";
import type { Channel, ChannelHandler } from "./channel.ts";
import { endStalledSession } from "./end-stalled-session.ts";
import { READ_SIZE } from "./read-buffer.ts";

const NOBODY: ChannelHandler = { received() {}, ended() {}, flushed() {}, closed() {} };

/** A socket that is read and written as a stream: TLS, and plain sockets where the runtime offers no faster way. */
export class StreamChannel implements Channel {
  backlog = 0;
  protected handler = NOBODY;
  protected readonly socket: Socket;
  #error: NodeJS.ErrnoException | undefined;
  #ended = false;
  #closed = false;
  #taken = 0;
  #isWatched = false;

  /** @param socket is paused */
  constructor(socket: Socket) {
    this.socket = socket;
    socket.on("end", () => {
      this.#ended = true;
      if (this.backlog > 0) this.#watch();
      this.handler.ended();
    });
    socket.on("error", (error) => {
      this.#error ??= error;
    });
    socket.on("close", () => {
      this.#closed = true;
      this.handler.closed(this.#error);
    });
    this.listen();
  }

  handleWith(handler: ChannelHandler): void {
    this.handler = handler;
    if (!this.#ended && !this.#closed) return;
    // It came while nobody listened: a client may leave while its connection's other side is being dialled.
    const [ended, closed] = [this.#ended, this.#closed];
    queueMicrotask(() => {
      if (ended) handler.ended();
      if (closed) handler.closed(this.#error);
    });
  }

  /** TLS takes whatever it is given and answers a little later: its sender goes on until a whole read is outstanding. */
  get full(): boolean {
    return this.backlog >= READ_SIZE;
  }

  write(bytes: Uint8Array): number {
    if (!this.socket.destroyed) this.queue(bytes);
    return 0;
  }

  end(): void {
    this.socket.end();
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  destroy(): void {
    this.socket.destroy();
  }

  reset(): void {
    this.socket.destroy();
  }

  /** Sees to it that what is read is told to the handler. */
  protected listen(): void {
    this.socket.on("data", (bytes: Buffer) => this.handler.received(bytes));
    this.socket.pause();
  }

  /** Leaves a copy of `bytes` to the stream. */
  protected queue(bytes: Uint8Array): void {
    const copy = Uint8Array.prototype.slice.call(bytes);
    this.backlog += copy.length;
    if (this.#ended) this.#watch();
    this.socket.write(copy, (error) => {
      if (error) return;
      this.#taken++;
      this.backlog -= copy.length;
      this.handler.flushed(copy);
    });
  }

  #watch(): void {
    if (this.#isWatched) return;
    this.#isWatched = true;
    endStalledSession(this.socket, () => {
      if (this.backlog === 0) this.#isWatched = false;
      return { bytes: this.backlog, taken: this.#taken };
    });
  }
}
