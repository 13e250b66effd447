import type { SocketClosed } from "../../../model/index.ts";
import type { RelaySide } from "../relay.ts";

/** How long a client that is being turned away may take to close, in milliseconds. */
const LINGER_MILLIS = 1000;

/**
 * Closes a connection that has no upstream: half-closes, then waits a little for the client to close too and drops what it
 * sends meanwhile; its taps are told of that. Closing at once, with bytes unread, would send a RST, and the client could lose
 * sight of the reason.
 */
export function lingerThenClose(
  { tapped, channel, received }: RelaySide,
  done: (how: SocketClosed["how"]) => void,
): void {
  const timer = setTimeout(() => channel.destroy(), LINGER_MILLIS);
  channel.handleWith({
    received: (bytes) => {
      received.enter(bytes.length);
      received.settleDropped("no-upstream", bytes.length);
      tapped.read(bytes);
    },
    ended: () => tapped.readEnded(),
    flushed() {},
    closed: (error) => {
      clearTimeout(timer);
      done(error === undefined ? "fin" : "reset");
    },
  });
  channel.end();
  channel.resume();
}
