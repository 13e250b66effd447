import type { ConnectionTap, Ledger, Logger, MemoryBudget } from "../../model/index.ts";
import type { DownstreamTransportSocket, UpstreamTransportSocket } from "../dial/transport-socket.ts";
import type { SparseLog } from "../sparse-log.ts";
import type { HttpConnectionManagerConfig } from "./config/config.ts";
import type { Counters } from "./counters.ts";
import type { OwnAddresses } from "./own-addresses.ts";
import type { OwnSockets } from "./own-sockets.ts";

/** Shared by everything in one proxy. */
export interface ProxyRuntime {
  readonly logger: Logger;
  /** For what may happen to every connection. */
  readonly sparseLog: SparseLog;
  readonly counters: Counters;
  /** Books `downstream-bytes` and `upstream-bytes`: received from clients and from endpoints; handled is handed on. */
  readonly ledger: Ledger;
  readonly budget: MemoryBudget;
  readonly ownAddresses: OwnAddresses;
  readonly ownSockets: OwnSockets;
  /** A number for the next connection: never given twice. */
  readonly nextConnectionId: () => bigint;
  /**
   * The taps and captures that a transport socket is configured with, outermost first.
   * @throws TaplineError `configuration`
   */
  readonly createTaps: (socket: DownstreamTransportSocket | UpstreamTransportSocket) => readonly ConnectionTap[];
  /** The taps that the filters of an HTTP connection manager are. */
  readonly createHttpTaps: (manager: HttpConnectionManagerConfig) => readonly ConnectionTap[];
}
