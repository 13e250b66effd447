import { type DocumentNode, MessageReader, refuse } from "../../../../wire/config-document/index.ts";
import {
  CERTIFICATE_DETAILS,
  type CONNECTION_MANAGER,
  HTTP1_OPTIONS,
  HTTP2_OPTIONS,
  INTERNAL_ADDRESSES,
  PROTOCOL_OPTIONS,
  SCHEME,
} from "../fields/http-fields.ts";
import { readAddressRange } from "../listener/read-address-range.ts";
import type { NodeConfig } from "../node-config.ts";
import { toHeaderText } from "../routes/read-header-addition.ts";
import { readUpgrades } from "../routes/read-route-action.ts";
import type { HttpSettings } from "./http-settings.ts";

const SERVER_HEADERS = { 0: "OVERWRITE", 1: "APPEND_IF_ABSENT", 2: "PASS_THROUGH" } as const;
const CERTIFICATES = {
  0: "SANITIZE",
  1: "FORWARD_ONLY",
  2: "APPEND_FORWARD",
  3: "SANITIZE_SET",
  4: "ALWAYS_FORWARD_ONLY",
} as const;
const SLASHES = {
  0: "IMPLEMENTATION_SPECIFIC_DEFAULT",
  1: "KEEP_UNCHANGED",
  2: "REJECT_REQUEST",
  3: "UNESCAPE_AND_REDIRECT",
  4: "UNESCAPE_AND_FORWARD",
} as const;
const UNDERSCORES = { 0: "ALLOW", 1: "REJECT_REQUEST", 2: "DROP_HEADER" } as const;

const DEFAULT_STREAM_IDLE_MILLIS = 300_000;
const DEFAULT_MAX_HEADERS_KIB = 60;
const DEFAULT_MAX_HEADERS = 100;

export type Manager = MessageReader<(typeof CONNECTION_MANAGER.fields)[number]>;

/**
 * Reads how a manager treats messages.
 *
 * @param asked is told of each setting that asks for messages to be made anew
 * @param node who this proxy is
 * @throws TaplineError (`configuration`)
 */
export function readHttpSettings(message: Manager, asked: (reason: string) => void, node: NodeConfig): HttpSettings {
  const ask = <Value>(field: Parameters<Manager["has"]>[0], value: Value, usual: Value): Value => {
    if (message.has(field) && value !== usual) asked(field);
    return value;
  };
  const flag = (field: Parameters<Manager["has"]>[0]) => ask(field, message.bool(field), false);
  const millis = (field: Parameters<Manager["has"]>[0]) => ask(field, message.durationMillis(field) ?? 0, 0);
  const kib = message.integer("max_request_headers_kb", { least: 1n, most: 8192n });
  const generates = !message.has("generate_request_id") || message.bool("generate_request_id");
  const certificate = message.enumeration("forward_client_cert_details", CERTIFICATES) ?? "SANITIZE";
  if (certificate === "APPEND_FORWARD" || certificate === "SANITIZE_SET")
    refuse(
      message.placeOf("forward_client_cert_details"),
      `forward_client_cert_details: ${certificate} is not supported`,
      "client certificates are not described to endpoints: use SANITIZE or FORWARD_ONLY",
    );
  const details = message.node("set_current_client_cert_details");
  if (details !== undefined) new MessageReader(details, CERTIFICATE_DETAILS);
  const slashes = message.enumeration("path_with_escaped_slashes_action", SLASHES) ?? "KEEP_UNCHANGED";
  const idle = message.durationMillis("stream_idle_timeout");
  return {
    serverName: ask("server_name", toHeaderText(message.string("server_name") || "tapline"), "tapline"),
    serverHeader: ask(
      "server_header_transformation",
      message.enumeration("server_header_transformation", SERVER_HEADERS) ?? "OVERWRITE",
      "PASS_THROUGH",
    ),
    usesRemoteAddress: flag("use_remote_address"),
    ...(flag("add_user_agent") && { tells: node }),
    trustedHops: message.uint32("xff_num_trusted_hops") ?? 0,
    skipsForwardedFor: message.bool("skip_xff_append"),
    ...readInternal(message.node("internal_address_config")),
    via: ask("via", toHeaderText(message.string("via") ?? ""), ""),
    appendsForwardedPort: flag("append_x_forwarded_port"),
    generatesRequestId: message.has("generate_request_id") ? ask("generate_request_id", generates, false) : generates,
    preservesRequestId: message.bool("preserve_external_request_id"),
    tellsRequestId: flag("always_set_request_id_in_response"),
    clientCertificate: ask("forward_client_cert_details", certificate, "ALWAYS_FORWARD_ONLY"),
    normalizesPath: flag("normalize_path"),
    mergesSlashes: flag("merge_slashes"),
    escapedSlashes: ask(
      "path_with_escaped_slashes_action",
      slashes === "IMPLEMENTATION_SPECIFIC_DEFAULT" ? "KEEP_UNCHANGED" : slashes,
      "KEEP_UNCHANGED",
    ),
    stripsPort: flag("strip_any_host_port") ? "any" : flag("strip_matching_host_port") ? "matching" : "none",
    stripsHostDot: flag("strip_trailing_host_dot"),
    maxHeaderBytes: ask("max_request_headers_kb", Number(kib ?? BigInt(DEFAULT_MAX_HEADERS_KIB)) * 1024, 0),
    forwardsContinue: message.bool("proxy_100_continue"),
    streamIdleMillis: message.has("stream_idle_timeout")
      ? ask("stream_idle_timeout", idle ?? 0, 0)
      : DEFAULT_STREAM_IDLE_MILLIS,
    requestMillis: millis("request_timeout"),
    requestHeadersMillis: millis("request_headers_timeout"),
    ...readCommon(message.node("common_http_protocol_options"), asked),
    ...readHttp1(message.node("http_protocol_options"), asked),
    ...readHttp2(message.node("http2_protocol_options")),
    forcedScheme: readScheme(message.node("scheme_header_transformation"), asked),
    // The router's filter may say otherwise.
    addsEnvoyHeaders: true,
    keepsExpectedTimeout: false,
    upgrades: readAskedUpgrades(message, asked),
  };
}

