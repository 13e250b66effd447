import { writeSync } from "node:fs";
import { connect, Socket } from "node:net";
import type { Endpoint } from "../../../model/index.ts";
import { connectOptions, KEEP_ALIVE_DELAY_MILLIS } from "../../dial/connect-options.ts";
import { descriptorOf } from "../../dial/descriptor.ts";
import type { Channel } from "./channel.ts";
import { READ_SIZE, takeReadBuffer } from "./read-buffer.ts";
import { StreamChannel } from "./stream-channel.ts";

/**
 * A TCP or Unix socket without the streams machinery on its way: reads go through `onread` into a shared buffer, writes go
 * straight to the descriptor. Only what the kernel does not take at once goes through the stream, which waits for the
 * socket to become writable.
 */
class SocketChannel extends StreamChannel {
  /** @param reading is what the socket was made with */
  constructor(socket: Socket, reading: Reading) {
    super(socket);
    reading.sink = (bytes) => this.receive(bytes);
    reading.smallSink = (bytes) => this.handler.received(bytes);
  }

  override get full(): boolean {
    return this.backlog > 0;
  }

  override write(bytes: Uint8Array): number {
    const { socket } = this;
    if (socket.destroyed) return 0;
    const descriptor = this.backlog === 0 ? descriptorOf(socket) : -1;
    let taken = 0;
    if (descriptor >= 0) {
      try {
        taken = writeSync(descriptor, bytes);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EAGAIN") {
          socket.destroy(error as Error);
          return 0;
        }
      }
      if (taken === bytes.length) return taken;
    }
    this.queue(taken === 0 ? bytes : bytes.subarray(taken));
    return taken;
  }

  override reset(): void {
    this.isGivenUp = true;
    const { socket } = this;
    // libuv refuses to reset a socket whose end is being sent, and Node lets go of it then without closing it.
    const isEnding = socket.writableEnded && !socket.writableFinished && socket.writableLength === 0;
    try {
      if (isEnding) socket.destroy();
      else socket.resetAndDestroy();
    } catch {
      // A Unix socket knows no RST.
      socket.destroy();
    }
  }

  protected override listen(): void {}
}

/** Options for a socket that is read without streams: its `onread` option. Where a whole read is long work, the next ones are short. */
class Reading {
  /** Gives how many milliseconds it took. */
  sink: (bytes: Uint8Array) => number = () => 0;
  /** For less than a short read, that did not fill its buffer. */
  smallSink: (bytes: Uint8Array) => void = () => {};
  readonly onread: {
    /** Asked after each read; undefined goes on with the buffer there is, where giving it again is a fortieth of a small request's cost. */
    readonly buffer: () => Buffer;
    readonly callback: (size: number, buffer: Buffer) => boolean;
  };

  /** @param limit the most that one read gives, in bytes */
  constructor(limit: number) {
    const whole = takeReadBuffer(limit);
    const short = whole.subarray(0, SHORT_READ);
    // Nothing is known yet of what its bytes cost.
    let next: Buffer | undefined = whole.subarray(0, FIRST_READ);
    const callback = (size: number, buffer: Buffer) => {
      next = undefined;
      if (size < buffer.length && size < SHORT_READ) {
        // libuv turns to the other sockets by itself after it, and to look at the clock would be a tenth of its cost.
        this.smallSink(buffer.subarray(0, size));
        return true;
      }
      const took = this.sink(size === buffer.length ? buffer : buffer.subarray(0, size));
      const isDear = took > (LONG_MILLIS * buffer.length) / whole.length;
      const wanted = isDear ? short : whole;
      if (wanted !== buffer) next = wanted;
      return true;
    };
    this.onread = { buffer: () => next as Buffer, callback };
  }
}

const SHORT_READ = 4096;
/** The first read of a connection: some 900 of the shortest requests fit in it. */
const FIRST_READ = 16 * 1024;
/** A whole read that takes longer is followed by short ones. */
const LONG_MILLIS = 2;

/**
 * Takes over a socket that a server accepted (with `pauseOnConnect`). Such a socket cannot be given `onread` any more, so its
 * handle is put into a new one; where the runtime does not have it in the expected place, the socket is read as a stream.
 */
export function adoptAcceptedSocket(accepted: Socket, readLimit = READ_SIZE): Channel {
  const owner = accepted as unknown as { _handle: object | null };
  const handle = owner._handle;
  if (handle === null || typeof handle !== "object") return new StreamChannel(accepted);
  const reading = new Reading(readLimit);
  // The accepted socket lets go of the handle before it is destroyed; the server counts it as closed.
  owner._handle = null;
  accepted.destroy();
  const socket = new Socket({ handle, onread: reading.onread, allowHalfOpen: true, pauseOnCreate: true } as object);
  return new SocketChannel(socket, reading);
}

/** Dials. The channel is of no use before `socket` says `connect`. */
export function dialSocket(
  endpoint: Endpoint,
  readLimit = READ_SIZE,
  source?: { readonly address: string; readonly port: number },
): { channel: Channel; socket: Socket } {
  const reading = new Reading(readLimit);
  const socket = connect({ ...connectOptions(endpoint, source), onread: reading.onread });
  socket.pause();
  return { channel: new SocketChannel(socket, reading), socket };
}

/** Options of every listening socket. */
export const ACCEPT_OPTIONS = {
  allowHalfOpen: true,
  noDelay: true,
  keepAlive: true,
  keepAliveInitialDelay: KEEP_ALIVE_DELAY_MILLIS,
  pauseOnConnect: true,
} as const;
