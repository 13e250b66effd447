import type { Endpoint, Place } from "../../../model/index.ts";
import type { CommonTapConfig } from "../../../tap/config/tap-config.ts";
import type { TraceExporterConfig } from "../../../tap/config/trace-exporter-config.ts";
import type { HttpRecordOptions } from "../../../tap/http-tapper.ts";
import type { DocumentNode } from "../../../wire/config-document/index.ts";
import type { ClusterConfig } from "../../dial/cluster-config.ts";
import type { DownstreamTransportSocket } from "../../dial/transport-socket.ts";

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
  /** Ours (`tapline.connection_ids`): whether connection ids differ from those of earlier runs (the default) or start at 0. */
  readonly connectionIds: ConnectionIdPolicy;
  /** The document that it was read from. */
  readonly document: DocumentNode;
}

export interface NodeConfig {
  readonly id: string;
  readonly cluster: string;
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
  /** The one filter chain: which chain to take is not decided by the connection. */
  readonly filterChain: FilterChainConfig;
  /** Unread bytes held for one connection before its sender is held back; default 1 MiB. */
  readonly bufferLimitBytes: number;
  /** `tcp_backlog_size`. */
  readonly backlog?: number;
  readonly place: Place;
}

export interface FilterChainConfig {
  readonly transportSocket: DownstreamTransportSocket;
  readonly networkFilter: NetworkFilterConfig;
  /** `transport_socket_connect_timeout`: how long the TLS handshake may take; absent is no limit. */
  readonly transportSocketConnectTimeoutMillis?: number;
}

/** The terminal network filter: what becomes of a connection's bytes. */
export type NetworkFilterConfig = TcpProxyConfig | HttpConnectionManagerConfig;

export interface TcpProxyConfig {
  readonly kind: "tcp-proxy";
  readonly cluster: string;
  readonly statPrefix: string;
  /** A connection on which nothing moves that long, in either direction, is closed; 0 is never; default one hour. */
  readonly idleTimeoutMillis: number;
  /** How many endpoints are tried before the connection is given up; at least 1, the default. */
  readonly maxConnectAttempts: number;
  readonly place: Place;
}

/** As a TCP proxy: bytes are forwarded verbatim. What is tapped is made from a copy. */
export interface HttpConnectionManagerConfig extends Omit<TcpProxyConfig, "kind"> {
  readonly kind: "http-connection-manager";
  /** `codec_type`: what clients speak; `AUTO`, the default, is either. */
  readonly codec: "AUTO" | "HTTP1" | "HTTP2";
  /** The HTTP tap filters, in their order; may be none. */
  readonly httpTaps: readonly HttpTapFilterConfig[];
  /** The trace exporters, in their order; may be none. */
  readonly exporters: readonly TraceExporterConfig[];
}

/** The HTTP tap filter (`envoy.extensions.filters.http.tap.v3.Tap`). */
export interface HttpTapFilterConfig {
  readonly common: CommonTapConfig;
  readonly record: HttpRecordOptions;
}
