import type { Socket } from "node:net";
import { type Connection, type Endpoint, TaplineError } from "../../../model/index.ts";
import { readWallClock } from "../../wall-clock.ts";
import { localEndpoint, remoteEndpoint } from "../endpoint-of.ts";
import { OBSERVER_FAULTS } from "../statistic-names.ts";
import { TappedConnection } from "../tapped-connection.ts";
import type { ChainRuntime } from "./chain-runtime.ts";

/**
 * Describes a connection that a listener accepted, counts it, and attaches the listener's taps.
 *
 * @param ends where the PROXY protocol has told them
 */
export function tapAccepted(
  listener: ChainRuntime,
  accepted: Socket,
  ends?: { readonly remote: Endpoint; readonly local: Endpoint },
): TappedConnection {
  const { address, name } = listener.config;
  const path = address.kind === "pipe" ? address.path : undefined;
  const connection: Connection = {
    id: listener.runtime.nextConnectionId(),
    transport: path === undefined ? "tcp" : "pipe",
    local: ends?.local ?? localEndpoint(accepted, path),
    // A client of a Unix socket has no name that is worth telling: Envoy says the listener's.
    remote: ends?.remote ?? remoteEndpoint(accepted, path),
    role: "server",
    opened: readWallClock(),
    source: name,
    seenAt: "listener",
  };
  const { counters } = listener.runtime;
  listener.filterCounter("downstream_cx_total").value++;
  return new TappedConnection(connection, listener.taps, {
    faults: counters.counter(OBSERVER_FAULTS),
    readBytes: listener.filterCounter("downstream_cx_rx_bytes_total"),
    writtenBytes: listener.filterCounter("downstream_cx_tx_bytes_total"),
  });
}

/** @throws TaplineError (`connection`) where the proxy has connected to itself, on whatever way */
export function refuseLoop(listener: ChainRuntime, { remote, local }: Connection): void {
  if (!listener.runtime.ownSockets.includes(remote, local)) return;
  listener.counter("downstream_cx_loop_refused").value++;
  throw new TaplineError("connection", "it comes from a connection that this proxy has opened itself");
}
