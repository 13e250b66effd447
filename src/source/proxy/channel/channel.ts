/**
 * One end of a proxied connection as the relay sees it: plaintext bytes in and out, the same for TCP, Unix sockets and TLS.
 *
 * A channel is made paused: nothing is read before `resume`. When a channel is `full`, the one that its bytes come from is
 * paused, so that a channel never holds more than two reads' worth of bytes.
 */
export interface Channel {
  /** Says who is told what happens from now on. One that takes over a channel that has ended or closed meanwhile is told that soon. */
  handleWith(handler: ChannelHandler): void;
  /**
   * Hands over `bytes`, which are borrowed until the call returns. Gives how many the socket took at once; the rest is copied
   * and taken later (`flushed` follows), unless the channel is closed: then the rest is lost.
   */
  write(bytes: Uint8Array): number;
  /** Bytes copied by `write` that the socket has not taken yet. */
  readonly backlog: number;
  /** Whether the sender should be paused until bytes of the backlog were `flushed`. */
  readonly full: boolean;
  /** Half-closes: no byte follows the backlog. */
  end(): void;
  pause(): void;
  resume(): void;
  /** Closes at once; what is in the backlog is lost, and nothing is told to be `flushed` any more. */
  destroy(): void;
  /** As `destroy`, and tells the peer that the connection broke (RST) where the transport can. */
  reset(): void;
}

/** Never called from within `write`. */
export interface ChannelHandler {
  /** Bytes were read; borrowed until the call returns. */
  received(bytes: Uint8Array): void;
  /** The peer half-closed: nothing more is received. */
  ended(): void;
  /** The socket has taken these bytes of the backlog, in order. */
  flushed(bytes: Uint8Array): void;
  /** Called once, last. The error is absent when both directions had ended or we closed it. */
  closed(error: NodeJS.ErrnoException | undefined): void;
}
