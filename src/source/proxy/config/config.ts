import type { Endpoint, Place } from "../../../model/index.ts";
import type { CommonTapConfig } from "../../../tap/config/tap-config.ts";
import type { TraceExporterConfig } from "../../../tap/config/trace-exporter-config.ts";
import type { HttpRecordOptions } from "../../../tap/http/http-tapper.ts";
import type { DocumentNode } from "../../../wire/config-document/index.ts";
import type { ClusterConfig, NameCacheConfig } from "../../dial/cluster-config.ts";
import type { AddressRange } from "../../dial/tls-config.ts";
import type { DownstreamTransportSocket } from "../../dial/transport-socket.ts";
import type { WeightedClusterConfig } from "./cluster/weighted-cluster.ts";
import type { HttpSettings } from "./http/http-settings.ts";
import type { NodeConfig } from "./node-config.ts";
import type { Mutations, RouteTable } from "./routes/route-table.ts";

/**
 * The configuration that a proxy runs: the static part of an Envoy bootstrap, checked and with its defaults filled in. All durations are
 * milliseconds; `place` is where the thing stands in the configuration file, for messages.
 */
export interface ProxyConfig {
  /** Names are unique. */
  readonly listeners: readonly ListenerConfig[];
  /** Names are unique; every cluster that a listener names is here. */
  readonly clusters: readonly ClusterConfig[];
  readonly admin: AdminConfig | undefined;
  /** Who this proxy is to those it sends traces to: `node` of the bootstrap. Empty where it does not say. */
  readonly node: NodeConfig;
  /** Ours (`tapline.routing: verbatim`): nothing is to be routed. */
  readonly insistsOnVerbatim: boolean;
  /** Ours (`tapline.connection_ids`): whether connection ids differ from those of earlier runs (the default) or start at 0. */
  readonly connectionIds: ConnectionIdPolicy;
  /** Fields that are set and change nothing here, with their messages: to be named at the start. */
  readonly withoutEffect: readonly string[];
  /** The document that it was read from. */
  readonly document: DocumentNode;
}

export type ConnectionIdPolicy = "unique-across-restarts" | "from-zero";

export interface AdminConfig {
  readonly address: Endpoint;
  readonly place: Place;
}

export interface ListenerConfig {
  /** Given, or made from the address. */
  readonly name: string;
  readonly address: Endpoint;
  /** Permissions of the socket's file, where `address` is a path and they are given. */
  readonly pipeMode?: number;
  /** At least one, or `defaultFilterChain`. */
  readonly filterChains: readonly FilterChainConfig[];
  /** Takes the connections that none of `filterChains` does; without it they are closed. */
  readonly defaultFilterChain?: FilterChainConfig;
  /** Looked at, or taken off, before a filter chain is chosen. */
  readonly inspection: InspectionConfig;
  /** Its number among the `additional_addresses` of a listener, from 1; absent at the first address. */
  readonly additional?: number;
  /** Unread bytes held for one connection before its sender is held back; default 1 MiB. */
  readonly bufferLimitBytes: number;
  /** `tcp_backlog_size`. */
  readonly backlog?: number;
  readonly place: Place;
}

export interface InspectionConfig {
  /** Whether the first bytes are looked at for a ClientHello: to choose a chain by what it says. */
  readonly tls: boolean;
  /** Whether they are looked at for HTTP, where they are no TLS. */
  readonly http: boolean;
  /** A header of the PROXY protocol comes first. */
  readonly proxyProtocol?: ProxyProtocolInspection;
  /** How long that may take, in milliseconds; 0 is forever; default 15 s. */
  readonly timeoutMillis: number;
  /** Goes on with what is known when the time is over, instead of closing. */
  readonly continuesOnTimeout: boolean;
}

export interface ProxyProtocolInspection {
  /** Connections without a header are taken too. */
  readonly optional: boolean;
  readonly versions: readonly ProxyProtocolVersion[];
}

export type ProxyProtocolVersion = 1 | 2;

/** `FilterChainMatch`; what is empty or absent matches everything. */
export interface FilterChainMatch {
  readonly destinationPort?: number;
  readonly destinationRanges: readonly AddressRange[];
  /** In lower case; `*.example.org` stands for names below. */
  readonly serverNames: readonly string[];
  readonly transportProtocol?: string;
  readonly applicationProtocols: readonly string[];
  readonly directSourceRanges: readonly AddressRange[];
  readonly sourceType: "ANY" | "SAME_IP_OR_LOOPBACK" | "EXTERNAL";
  readonly sourceRanges: readonly AddressRange[];
  readonly sourcePorts: readonly number[];
}

