import { type DocumentNode, MessageReader, refuse } from "../../../wire/config-document/index.ts";
import { type ClusterConfig, HTTP_PROTOCOLS, type HttpProtocol } from "../../dial/cluster-config.ts";
import { innermost, type UpstreamTransportSocket } from "../../dial/transport-socket.ts";
import { CLUSTER_HTTP_OPTIONS, EXPLICIT_HTTP, UPSTREAM_HTTP } from "./fields/cluster-fields.ts";

type Field =
  | "name"
  | "upstream_http_protocol_options"
  | "http_protocol_options"
  | "http2_protocol_options"
  | "typed_extension_protocol_options";

const PROTOCOL_CONFIGS = ["explicit_http_config", "use_downstream_protocol_config", "auto_config"] as const;

const OPTIONS_KEY = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

/**
 * Reads which HTTP a cluster's endpoints speak, as Envoy does: what its protocol options say; else what its TLS offers
 * (ALPN); else HTTP/1.1 without TLS. Undefined with TLS where nothing is said: what the server picks.
 *
 * @throws TaplineError (`configuration`)
 */
export function readHttpProtocols(
  message: MessageReader<Field>,
  socket: UpstreamTransportSocket,
): Pick<ClusterConfig, "httpProtocols" | "isHttpAssumed"> {
  const upstream = message.node("upstream_http_protocol_options");
  if (upstream !== undefined) new MessageReader(upstream, UPSTREAM_HTTP);
  const transport = innermost(socket);
  const offered = transport.kind === "tls" ? transport.tls.alpnProtocols : [];
  const known = HTTP_PROTOCOLS.filter((protocol) => offered.includes(protocol));
  const said = readTypedOptions(message, transport.kind) ?? readPlainOptions(message);
  if (said === undefined) {
    if (known.length > 0) return { httpProtocols: known };
    return transport.kind === "tls" ? {} : { httpProtocols: ["http/1.1"], isHttpAssumed: true };
  }
  if (known.length === 0) return { httpProtocols: said };
  const both = said.filter((protocol) => known.includes(protocol));
  if (both.length === 0)
    refuse(
      message.place,
      `cluster ${JSON.stringify(message.requiredString("name"))} speaks ${said.join(", ")} by its protocol options and offers ${known.join(", ")} (alpn_protocols)`,
      "say the same in both",
    );
  return { httpProtocols: both };
}

function readPlainOptions(message: MessageReader<Field>): readonly HttpProtocol[] | undefined {
  if (message.has("http2_protocol_options")) return ["h2"];
  return message.has("http_protocol_options") ? ["http/1.1"] : undefined;
}

function readTypedOptions(
  message: MessageReader<Field>,
  transport: "raw" | "tls",
): readonly HttpProtocol[] | undefined {
  const extensions = message.node("typed_extension_protocol_options");
  const node =
    extensions?.kind === "mapping" ? extensions.entries.find(({ key }) => key === OPTIONS_KEY)?.value : undefined;
  if (node === undefined) return undefined;
  const options = new MessageReader(node, CLUSTER_HTTP_OPTIONS);
  const upstream = options.node("upstream_http_protocol_options");
  if (upstream !== undefined) new MessageReader(upstream, UPSTREAM_HTTP);
  const form = options.oneOf(...PROTOCOL_CONFIGS);
  if (form === undefined) return undefined;
  if (form === "explicit_http_config") return readExplicit(options.requiredNode(form));
  if (form === "auto_config" && transport === "raw")
    refuse(
      options.placeOf(form),
      `auto_config: ALPN configured for cluster ${JSON.stringify(message.requiredString("name"))}, which has a non-ALPN transport socket`,
      "add TLS, or use explicit_http_config",
    );
  return HTTP_PROTOCOLS;
}

function readExplicit(node: DocumentNode): readonly HttpProtocol[] {
  const form = new MessageReader(node, EXPLICIT_HTTP).requiredOneOf("http_protocol_options", "http2_protocol_options");
  return form === "http2_protocol_options" ? ["h2"] : ["http/1.1"];
}
