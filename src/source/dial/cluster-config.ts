import type { Endpoint, IpEndpoint, Place } from "../../model/index.ts";
import type { UpstreamTransportSocket } from "./transport-socket.ts";

/** Where connections go, and how they are made: an Envoy cluster, checked and with its defaults filled in. Durations are milliseconds. */
export interface ClusterConfig {
  readonly name: string;
  readonly discovery: ClusterDiscovery;
  /** Default 5 s. */
  readonly connectTimeoutMillis: number;
  readonly lbPolicy: LbPolicy;
  /** For LEAST_REQUEST: how many endpoints are drawn; default 2. */
  readonly choiceCount?: number;
  /** For LEAST_REQUEST with different weights: the exponent of what is open; default 1. */
  readonly activeRequestBias?: number;
  /** Below this part of healthy endpoints, in percent, all are taken; default 50. */
  readonly panicThresholdPercent?: number;
  /** How much more than its share a priority can carry; default 1.4. */
  readonly overprovisioning?: number;
  /** A locality is chosen by its weight, before the endpoint. */
  readonly isLocalityWeighted?: true;
  /** Where connections are dialled from; absent: the kernel chooses. */
  readonly source?: { readonly address: string; readonly port: number };
  /** At least one. STATIC: addresses only; LOGICAL_DNS: exactly one; DYNAMIC: none. */
  readonly endpoints: readonly ClusterEndpoint[];
  readonly transportSocket: UpstreamTransportSocket;
  /** The HTTP that its endpoints speak, by ALPN's names; absent with TLS: whatever the server picks. */
  readonly httpProtocols?: readonly HttpProtocol[];
  /** Nothing says so: HTTP/1.1 is assumed, as Envoy does. */
  readonly isHttpAssumed?: true;
  /** The endpoint is spoken to as the client speaks (`use_downstream_protocol_config`). */
  readonly followsClient?: true;
  /** The server's name in TLS is the request's host (`auto_sni`); with `verified`, its certificate must be for it. */
  readonly autoSni?: { readonly verified: boolean };
  /** Endpoints of HTTP/1 may send trailers. */
  readonly allowsTrailers?: true;
  /** How many requests a connection takes; absent: no limit. */
  readonly maxRequestsPerConnection?: number;
  /** The most headers of a response; default 100, as in Envoy. */
  readonly maxResponseHeaders?: number;
  /** The most bytes of a response's head; default 80 KiB of HTTP/1 and 60 KiB of HTTP/2, as in Envoy. */
  readonly maxResponseHeaderBytes?: number;
  /** A connection without requests is closed after so long, in milliseconds; default one hour, 0 is never. */
  readonly idleTimeoutMillis?: number;
  /** Unread bytes held for one connection before its sender is held back; default 1 MiB. */
  readonly bufferLimitBytes: number;
  readonly place: Place;
}

/** RANDOM stands for RING_HASH and MAGLEV, too: without a hash of the request Envoy takes a random one. */
export type LbPolicy = "ROUND_ROBIN" | "LEAST_REQUEST" | "RANDOM";

export const HTTP_PROTOCOLS = ["h2", "http/1.1"] as const;

export type HttpProtocol = (typeof HTTP_PROTOCOLS)[number];

/**
 * - `STATIC`: the endpoints are addresses.
 * - `STRICT_DNS`: every address that a name resolves to is an endpoint.
 * - `LOGICAL_DNS`: each new connection goes to the first address that the name resolved to last.
 * - `DYNAMIC`: each request names its endpoint (Envoy's dynamic forward proxy).
 */
export type ClusterDiscovery =
  | { readonly type: "STATIC" }
  | {
      readonly type: "STRICT_DNS" | "LOGICAL_DNS";
      /** Default 5 s. */
      readonly refreshRateMillis: number;
      readonly lookupFamily: DnsLookupFamily;
    }
  | { readonly type: "DYNAMIC"; readonly names: NameCacheConfig };

/** The cache of the hosts that clients name: Envoy's `DnsCacheConfig`. Durations are milliseconds. */
export interface NameCacheConfig {
  readonly name: string;
  readonly lookupFamily: DnsLookupFamily;
  /** A name that is asked for is looked up again after so long; default 60 s. */
  readonly refreshRateMillis: number;
  /** A name that could not be resolved is not looked up again for so long; 0 is at once; default 5 s. */
  readonly failureRateMillis: number;
  /** One that nobody asked for is forgotten after so long; default 300 s. */
  readonly hostTtlMillis: number;
  /** How many are kept; default 1024. */
  readonly maxHosts: number;
  /** How many requests may wait for a name at once; default 1024. */
  readonly maxPending: number;
  /** How long one may be waited for; default 5 s, 0 is for ever. */
  readonly queryTimeoutMillis: number;
  /** Looked up before anybody asks. */
  readonly known: readonly IpEndpoint[];
}

/** `AUTO` (the default) is IPv6 where there is any, else IPv4. */
export type DnsLookupFamily = "AUTO" | "V4_ONLY" | "V6_ONLY" | "V4_PREFERRED" | "ALL";

/** Where to connect to. The address of an `ip` endpoint is a host name unless the cluster is STATIC; an IP literal is one too. */
export interface ClusterEndpoint {
  readonly address: Endpoint;
  /** Tried in order where nothing listens at the first: addresses of the same endpoint. */
  readonly alternatives?: readonly Endpoint[];
  /** Default 1. */
  readonly weight?: number;
  /** 0, the default, is taken first. */
  readonly priority?: number;
  /** Default: healthy. */
  readonly health?: "unhealthy" | "degraded";
  /** The number of its locality in the configuration, and that one's weight. */
  readonly locality?: { readonly index: number; readonly weight: number };
  /** The name of its endpoint, for `auto_host_rewrite`. */
  readonly hostname?: string;
  /** The Kubernetes namespace of its workload, where a mesh's metadata says it. */
  readonly namespace?: string;
  readonly place: Place;
}
