import { readCaptureConfig } from "../../../../tap/config/read-capture-config.ts";
import { looksAtHttp } from "../../../../tap/config/read-match-predicate.ts";
import { readSocketTapConfig } from "../../../../tap/config/read-tap-config.ts";
import {
  type DocumentNode,
  MessageReader,
  type MessageShape,
  noteWithoutEffect,
  refuse,
} from "../../../../wire/config-document/index.ts";
import type { DownstreamTlsConfig, UpstreamTlsConfig } from "../../../dial/tls-config.ts";
import type { TransportSocketConfig } from "../../../dial/transport-socket.ts";
import { type ExtensionNames, readExtension } from "../extension.ts";
import { PROXY_PROTOCOL_CONFIG, PROXY_PROTOCOL_SOCKET } from "../fields/listener-fields.ts";
import { UNSUPPORTED_TRANSPORT_SOCKETS } from "../fields/unsupported-extensions.ts";
import type { ReadContext } from "../read-context.ts";
import { readDownstreamTls, readUpstreamTls } from "./read-tls-context.ts";

const TRANSPORT_SOCKETS = {
  raw: {
    names: ["envoy.transport_sockets.raw_buffer", "raw_buffer"],
    types: [
      "envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer",
      "envoy.config.transport_socket.raw_buffer.v2.RawBuffer",
      "google.protobuf.Empty",
    ],
  },
  tls: { names: ["envoy.transport_sockets.tls", "tls", "ssl", "envoy.transport_sockets.ssl"], types: [] },
  "downstream-tls": {
    names: [],
    types: ["envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext", "envoy.api.v2.auth.DownstreamTlsContext"],
  },
  "upstream-tls": {
    names: [],
    types: ["envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext", "envoy.api.v2.auth.UpstreamTlsContext"],
  },
  tap: {
    names: ["envoy.transport_sockets.tap", "tap"],
    types: ["envoy.extensions.transport_sockets.tap.v3.Tap", "envoy.config.transport_socket.tap.v2alpha.Tap"],
  },
  capture: {
    names: ["envoy.transport_sockets.capture", "capture"],
    types: ["envoy.config.transport_socket.capture.v2alpha.Capture"],
  },
  "proxy-protocol": {
    names: ["envoy.transport_sockets.upstream_proxy_protocol", "envoy.transport_sockets.proxy_protocol"],
    types: ["envoy.extensions.transport_sockets.proxy_protocol.v3.ProxyProtocolUpstreamTransport"],
  },
} as const satisfies Record<string, ExtensionNames>;

const RAW_BUFFER = { name: "RawBuffer", fields: [] } as const satisfies MessageShape<string>;
const TAP = {
  name: "Tap",
  fields: ["common_config", "transport_socket", "socket_tap_config"],
} as const satisfies MessageShape<string>;
const CAPTURE = { name: "Capture", fields: ["file_sink", "transport_socket"] } as const satisfies MessageShape<string>;

/** The side that a TLS context is for, and how it is read. */
interface Side<Tls> {
  readonly kind: "downstream-tls" | "upstream-tls";
  readonly message: string;
  readonly readTls: (node: DocumentNode, context: ReadContext) => Tls;
}

const DOWNSTREAM: Side<DownstreamTlsConfig> = {
  kind: "downstream-tls",
  message: "DownstreamTlsContext",
  readTls: readDownstreamTls,
};

const UPSTREAM: Side<UpstreamTlsConfig> = {
  kind: "upstream-tls",
  message: "UpstreamTlsContext",
  readTls: readUpstreamTls,
};

/** Accepted in place of a transport socket: the socket itself, and the TLS context of older configurations. */
export interface TransportSocketNodes {
  readonly transportSocket: DocumentNode | undefined;
  readonly tlsContext: DocumentNode | undefined;
}

export function readDownstreamSocket(
  nodes: TransportSocketNodes,
  context: ReadContext,
): TransportSocketConfig<DownstreamTlsConfig> {
  return readOuter(nodes, DOWNSTREAM, context);
}

export function readUpstreamSocket(
  nodes: TransportSocketNodes,
  context: ReadContext,
): TransportSocketConfig<UpstreamTlsConfig> {
  return readOuter(nodes, UPSTREAM, context);
}

