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
  /** Closed by its owner, who counts the backlog as lost. */
  protected isGivenUp = false;
  #error: NodeJS.ErrnoException | undefined;
  #ended = false;
  #closed = false;
  #taken = 0;
  #isWatched = false;
  #isWanted = false;
  #rests = false;
  /** Milliseconds that handling took since the last rest. */
  #spent = 0;

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
    this.#isWanted = false;
    this.socket.pause();
  }

  resume(): void {
    this.#isWanted = true;
    if (!this.#rests) this.socket.resume();
  }

  destroy(): void {
    this.isGivenUp = true;
    this.socket.destroy();
  }

  reset(): void {
    this.destroy();
  }

  /** Sees to it that what is read is told to the handler. */
  protected listen(): void {
    this.socket.on("data", (bytes: Buffer) => this.receive(bytes));
    this.socket.pause();
  }

  /**
   * Hands on what was read. A peer whose bytes are much work (one megabyte may be 60 000 requests) is read on in the next turn of the event
   * loop, since libuv reads up to 32 times from a socket before it looks at the others.
   * @returns milliseconds that it took
   */
  protected receive(bytes: Uint8Array): number {
    const began = performance.now();
    this.handler.received(bytes);
    const took = performance.now() - began;
    this.#spent += took;
    if (this.#spent >= TURN_MILLIS) this.#rest();
    return took;
  }

  #rest(): void {
    this.#spent = 0;
    if (!this.#isWanted || this.#rests) return;
    this.#rests = true;
    this.socket.pause();
    setImmediate(() => {
      this.#rests = false;
      if (this.#isWanted) this.socket.resume();
    });
  }

  /** Leaves a copy of `bytes` to the stream. */
  protected queue(bytes: Uint8Array): void {
    const copy = Uint8Array.prototype.slice.call(bytes);
    this.backlog += copy.length;
    if (this.#ended) this.#watch();
    this.socket.write(copy, (error) => {
      // A write that was done at once is told of in the next tick, though the socket was destroyed in between.
      if (error || this.isGivenUp) return;
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

/** As long as one socket may be worked for before the others have their turn. */
const TURN_MILLIS = 5;