export interface FilterChainConfig {
  readonly match: FilterChainMatch;
  /** How many connections at once its filters let through (`connection_limit`), each with its own limit. */
  readonly connectionLimits: readonly ConnectionLimitConfig[];
  readonly transportSocket: DownstreamTransportSocket;
  readonly networkFilter: NetworkFilterConfig;
  /** `transport_socket_connect_timeout`: how long the TLS handshake may take; absent is no limit. */
  readonly transportSocketConnectTimeoutMillis?: number;
}

export interface ConnectionLimitConfig {
  readonly maxConnections: number;
  /** How long a connection over the limit is held before it is closed, in milliseconds. */
  readonly delayMillis: number;
}

/** The terminal network filter: what becomes of a connection's bytes. */
export type NetworkFilterConfig = TcpProxyConfig | HttpConnectionManagerConfig;

export interface TcpProxyConfig {
  readonly kind: "tcp-proxy";
  /** Where connections go: each to one of these, by weight. */
  readonly clusters: readonly WeightedClusterConfig[];
  readonly statPrefix: string;
  /** A connection on which nothing moves that long, in either direction, is closed; 0 is never; default one hour. */
  readonly idleTimeoutMillis: number;
  /** How many endpoints are tried before the connection is given up; at least 1, the default. */
  readonly maxConnectAttempts: number;
  /** A connection is closed when it has lasted so long; absent: never. */
  readonly maxDurationMillis?: number;
  /** Up to this part more, by chance, in percent; default 0. */
  readonly maxDurationJitterPercent?: number;
  readonly place: Place;
}

/** Forwards bytes verbatim, or makes requests anew, as `routing` says. */
export interface HttpConnectionManagerConfig extends Omit<TcpProxyConfig, "kind"> {
  readonly kind: "http-connection-manager";
  /** `codec_type`: what clients speak; `AUTO`, the default, is either. */
  readonly codec: "AUTO" | "HTTP1" | "HTTP2";
  /** The HTTP tap filters, in their order; may be none. */
  readonly httpTaps: readonly HttpTapFilterConfig[];
  /** The trace exporters, in their order; may be none. */
  readonly exporters: readonly TraceExporterFilterConfig[];
  /** The dynamic forward proxy's filter, where there is one. */
  readonly forwardProxy?: ForwardProxyFilterConfig;
  /** The filters `header_mutation`, in their order; may be none. */
  readonly headerMutations: readonly HeaderMutationFilterConfig[];
  readonly table: RouteTable;
  readonly settings: HttpSettings;
  readonly routing: Routing;
  /** A cluster that is not there is refused at the start, rather than answered for. */
  readonly validatesClusters: boolean;
}

/**
 * - `verbatim`: bytes are forwarded as they are; with `bridges`, connections whose client speaks an HTTP that the cluster does not are routed;
 *   with `asks`, nothing says what the cluster speaks: its endpoints show it.
 *   Where an endpoint shows by its first bytes that it speaks the other HTTP, requests are made anew in any case, but for `isInsisted`.
 * - `routed`: HTTP is terminated, and requests are made anew, for these reasons.
 */
export type Routing =
  | { readonly mode: "verbatim"; readonly bridges: boolean; readonly asks?: true; readonly isInsisted?: true }
  | { readonly mode: "routed"; readonly reasons: readonly string[] };

/** A filter that routes switch on and off. */
export interface SwitchedFilterConfig {
  /** By which a route switches it. */
  readonly name: string;
  /** It is off where no route switches it on. */
  readonly isDisabled: boolean;
}

/** A trace exporter, or a wasm filter that is one. */
export interface TraceExporterFilterConfig extends SwitchedFilterConfig {
  readonly exporter: TraceExporterConfig;
}

/** Changes headers and trailers (`envoy.filters.http.header_mutation`). */
export interface HeaderMutationFilterConfig extends SwitchedFilterConfig {
  /** Made before those of routes. */
  readonly mutations: Mutations;
  /** Those of the route itself are made last, so that they hold. */
  readonly mostSpecificWins: boolean;
}

/** Looks up the hosts that requests name (`envoy.filters.http.dynamic_forward_proxy`), for clusters that take them. */
export interface ForwardProxyFilterConfig extends SwitchedFilterConfig {
  /** As its cluster has it. */
  readonly names: NameCacheConfig;
  readonly place: Place;
}

/** The HTTP tap filter (`envoy.extensions.filters.http.tap.v3.Tap`). */
export interface HttpTapFilterConfig extends SwitchedFilterConfig {
  readonly common: CommonTapConfig;
  readonly record: HttpRecordOptions;
}
