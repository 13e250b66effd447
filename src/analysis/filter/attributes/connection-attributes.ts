import {
  type Connection,
  clientOf,
  type Endpoint,
  type FlowEvent,
  formatEndpoint,
  serverOf,
} from "../../../model/index.ts";
import type { Value, ValueType } from "../value.ts";
import type { Attribute, Getters } from "./attribute.ts";
import type { StreamPhase } from "./stream-phase.ts";

/** Who talks to whom: Envoy's attributes, and ours for the handshake and the process. */
export const CONNECTION_ATTRIBUTES: readonly Attribute[] = [
  ...endpointAttributes("source", "client", clientOf, (flow) => flow.source),
  ...endpointAttributes("destination", "server", serverOf, (flow) => flow.destination),
  attribute("connection.id", "int", "made", "the connection's number (Envoy's `trace_id`)", ({ id }) =>
    id <= Number.MAX_SAFE_INTEGER ? Number(id) : id,
  ),
  attribute(
    "connection.requested_server_name",
    "string",
    "open",
    "the server name in the TLS ClientHello",
    (c) => c.tls?.sni,
  ),
  {
    ...attribute("connection.tls_version", "string", "open", "`TLSv1.2`, `TLSv1.3`, …", (c) => c.tls?.version),
    values: ["SSLv3", "TLSv1", "TLSv1.0", "TLSv1.1", "TLSv1.2", "TLSv1.3"],
  },
  attribute("connection.tls", "bool", "open", "whether the connection speaks TLS", (c) => c.tls !== undefined),
  attribute("connection.cipher", "string", "open", "the TLS cipher suite", (c) => c.tls?.cipher),
  attribute("connection.alpn", "string", "open", "the protocol negotiated in the TLS handshake", (c) => c.tls?.alpn),
  attribute("connection.ja4", "string", "open", "the JA4 fingerprint of the ClientHello", (c) => c.tls?.ja4),
  attribute(
    "connection.decrypted",
    "bool",
    "open",
    "whether the bytes of TLS were seen in plain",
    (c) => c.tls?.decrypted,
  ),
  {
    ...attribute("connection.transport", "string", "made", "`tcp`, `udp` or `pipe`", (c) => c.transport),
    values: ["tcp", "udp", "pipe"],
  },
  {
    ...attribute(
      "connection.role",
      "string",
      "made",
      "what the tapped end is: `server`, `client`, `unknown`",
      (c) => c.role,
    ),
    values: ["server", "client", "unknown"],
  },
  attribute("connection.source", "string", "made", "where it was seen: a file, a listener or cluster", (c) => c.source),
  attribute("connection.opened", "timestamp", "open", "when it was made", (c) => c.opened),
  attribute("connection.pid", "int", "made", "the process on the tapped end", (c) => c.process?.pid),
  attribute("connection.command", "string", "made", "that process's command", (c) => c.process?.command),
  attribute("connection.pod", "string", "made", "that process's pod", (c) => c.process?.pod),
  attribute("connection.namespace", "string", "made", "that pod's namespace", (c) => c.process?.namespace),
  attribute(
    "tunnel.type",
    "string",
    "made",
    "the tunnel that it was captured in: `vxlan`, `geneve`, `gre`, `erspan`, `ip-in-ip`, `mpls`, …",
    (c) => c.tunnel?.type,
  ),
  attribute("tunnel.id", "int", "made", "that tunnel's VNI, key, session or label", (c) => c.tunnel?.id),
  attribute(
    "tunnel.source",
    "string",
    "made",
    "the tunnel's address that its first packet came from",
    (c) => c.tunnel?.source,
  ),
  attribute("tunnel.destination", "string", "made", "and the one it went to", (c) => c.tunnel?.destination),
];

function attribute(
  name: string,
  type: ValueType,
  phase: StreamPhase,
  doc: string,
  resolve: (connection: Connection) => Value | undefined,
): Attribute {
  return { name, type, kinds: ["exchange", "event"], phase, get: getters(resolve), doc };
}

function getters(resolve: (connection: Connection) => Value | undefined): Getters {
  return {
    exchange: ({ connection }) => resolve(connection),
    event: ({ connection }) => resolve(connection),
  };
}

function endpointAttributes(
  group: "source" | "destination",
  who: string,
  ofConnection: (connection: Connection) => Endpoint | undefined,
  ofFlow: (event: FlowEvent) => Endpoint | undefined,
): Attribute[] {
  const of = (take: (end: Endpoint) => Value | undefined): Getters => {
    const from = (end: Endpoint | undefined): Value | undefined => end && take(end);
    return { ...getters((connection) => from(ofConnection(connection))), flow: (event) => from(ofFlow(event)) };
  };
  return [
    {
      name: `${group}.address`,
      type: "string",
      kinds: ["exchange", "flow", "event"],
      phase: "made",
      get: of((end) => (end.kind === "ip" ? end.address : end.path)),
      doc: `the ${who}'s IP address (or socket path); compared with text that ends in a port, the port counts too`,
      withPort: of(formatEndpoint),
    },
    {
      name: `${group}.port`,
      type: "int",
      kinds: ["exchange", "flow", "event"],
      phase: "made",
      get: of((end) => (end.kind === "ip" ? end.port : undefined)),
      doc: `the ${who}'s port`,
    },
  ];
}
