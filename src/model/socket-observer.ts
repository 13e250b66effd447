import type { Connection } from "./connection.ts";
import type { Direction, SocketEvent } from "./socket-event.ts";

/**
 * Watches one connection. It is called synchronously on the forwarding path, in the order of the events: it copies what it
 * keeps, never throws, and never waits. After `close` it is not called again.
 */
export interface SocketObserver {
  observe(event: SocketEvent): void;
  /**
   * False once the bytes of that direction make no difference any more (a limit is reached): events still come, but their
   * source need not go to any trouble for what they say. Absent means true.
   */
  wants?(direction: Direction): boolean;
  /**
   * True: a half-close may come as an event of its own, without bytes, after the event of the last bytes. Then their source need
   * not hold bytes back until it knows whether more follows. Absent means false.
   */
  readonly takesEndApart?: boolean;
}

/** An observer that can be attached to a source's connections: a tap, a capture, the analysis. */
export interface ConnectionTap {
  /**
   * Called once for each connection when its object is made: for an upstream connection that is before it is connected, so
   * `local` may still be unknown. Gives undefined when it does not want this one.
   */
  attach(connection: Connection): SocketObserver | undefined;
}
