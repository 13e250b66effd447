import { Duplex } from "node:stream";
import type { MemoryBudget, SocketClosed } from "../../../model/index.ts";
import type { ChannelHandler } from "../channel/channel.ts";
import type { Counter } from "../counters.ts";
import type { RelaySide } from "../relay.ts";

export interface ChannelDuplexOptions {
  /** Charged for bytes that the peer has not taken yet; a stream that it refuses is closed. */
  readonly budget: MemoryBudget;
  readonly overflows: Counter;
  /** Called whenever bytes move. */
  readonly onMoved: () => void;
  /** Called once. @param by in which direction a reset went */
  readonly onClosed: (how: SocketClosed["how"]) => void;
}

/**
 * A tapped channel as a stream, for Node's HTTP. The connection's taps are told of what passes; bytes received are booked as handled
 * once the codec has taken them.
 */
export class ChannelDuplex extends Duplex {
  readonly side: RelaySide;
  readonly #options: ChannelDuplexOptions;
  #written: ((error?: Error | null) => void) | undefined;
  /** Ends the stream once the backlog is gone. */
  #final: (() => void) | undefined;
  #reserved = 0;
  /** Received, and not taken by the codec. */
  #pending = 0;
  #how: SocketClosed["how"] | undefined;
  #isClosed = false;
  /** Whoever reads keeps no bytes: they are handed on where they lie. */
  #isRead = true;

  constructor(side: RelaySide, options: ChannelDuplexOptions) {
    super({ allowHalfOpen: true, decodeStrings: false });
    this.side = side;
    this.#options = options;
    this.on("error", () => {});
  }

  /** Bytes that are handed on at the moment, where they are handed on without a copy. Lent. */
  lent: Uint8Array | undefined;

  /** Begins to read. */
  start(): void {
    this.side.channel.handleWith(this.handler);
    this.side.channel.resume();
  }

  /** From now on somebody reads who may keep the bytes: Node's codecs do not. Called where a connection is no longer HTTP. */
  keepBytes(): void {
    this.#isRead = false;
  }

  /** Gives the codec bytes of which taps and ledger were told when they came. */
  replay(bytes: Uint8Array): void {
    this.push(Buffer.from(bytes));
  }

  readonly handler: ChannelHandler = {
    received: (bytes) => this.#receive(bytes),
    ended: () => {
      this.side.tapped.readEnded();
      if (!this.destroyed) this.push(null);
    },
    flushed: (bytes) => this.#flushed(bytes),
    closed: (error) => this.#closed(error),
  };

  override _read(): void {
    this.#settle();
    this.side.channel.resume();
  }

  override _write(chunk: Buffer | string, encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#send(typeof chunk === "string" ? gather([{ chunk, encoding }]) : chunk, done);
  }

  override _writev(chunks: Chunk[], done: (error?: Error | null) => void): void {
    this.#send(gather(chunks), done);
  }

