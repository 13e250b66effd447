import { PassThrough } from "node:stream";
import { createNodeRedactor } from "../../../src/analysis/redaction/node-redactor.ts";
import { showExchanges } from "../../../src/cli/proxy/show-exchanges.ts";
import type { Certificates } from "../certificates.ts";
import { startTapped, type TappedHarness } from "../http-tap-harness.ts";

/** The kinds of taps, each on listeners of its own; those with `show` in a proxy of their own, which prints what passes. */
export const TAPS = {
  "socket tap": { kind: "socket", output: "format: PROTO_BINARY, file_per_tap: { path_prefix: P }" },
  "streamed socket tap": {
    kind: "socket",
    output: "format: PROTO_BINARY_LENGTH_DELIMITED, file_per_tap: { path_prefix: P }",
    streaming: true,
  },
  capture: { kind: "capture" },
  "HTTP tap": { kind: "http", output: "format: JSON_BODY_AS_BYTES, file_per_tap: { path_prefix: P }" },
  "streamed HTTP tap": {
    kind: "http",
    output: "format: PROTO_BINARY_LENGTH_DELIMITED, file_per_tap: { path_prefix: P, single_file: true }",
    streaming: true,
  },
  "HAR tap": { kind: "http", output: "format: HAR, file_per_tap: { path_prefix: P, single_file: true }" },
  "/tap": { kind: "http", configId: "hostile" },
  "--show": { kind: "none", show: true },
  "--show and HTTP tap": {
    kind: "http",
    output: "format: JSON_BODY_AS_STRING, file_per_tap: { path_prefix: P }",
    show: true,
  },
} as const satisfies Record<string, Tap>;

interface Tap {
  readonly kind: "socket" | "capture" | "http" | "none";
  readonly output?: string;
  readonly streaming?: true;
  readonly configId?: string;
  readonly show?: true;
}

export type TapName = keyof typeof TAPS;

/** The transports of the client's side and of the service's. */
export const TRANSPORTS = {
  "plain to plain": ["raw", "raw"],
  "TLS to plain": ["tls", "raw"],
  "TLS to TLS": ["tls", "tls"],
} as const;
export type TransportName = keyof typeof TRANSPORTS;

/** One listener, with a tap, in front of one service. */
export interface Lane {
  readonly tap: TapName;
  readonly transport: TransportName;
  readonly service: number;
}

const TYPES = "type.googleapis.com/envoy.extensions";

/** Starts the proxy of these lanes. @param folder gets what taps write */
export function startHostileProxy(
  lanes: readonly Lane[],
  certificates: Certificates,
  folder: string,
): Promise<TappedHarness> {
  const doesShow = lanes.some(({ tap }) => "show" in TAPS[tap]);
  const sink = new PassThrough().resume() as unknown as NodeJS.WriteStream;
  return startTapped(
    `admin: { address: { socket_address: { address: 127.0.0.1, port_value: 0 } } }
static_resources:
  listeners:
${lanes.map((lane, index) => writeListener(lane, index, certificates, folder)).join("\n")}
  clusters:
${lanes.map((lane, index) => writeCluster(lane, index)).join("\n")}
`,
    doesShow
      ? (environment) => showExchanges({ verbosity: 2, redactor: createNodeRedactor(), stream: sink }, environment)
      : undefined,
  );
}

function writeListener({ tap, transport }: Lane, index: number, { server }: Certificates, folder: string): string {
  const config: Tap = TAPS[tap];
  const [front] = TRANSPORTS[transport];
  const files = `tls_certificates: [{certificate_chain: {filename: ${server.certificate}}, private_key: {filename: ${server.key}}}]`;
  const inner =
    front === "tls"
      ? `{name: envoy.transport_sockets.tls, typed_config: {"@type": ${TYPES}.transport_sockets.tls.v3.DownstreamTlsContext, common_tls_context: {${files}}}}`
      : "{name: envoy.transport_sockets.raw_buffer}";
  const socket = wrapSocket(config, inner, `${folder}/lane${index}`);
  const filter =
    config.kind === "http"
      ? `{name: http, typed_config: {"@type": ${TYPES}.filters.network.http_connection_manager.v3.HttpConnectionManager, stat_prefix: l${index}, route_config: {virtual_hosts: [{name: all, domains: ["*"], routes: [{match: {prefix: "/"}, route: {cluster: back${index}}}]}]}, http_filters: [{name: tap, typed_config: {"@type": ${TYPES}.filters.http.tap.v3.Tap, common_config: ${writeCommon(config, `${folder}/lane${index}`)}}}, {name: router, typed_config: {"@type": ${TYPES}.filters.http.router.v3.Router}}]}}`
      : `{name: tcp, typed_config: {"@type": ${TYPES}.filters.network.tcp_proxy.v3.TcpProxy, stat_prefix: l${index}, cluster: back${index}}}`;
  return `  - {name: front${index}, address: {socket_address: {address: 127.0.0.1, port_value: 0}}, filter_chains: [{filters: [${filter}], transport_socket: ${socket}}]}`;
}

function wrapSocket(tap: Tap, inner: string, prefix: string): string {
  if (tap.kind === "socket")
    return `{name: envoy.transport_sockets.tap, typed_config: {"@type": ${TYPES}.transport_sockets.tap.v3.Tap, common_config: ${writeCommon(tap, prefix)}, transport_socket: ${inner}}}`;
  if (tap.kind === "capture")
    return `{name: envoy.transport_sockets.capture, config: {file_sink: {path_prefix: ${prefix}}, transport_socket: ${inner}}}`;
  return inner;
}

function writeCommon({ output, streaming, configId }: Tap, prefix: string): string {
  if (configId !== undefined) return `{admin_config: {config_id: ${configId}}}`;
  const sink = output!.replace("P }", `${prefix} }`).replace("P,", `${prefix},`);
  return `{static_config: {match: {any_match: true}, output_config: {sinks: [{${sink}}]${streaming ? ", streaming: true" : ""}}}}`;
}

function writeCluster({ transport, service }: Lane, index: number): string {
  const [, back] = TRANSPORTS[transport];
  const socket =
    back === "tls"
      ? `, transport_socket: {name: envoy.transport_sockets.tls, typed_config: {"@type": ${TYPES}.transport_sockets.tls.v3.UpstreamTlsContext}}`
      : "";
  return `  - {name: back${index}, connect_timeout: 5s${socket}, load_assignment: {cluster_name: back${index}, endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: ${service}}}}}]}]}}`;
}
