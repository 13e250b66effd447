import {
  type Connection,
  clientOf,
  type Endpoint,
  type FlowEvent,
  formatEndpoint,
  serverOf,
} from "../../model/index.ts";
import type { Attribute, Resolvers } from "./attribute.ts";
import type { Value, ValueType } from "./value.ts";

/** Who talks to whom: Envoy's attributes, and ours for the handshake and the process. */
export const CONNECTION_ATTRIBUTES: readonly Attribute[] = [
  ...endpointAttributes("source", "client", clientOf, (flow) => flow.source),
  ...endpointAttributes("destination", "server", serverOf, (flow) => flow.destination),
  attribute("connection.id", "int", "the connection's number (Envoy's `trace_id`)", ({ id }) =>
    id <= Number.MAX_SAFE_INTEGER ? Number(id) : id,
  ),
  attribute("connection.requested_server_name", "string", "the server name in the TLS ClientHello", (c) => c.tls?.sni),
  attribute("connection.tls_version", "string", "`TLSv1.2`, `TLSv1.3`, …", (c) => c.tls?.version),
  attribute("connection.tls", "bool", "whether the connection speaks TLS", (c) => c.tls !== undefined),
  attribute("connection.cipher", "string", "the TLS cipher suite", (c) => c.tls?.cipher),
  attribute("connection.alpn", "string", "the protocol negotiated in the TLS handshake", (c) => c.tls?.alpn),
  attribute("connection.ja4", "string", "the JA4 fingerprint of the ClientHello", (c) => c.tls?.ja4),
  attribute("connection.decrypted", "bool", "whether the bytes of TLS were seen in plain", (c) => c.tls?.decrypted),
  attribute("connection.transport", "string", "`tcp`, `udp` or `pipe`", (c) => c.transport),
  attribute("connection.role", "string", "what the tapped end is: `server`, `client`, `unknown`", (c) => c.role),
  attribute("connection.source", "string", "where it was seen: a file, a listener or cluster", (c) => c.source),
  attribute("connection.opened", "timestamp", "when it was made", (c) => c.opened),
  attribute("connection.pid", "int", "the process on the tapped end", (c) => c.process?.pid),
  attribute("connection.command", "string", "that process's command", (c) => c.process?.command),
  attribute("connection.pod", "string", "that process's pod", (c) => c.process?.pod),
  attribute("connection.namespace", "string", "that pod's namespace", (c) => c.process?.namespace),
];

function attribute(
  name: string,
  type: ValueType,
  doc: string,
  resolve: (connection: Connection) => Value | undefined,
): Attribute {
  return { name, type, doc, ...resolvers(resolve) };
}

function resolvers(resolve: (connection: Connection) => Value | undefined): Pick<Attribute, "exchange" | "event"> {
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
  const of = (take: (end: Endpoint) => Value | undefined): Resolvers => {
    const from = (end: Endpoint | undefined): Value | undefined => end && take(end);
    return { ...resolvers((connection) => from(ofConnection(connection))), flow: (event) => from(ofFlow(event)) };
  };
  return [
    {
      name: `${group}.address`,
      type: "string",
      doc: `the ${who}'s IP address (or socket path); compared with text that ends in a port, the port counts too`,
      ...of((end) => (end.kind === "ip" ? end.address : end.path)),
      withPort: of(formatEndpoint),
    },
    {
      name: `${group}.port`,
      type: "int",
      doc: `the ${who}'s port`,
      ...of((end) => (end.kind === "ip" ? end.port : undefined)),
    },
  ];
}
