import type { Endpoint } from "../../model/index.ts";
import { type DocumentNode, MessageReader, type MessageShape, refuse } from "../../wire/config-document/index.ts";
import { parseIpAddress } from "../../wire/packet/ip-address.ts";
import { suggestName } from "../../wire/text/suggest-name.ts";
import type { GrpcDestination, GrpcTarget } from "./tap-config.ts";
import type { TapSite } from "./tap-site.ts";

const STREAMING_GRPC = {
  name: "StreamingGrpcSink",
  fields: ["tap_id", "grpc_service", "transport_api_version"],
} as const satisfies MessageShape<string>;

const GRPC_SERVICE = {
  name: "GrpcService",
  fields: ["envoy_grpc", "google_grpc", "initial_metadata"],
  unsupported: {
    timeout: "the call lasts as long as there is something to send",
    retry_policy: "a call that ends is made again, with backoff",
  },
} as const satisfies MessageShape<string>;

const ENVOY_GRPC = {
  name: "EnvoyGrpc",
  fields: ["cluster_name", "authority"],
  unsupported: { retry_policy: "", max_receive_message_length: "", skip_envoy_headers: "" },
} as const satisfies MessageShape<string>;

const USE_CLUSTER = "for TLS, use envoy_grpc with a cluster whose transport_socket is TLS";

const GOOGLE_GRPC = {
  name: "GoogleGrpc",
  fields: ["target_uri"],
  labels: ["stat_prefix"],
  unsupported: {
    channel_credentials: USE_CLUSTER,
    call_credentials: "use initial_metadata",
    credentials_factory_name: USE_CLUSTER,
    config: "",
    per_stream_buffer_limit_bytes: "",
    channel_args: "",
  },
} as const satisfies MessageShape<string>;

const HEADER_VALUE = { name: "HeaderValue", fields: ["key", "value"] } as const satisfies MessageShape<string>;

const API_VERSIONS = { 0: "AUTO", 1: "V2", 2: "V3" } as const;

/** Reads `StreamingGrpcSink`. Throws TaplineError (`configuration`). */
export function readGrpcDestination(node: DocumentNode, site: Pick<TapSite, "clusters">): GrpcDestination {
  const message = new MessageReader(node, STREAMING_GRPC);
  const service = new MessageReader(message.requiredNode("grpc_service"), GRPC_SERVICE);
  const form = service.requiredOneOf("envoy_grpc", "google_grpc");
  const value = service.requiredNode(form);
  return {
    kind: "streaming-grpc",
    tapId: message.string("tap_id") ?? "",
    target: form === "envoy_grpc" ? readCluster(value, site) : readAddress(value),
    version: message.enumeration("transport_api_version", API_VERSIONS) === "V2" ? "v2alpha" : "v3",
    metadata: service.list("initial_metadata").map(readMetadata),
  };
}

function readCluster(node: DocumentNode, { clusters = [] }: Pick<TapSite, "clusters">): GrpcTarget {
  const message = new MessageReader(node, ENVOY_GRPC);
  const name = message.requiredString("cluster_name");
  const authority = message.string("authority");
  if (!clusters.includes(name)) {
    const meant = suggestName(name, clusters);
    const known = clusters.length === 0 ? "there are no clusters" : `known are ${clusters.join(", ")}`;
    refuse(
      message.placeOf("cluster_name"),
      `envoy_grpc: unknown cluster '${name}'`,
      meant === undefined ? known : `did you mean ${meant}?`,
    );
  }
  return { kind: "cluster", name, ...(authority === undefined || authority === "" ? {} : { authority }) };
}

function readAddress(node: DocumentNode): GrpcTarget {
  const message = new MessageReader(node, GOOGLE_GRPC);
  const uri = message.requiredString("target_uri");
  const address = parseTargetUri(uri);
  if (address !== undefined) return { kind: "address", address };
  return refuse(
    message.placeOf("target_uri"),
    `target_uri: ${JSON.stringify(uri)} cannot be called`,
    "expected HOST:PORT, dns:///HOST:PORT, ipv4:ADDRESS:PORT, ipv6:[ADDRESS]:PORT or unix:PATH",
  );
}

/** The forms of https://github.com/grpc/grpc/blob/master/doc/naming.md that name one address. */
function parseTargetUri(uri: string): Endpoint | undefined {
  const path = /^unix:(?:\/\/(?=\/))?(.+)$/.exec(uri)?.[1];
  if (path !== undefined) return { kind: "pipe", path };
  const hostPort = /^(?:(?:dns|ipv4|ipv6):(?:\/\/[^/]*\/)?)?(?:\[([^\]]+)\]|([^:/[\]]+)):(\d{1,5})$/.exec(uri);
  if (hostPort === null) return undefined;
  const [, bracketed, plain, port] = hostPort;
  if (bracketed !== undefined && parseIpAddress(bracketed) === undefined) return undefined;
  if (Number(port) === 0 || Number(port) > 65_535) return undefined;
  return { kind: "ip", address: (bracketed ?? plain)!, port: Number(port) };
}

function readMetadata(node: DocumentNode): readonly [string, string] {
  const message = new MessageReader(node, HEADER_VALUE);
  const key = message.requiredString("key").toLowerCase();
  const value = message.string("value") ?? "";
  // https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md: Custom-Metadata.
  if (!/^[a-z0-9_.-]+$/.test(key) || key.startsWith("grpc-") || RESERVED.has(key))
    refuse(message.placeOf("key"), `initial_metadata: ${JSON.stringify(key)} may not be sent as metadata`);
  if (!/^[ -~]*$/.test(value)) refuse(message.placeOf("value"), "initial_metadata: expected printable ASCII");
  return [key, value];
}

const RESERVED = new Set(["content-type", "te", "user-agent", "host", "connection"]);
