import type { Place } from "../../../../model/index.ts";
import { type DocumentNode, MessageReader, refuse } from "../../../../wire/config-document/index.ts";
import { type ClusterConfig, HTTP_PROTOCOLS, type HttpProtocol } from "../../../dial/cluster-config.ts";
import { innermost, type UpstreamTransportSocket } from "../../../dial/transport-socket.ts";
import { BOTH_HTTP, CLUSTER_HTTP_OPTIONS, EXPLICIT_HTTP, UPSTREAM_HTTP } from "../fields/cluster-fields.ts";
import { HTTP1_OPTIONS, HTTP2_OPTIONS } from "../fields/http-fields.ts";
import { type Pooling, readPooling } from "./read-pooling.ts";

type Field =
  | "name"
  | "upstream_http_protocol_options"
  | "http_protocol_options"
  | "http2_protocol_options"
  | "typed_extension_protocol_options"
  | "common_http_protocol_options";

/** A cluster's message, as far as it says which HTTP is spoken. */
export type HttpMessage = MessageReader<Field>;

const PROTOCOL_CONFIGS = ["explicit_http_config", "use_downstream_protocol_config", "auto_config"] as const;

const OPTIONS_KEY = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

/**
 * Reads which HTTP a cluster's endpoints speak, as Envoy does: what its protocol options say; else what its TLS offers
 * (ALPN); else HTTP/1.1 without TLS. Undefined with TLS where nothing is said: what the server picks.
 *
 * @throws TaplineError (`configuration`)
 */
export function readHttpProtocols(message: MessageReader<Field>, socket: UpstreamTransportSocket): HttpOptions {
  const transport = innermost(socket);
  const offered = transport.kind === "tls" ? transport.tls.alpnProtocols : [];
  const known = HTTP_PROTOCOLS.filter((protocol) => offered.includes(protocol));
  const typed = readTypedOptions(message, transport.kind);
  const http1 = message.node("http_protocol_options");
  const pooling = readPooling(message.node("common_http_protocol_options"));
  const more = {
    ...readUpstream(message.node("upstream_http_protocol_options")),
    ...(http1 && readTrailers(http1)),
    // Read in any case: what is unknown there is refused. As in Envoy it counts for nothing beside the extension.
    ...(typed ?? pooling),
  };
  const said = typed?.httpProtocols ?? readPlainOptions(message);
  if (said === undefined) {
    if (known.length > 0) return { ...more, httpProtocols: known };
    return transport.kind === "tls" ? more : { ...more, httpProtocols: ["http/1.1"], isHttpAssumed: true };
  }
  if (known.length === 0) return { ...more, httpProtocols: said };
  const both = said.filter((protocol) => known.includes(protocol));
  if (both.length === 0)
    refuse(
      message.place,
      `cluster ${JSON.stringify(message.requiredString("name"))} speaks ${said.join(", ")} by its protocol options and offers ${known.join(", ")} (alpn_protocols)`,
      "say the same in both",
    );
  return { ...more, httpProtocols: both };
}

type HttpOptions = Pooling &
  Pick<ClusterConfig, "httpProtocols" | "isHttpAssumed" | "followsClient" | "autoSni" | "allowsTrailers">;

function readUpstream(node: DocumentNode | undefined): Pick<ClusterConfig, "autoSni"> {
  if (node === undefined) return {};
  const message = new MessageReader(node, UPSTREAM_HTTP);
  const verified = message.bool("auto_san_validation");
  return message.bool("auto_sni") || verified ? { autoSni: { verified } } : {};
}

function readTrailers(node: DocumentNode): Pick<ClusterConfig, "allowsTrailers"> {
  return new MessageReader(node, HTTP1_OPTIONS).bool("enable_trailers") ? { allowsTrailers: true } : {};
}

function readPlainOptions(message: MessageReader<Field>): readonly HttpProtocol[] | undefined {
  const http2 = message.node("http2_protocol_options");
  if (http2 !== undefined) {
    readHttp2(http2);
    return ["h2"];
  }
  return message.has("http_protocol_options") ? ["http/1.1"] : undefined;
}

function readTypedOptions(message: MessageReader<Field>, transport: "raw" | "tls"): HttpOptions | undefined {
  const node = findTypedOptions(message);
  if (node === undefined) return undefined;
  const options = new MessageReader(node, CLUSTER_HTTP_OPTIONS);
  const upstream = {
    ...readUpstream(options.node("upstream_http_protocol_options")),
    ...readPooling(options.node("common_http_protocol_options")),
  };
  const form = options.oneOf(...PROTOCOL_CONFIGS);
  if (form === undefined) return upstream;
  if (form === "explicit_http_config") return { ...upstream, ...readExplicit(options.requiredNode(form)) };
  if (form === "auto_config" && transport === "raw")
    refuse(
      options.placeOf(form),
      `auto_config: ALPN configured for cluster ${JSON.stringify(message.requiredString("name"))}, which has a non-ALPN transport socket`,
      "add TLS, or use explicit_http_config",
    );
  const follows = form === "use_downstream_protocol_config" && { followsClient: true as const };
  return { ...upstream, ...readBoth(options.requiredNode(form)), ...follows, httpProtocols: HTTP_PROTOCOLS };
}

/** Where something is said of how names are sent to servers and verified; undefined: nowhere. */
export function findUpstreamHttp(message: HttpMessage): Place | undefined {
  if (message.has("upstream_http_protocol_options")) return message.placeOf("upstream_http_protocol_options");
  return findTypedOptions(message)?.place;
}

function findTypedOptions(message: HttpMessage): DocumentNode | undefined {
  const extensions = message.node("typed_extension_protocol_options");
  return extensions?.kind === "mapping" ? extensions.entries.find(({ key }) => key === OPTIONS_KEY)?.value : undefined;
}

function readExplicit(node: DocumentNode): HttpOptions {
  const message = new MessageReader(node, EXPLICIT_HTTP);
  const form = message.requiredOneOf("http_protocol_options", "http2_protocol_options");
  const value = message.requiredNode(form);
  if (form === "http_protocol_options") return { ...readTrailers(value), httpProtocols: ["http/1.1"] };
  readHttp2(value);
  return { httpProtocols: ["h2"] };
}

/** Nothing of it changes what is sent. */
function readHttp2(node: DocumentNode): void {
  const message = new MessageReader(node, HTTP2_OPTIONS);
  if (message.bool("allow_connect"))
    refuse(
      message.placeOf("allow_connect"),
      "Http2ProtocolOptions: allow_connect is not supported in a cluster",
      "websockets go to endpoints of HTTP/1: leave it out",
    );
}

function readBoth(node: DocumentNode): HttpOptions {
  const message = new MessageReader(node, BOTH_HTTP);
  const [http1, http2] = [message.node("http_protocol_options"), message.node("http2_protocol_options")];
  if (http2 !== undefined) readHttp2(http2);
  return http1 === undefined ? {} : readTrailers(http1);
}