function readOuter<Tls>(
  { transportSocket, tlsContext }: TransportSocketNodes,
  side: Side<Tls>,
  context: ReadContext,
): TransportSocketConfig<Tls> {
  // Old Envoys took both, and the socket won: the documents say that the tap replaces the context, which stands in it once more.
  if (transportSocket === undefined && tlsContext !== undefined)
    return { kind: "tls", tls: side.readTls(tlsContext, context) };
  if (tlsContext !== undefined) noteWithoutEffect("beside transport_socket", "tls_context");
  if (transportSocket === undefined) return { kind: "raw" };
  const socket = readSocket(transportSocket, side, context);
  refuseSharedFiles(socket, transportSocket);
  return socket;
}

/** Taps and captures of one connection have its id in common: their files must differ in something else. */
function refuseSharedFiles(socket: TransportSocketConfig<unknown>, node: DocumentNode): void {
  const prefixes = new Set<string>();
  for (let current = socket; current.kind === "tap" || current.kind === "capture"; current = current.inner) {
    const prefix = filePrefixOf(current);
    if (prefix === undefined) continue;
    if (prefixes.has(prefix))
      refuse(
        node.place,
        `two taps or captures of this socket write to files that begin with ${JSON.stringify(prefix)}`,
        "give each a path_prefix of its own",
      );
    prefixes.add(prefix);
  }
}

function filePrefixOf(socket: TransportSocketConfig<unknown> & { kind: "tap" | "capture" }): string | undefined {
  if (socket.kind === "capture") return socket.config.pathPrefix;
  const { common } = socket.config;
  if (common.kind === "admin") return undefined;
  const { destination } = common.tap.output.sink;
  // A file that takes all traces takes those of two taps too.
  return destination.kind === "file-per-tap" && destination.single === undefined ? destination.pathPrefix : undefined;
}

function readSocket<Tls>(node: DocumentNode, side: Side<Tls>, context: ReadContext): TransportSocketConfig<Tls> {
  const extension = readExtension(node, "transport socket", TRANSPORT_SOCKETS, UNSUPPORTED_TRANSPORT_SOCKETS);
  switch (extension.kind) {
    case "raw":
      new MessageReader(extension.config, RAW_BUFFER);
      return { kind: "raw" };
    case "tls":
    case "downstream-tls":
    case "upstream-tls":
      if (extension.kind !== "tls" && extension.kind !== side.kind)
        refuse(extension.config.place, `expected ${side.message} on this side of the proxy`);
      return { kind: "tls", tls: side.readTls(extension.config, context) };
    case "tap":
      return readTap(extension.config, side, context);
    case "capture":
      return readCapture(extension.config, side, context);
    case "proxy-protocol":
      return readProxyProtocol(extension.config, side, context);
  }
}

function readTap<Tls>(node: DocumentNode, side: Side<Tls>, context: ReadContext): TransportSocketConfig<Tls> {
  const message = new MessageReader(node, TAP);
  const common = message.requiredNode("common_config");
  const config = readSocketTapConfig(common, message.node("socket_tap_config"), context);
  if (config.common.kind === "static" && looksAtHttp(config.common.tap.match))
    context.warn(common.place, "a rule looks at HTTP: a transport socket never sees any, so it never becomes true");
  return { kind: "tap", config, inner: readSocket(message.requiredNode("transport_socket"), side, context) };
}

function readCapture<Tls>(node: DocumentNode, side: Side<Tls>, context: ReadContext): TransportSocketConfig<Tls> {
  const message = new MessageReader(node, CAPTURE);
  const config = readCaptureConfig(message.requiredNode("file_sink"));
  return { kind: "capture", config, inner: readSocket(message.requiredNode("transport_socket"), side, context) };
}

const VERSIONS = { 0: "V1", 1: "V2" } as const;

function readProxyProtocol<Tls>(node: DocumentNode, side: Side<Tls>, context: ReadContext): TransportSocketConfig<Tls> {
  const message = new MessageReader(node, PROXY_PROTOCOL_SOCKET);
  if (side.kind === "downstream-tls")
    refuse(
      node.place,
      "ProxyProtocolUpstreamTransport stands in clusters",
      "in a listener, use the filter envoy.filters.listener.proxy_protocol",
    );
  const config = message.node("config");
  const name = config && new MessageReader(config, PROXY_PROTOCOL_CONFIG).enumeration("version", VERSIONS);
  const inner = readSocket(message.requiredNode("transport_socket"), side, context);
  if (inner.kind !== "raw" && inner.kind !== "tls")
    refuse(node.place, "a tap within the PROXY protocol's socket is not supported", "put the tap around it");
  return { kind: "proxy-protocol", version: name === "V2" ? 2 : 1, inner };
}