/** A websocket is forwarded as it comes; what `CONNECT` asks for is answered here. */
function readAskedUpgrades(message: Manager, asked: (reason: string) => void): HttpSettings["upgrades"] {
  const upgrades = readUpgrades(message.list("upgrade_configs"));
  if (upgrades.get("connect") === true) asked("upgrade_configs: CONNECT");
  return upgrades;
}

function readInternal(node: DocumentNode | undefined): Pick<HttpSettings, "internalRanges" | "internalUnixSockets"> {
  if (node === undefined) return { internalRanges: [], internalUnixSockets: false };
  const message = new MessageReader(node, INTERNAL_ADDRESSES);
  return {
    internalRanges: message.list("cidr_ranges").map(readAddressRange),
    internalUnixSockets: message.bool("unix_sockets"),
  };
}

type Common = Pick<
  HttpSettings,
  "underscores" | "maxHeaders" | "maxStreamMillis" | "maxConnectionMillis" | "maxRequestsPerConnection"
>;

function readCommon(node: DocumentNode | undefined, asked: (reason: string) => void): Common {
  const message = new MessageReader(node ?? { kind: "mapping", entries: [], place: {} }, PROTOCOL_OPTIONS);
  const underscores = message.enumeration("headers_with_underscores_action", UNDERSCORES) ?? "ALLOW";
  if (underscores !== "ALLOW") asked("headers_with_underscores_action");
  for (const field of [
    "max_headers_count",
    "max_stream_duration",
    "max_connection_duration",
    "max_requests_per_connection",
  ] as const)
    if (message.has(field)) asked(field);
  const headers = message.integer("max_headers_count", { least: 1n, most: 0xffffffffn });
  return {
    underscores,
    maxHeaders: Number(headers ?? BigInt(DEFAULT_MAX_HEADERS)),
    maxStreamMillis: message.durationMillis("max_stream_duration") ?? 0,
    maxConnectionMillis: message.durationMillis("max_connection_duration") ?? 0,
    maxRequestsPerConnection: message.uint32("max_requests_per_connection") ?? 0,
  };
}

type Http1 = Pick<HttpSettings, "acceptsHttp10" | "defaultHost" | "allowsTrailers">;

function readHttp1(node: DocumentNode | undefined, asked: (reason: string) => void): Http1 {
  const message = new MessageReader(node ?? { kind: "mapping", entries: [], place: {} }, HTTP1_OPTIONS);
  const defaultHost = message.string("default_host_for_http_10") ?? "";
  if (defaultHost !== "") asked("default_host_for_http_10");
  return {
    acceptsHttp10: message.bool("accept_http_10"),
    defaultHost,
    allowsTrailers: message.bool("enable_trailers"),
  };
}

function readHttp2(node: DocumentNode | undefined): Pick<HttpSettings, "maxConcurrentStreams" | "allowsConnect"> {
  if (node === undefined) return { maxConcurrentStreams: undefined, allowsConnect: false };
  const message = new MessageReader(node, HTTP2_OPTIONS);
  return {
    maxConcurrentStreams: message.uint32("max_concurrent_streams"),
    allowsConnect: message.bool("allow_connect"),
  };
}

function readScheme(node: DocumentNode | undefined, asked: (reason: string) => void): HttpSettings["forcedScheme"] {
  if (node === undefined) return undefined;
  const scheme = new MessageReader(node, SCHEME).string("scheme_to_overwrite");
  if (scheme !== "http" && scheme !== "https") return undefined;
  asked("scheme_header_transformation");
  return scheme;
}
