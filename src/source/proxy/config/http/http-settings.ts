import type { AddressRange } from "../../../dial/tls-config.ts";
import type { NodeConfig } from "../node-config.ts";

/** How an HTTP connection manager in routed mode reads and writes messages. Durations are milliseconds, 0 is never. */
export interface HttpSettings {
  /** The value of `server` in responses. */
  readonly serverName: string;
  readonly serverHeader: "OVERWRITE" | "APPEND_IF_ABSENT" | "PASS_THROUGH";
  /** The socket's address is the client's, and goes into `x-forwarded-for`. */
  readonly usesRemoteAddress: boolean;
  /** Endpoints are told who this proxy is, in `user-agent` where the client has none. */
  readonly tells?: NodeConfig;
  readonly trustedHops: number;
  readonly skipsForwardedFor: boolean;
  readonly internalRanges: readonly AddressRange[];
  readonly internalUnixSockets: boolean;
  readonly via: string;
  readonly appendsForwardedPort: boolean;
  readonly generatesRequestId: boolean;
  readonly preservesRequestId: boolean;
  readonly tellsRequestId: boolean;
  readonly clientCertificate: "SANITIZE" | "FORWARD_ONLY" | "ALWAYS_FORWARD_ONLY";
  readonly normalizesPath: boolean;
  readonly mergesSlashes: boolean;
  readonly escapedSlashes: "KEEP_UNCHANGED" | "REJECT_REQUEST" | "UNESCAPE_AND_REDIRECT" | "UNESCAPE_AND_FORWARD";
  readonly stripsPort: "none" | "matching" | "any";
  readonly stripsHostDot: boolean;
  readonly underscores: "ALLOW" | "REJECT_REQUEST" | "DROP_HEADER";
  readonly maxHeaderBytes: number;
  readonly maxHeaders: number;
  readonly acceptsHttp10: boolean;
  readonly defaultHost: string;
  readonly allowsTrailers: boolean;
  readonly forwardsContinue: boolean;
  readonly streamIdleMillis: number;
  readonly requestMillis: number;
  readonly requestHeadersMillis: number;
  readonly maxStreamMillis: number;
  readonly maxConnectionMillis: number;
  /** 0: no limit. */
  readonly maxRequestsPerConnection: number;
  /** Whether headers that begin with `x-envoy-` are added. */
  readonly addsEnvoyHeaders: boolean;
  /** A client's `x-envoy-expected-rq-timeout-ms` stays. */
  readonly keepsExpectedTimeout: boolean;
  readonly forcedScheme: "http" | "https" | undefined;
  readonly maxConcurrentStreams: number | undefined;
  /** Clients of HTTP/2 may ask for a websocket (RFC 8441). */
  readonly allowsConnect: boolean;
  readonly upgrades: ReadonlyMap<string, boolean>;
}
