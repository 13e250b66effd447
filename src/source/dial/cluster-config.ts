import type { Endpoint, Place } from "../../model/index.ts";
import type { UpstreamTransportSocket } from "./transport-socket.ts";

/** Where connections go, and how they are made: an Envoy cluster, checked and with its defaults filled in. Durations are milliseconds. */
export interface ClusterConfig {
  readonly name: string;
  readonly discovery: ClusterDiscovery;
  /** Default 5 s. */
  readonly connectTimeoutMillis: number;
  readonly lbPolicy: "ROUND_ROBIN";
  /** At least one. STATIC: addresses only; LOGICAL_DNS: exactly one. */
  readonly endpoints: readonly ClusterEndpoint[];
  readonly transportSocket: UpstreamTransportSocket;
  /** The HTTP that its endpoints speak, by ALPN's names; absent with TLS: whatever the server picks. */
  readonly httpProtocols?: readonly HttpProtocol[];
  /** Nothing says so: HTTP/1.1 is assumed, as Envoy does. */
  readonly isHttpAssumed?: true;
  /** Unread bytes held for one connection before its sender is held back; default 1 MiB. */
  readonly bufferLimitBytes: number;
  readonly place: Place;
}

export const HTTP_PROTOCOLS = ["h2", "http/1.1"] as const;

export type HttpProtocol = (typeof HTTP_PROTOCOLS)[number];

/**
 * - `STATIC`: the endpoints are addresses.
 * - `STRICT_DNS`: every address that a name resolves to is an endpoint.
 * - `LOGICAL_DNS`: each new connection goes to the first address that the name resolved to last.
 */
export type ClusterDiscovery =
  | { readonly type: "STATIC" }
  | {
      readonly type: "STRICT_DNS" | "LOGICAL_DNS";
      /** Default 5 s. */
      readonly refreshRateMillis: number;
      readonly lookupFamily: DnsLookupFamily;
    };

/** `AUTO` (the default) is IPv6 where there is any, else IPv4. */
export type DnsLookupFamily = "AUTO" | "V4_ONLY" | "V6_ONLY" | "V4_PREFERRED" | "ALL";

/** Where to connect to. The address of an `ip` endpoint is a host name unless the cluster is STATIC; an IP literal is one too. */
export interface ClusterEndpoint {
  readonly address: Endpoint;
  readonly place: Place;
}