  override _final(done: () => void): void {
    if (this.side.channel.backlog > 0 && !this.#isClosed) {
      this.#final = done;
      return;
    }
    if (!this.#isClosed) this.side.tapped.writeEnded();
    this.side.channel.end();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    if (!this.#isClosed) {
      this.#how ??= this.writableFinished || error === null ? "fin" : "reset";
      if (this.#how === "reset") this.side.channel.reset();
      else this.side.channel.destroy();
      this.#closed(undefined);
    }
    done(null);
  }

  /** Closes for a reason that the taps are told. */
  abort(how: SocketClosed["how"]): void {
    this.#how = how;
    this.destroy();
  }

  // Node's clients and servers set these on sockets; Tapline's own have been set already.
  setKeepAlive(): this {
    return this;
  }
  setNoDelay(): this {
    return this;
  }
  setTimeout(): this {
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }
  /** Ends, and goes when all is written. */
  destroySoon(): void {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once("finish", () => this.destroy());
  }

  /** @param bytes lent: they are the channel's again when this returns */
  #send(bytes: Buffer, done: (error?: Error | null) => void): void {
    const { tapped, channel } = this.side;
    if (this.#isClosed) {
      done(new Error("the connection is closed"));
      return;
    }
    this.#options.onMoved();
    const before = channel.backlog;
    const taken = channel.write(bytes);
    if (taken > 0) tapped.wrote(taken === bytes.length ? bytes : bytes.subarray(0, taken), false);
    const queued = channel.backlog - before;
    if (queued > 0 && !this.#reserve(queued)) done(new Error("the memory budget has nothing left"));
    else if (channel.full) this.#written = done;
    else done();
  }

  #receive(bytes: Uint8Array): void {
    const { tapped, received, channel } = this.side;
    this.#options.onMoved();
    received.enter(bytes.length);
    tapped.read(bytes);
    if (this.destroyed || this.readableEnded) {
      received.settleDropped("receiver-closed", bytes.length);
      return;
    }
    // A codec that waits for nothing but bytes is given them without a copy, and without the stream's own rounds.
    if (this.#isRead && this.readableFlowing === true && this.readableLength === 0) {
      received.settleHandled(bytes.length);
      this.lent = bytes;
      this.emit("data", bytes);
      this.lent = undefined;
      return;
    }
    this.#pending += bytes.length;
    if (!this.push(Buffer.from(bytes))) channel.pause();
    this.#settle();
    // The codec may take them a moment later.
    if (this.#pending > 0) setImmediate(() => this.#settle());
  }

  #settle(): void {
    const taken = this.#pending - this.readableLength;
    if (taken <= 0) return;
    this.#pending -= taken;
    this.side.received.settleHandled(taken);
  }

  #reserve(size: number): boolean {
    if (this.#options.budget.tryReserve(size)) {
      this.#reserved += size;
      return true;
    }
    this.#options.overflows.value++;
    this.abort("unknown");
    return false;
  }

  #flushed(bytes: Uint8Array): void {
    const { tapped, channel } = this.side;
    this.#options.onMoved();
    this.#release(bytes.length);
    tapped.wrote(bytes, true);
    if (!channel.full) {
      const written = this.#written;
      this.#written = undefined;
      written?.();
    }
    if (channel.backlog === 0) this.#finish();
  }

  #finish(): void {
    const final = this.#final;
    this.#final = undefined;
    if (final !== undefined) this._final(final);
  }

  #release(size: number): void {
    const released = Math.min(size, this.#reserved);
    this.#reserved -= released;
    this.#options.budget.release(released);
  }

  #closed(error: NodeJS.ErrnoException | undefined): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const left = this.#pending - (this.destroyed ? 0 : this.readableLength);
    if (left > 0) {
      this.side.received.settleHandled(left);
      this.#pending -= left;
    }
    if (this.#pending > 0) this.side.received.settleDropped("receiver-closed", this.#pending);
    this.#pending = 0;
    this.#release(this.#reserved);
    const how = this.#how ?? (error === undefined ? "fin" : "reset");
    this.side.tapped.closed(how, how !== "reset" ? undefined : this.#how === undefined ? "read" : "write");
    const written = this.#written;
    this.#written = undefined;
    written?.(error ?? new Error("the connection is closed"));
    this.#finish();
    if (!this.destroyed) {
      if (!this.readableEnded && error === undefined) this.push(null);
      setImmediate(() => this.destroy(error));
    }
    this.#options.onClosed(how);
  }
}

interface Chunk {
  readonly chunk: Buffer | string;
  readonly encoding: BufferEncoding;
}

/** Lent to one write after another: a head and its body go out in one. */
const gathered = Buffer.allocUnsafeSlow(64 * 1024);

/** @returns lent until the next call */
function gather(chunks: readonly Chunk[]): Buffer {
  let size = 0;
  for (const { chunk, encoding } of chunks)
    size += typeof chunk === "string" ? Buffer.byteLength(chunk, encoding) : chunk.length;
  const into = size <= gathered.length ? gathered : Buffer.allocUnsafe(size);
  let at = 0;
  for (const { chunk, encoding } of chunks) {
    if (typeof chunk === "string") at += into.write(chunk, at, encoding);
    else {
      into.set(chunk, at);
      at += chunk.length;
    }
  }
  return into.subarray(0, at);
}
