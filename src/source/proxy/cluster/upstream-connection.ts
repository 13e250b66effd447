import type { Channel } from "../channel/channel.ts";
import type { TappedConnection } from "../tapped-connection.ts";

/** A connection to an endpoint, ready to be relayed. */
export interface UpstreamConnection {
  readonly tapped: TappedConnection;
  readonly channel: Channel;
  /** The protocol that the endpoint picked (ALPN). */
  readonly protocol: string | undefined;
  /** To be called once, when it is closed. */
  readonly release: () => void;
}

/** Closes a connection that is not needed after all. */
export function closeUpstream({ tapped, channel, release }: UpstreamConnection): void {
  channel.destroy();
  tapped.closed("fin");
  release();
}
