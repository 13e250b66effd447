import { type DocumentNode, MessageReader, readEach, reportRefusal } from "../../../../wire/config-document/index.ts";
import type { FilterChainConfig, InspectionConfig, ProxyProtocolInspection, ProxyProtocolVersion } from "../config.ts";
import { type ExtensionNames, readExtension, type UnsupportedExtensions } from "../extension.ts";
import { HTTP_INSPECTOR, LISTENER_FILTER, PROXY_PROTOCOL_FILTER, TLS_INSPECTOR } from "../fields/listener-fields.ts";

const TYPES = "envoy.extensions.filters.listener";
const LISTENER_FILTERS = {
  "tls-inspector": {
    names: ["envoy.filters.listener.tls_inspector", "envoy.listener.tls_inspector"],
    types: [`${TYPES}.tls_inspector.v3.TlsInspector`, "envoy.config.filter.listener.tls_inspector.v2.TlsInspector"],
  },
  "http-inspector": {
    names: ["envoy.filters.listener.http_inspector", "envoy.listener.http_inspector"],
    types: [`${TYPES}.http_inspector.v3.HttpInspector`, "envoy.config.filter.listener.http_inspector.v2.HttpInspector"],
  },
  "proxy-protocol": {
    names: ["envoy.filters.listener.proxy_protocol", "envoy.listener.proxy_protocol"],
    types: [`${TYPES}.proxy_protocol.v3.ProxyProtocol`, "envoy.config.filter.listener.proxy_protocol.v2.ProxyProtocol"],
  },
} as const satisfies Record<string, ExtensionNames>;

export const UNSUPPORTED_LISTENER_FILTERS: UnsupportedExtensions = {
  "envoy.filters.listener.original_dst":
    "connections are taken where they arrive: leave it out, and give each listener its address",
  "envoy.filters.listener.original_src": "Node cannot dial from a client's address: leave it out",
  "envoy.filters.listener.local_ratelimit": "connections are not limited in their rate: leave it out",
  "envoy.filters.listener.dynamic_modules": "there are no modules: leave it out",
  "envoy.filters.listener.set_filter_state": "nothing here reads it: leave it out",
};

const VERSIONS = { 0: 1, 1: 2 } as const;
const DEFAULT_TIMEOUT_MILLIS = 15_000;

type Listener = MessageReader<"listener_filters" | "listener_filters_timeout" | "continue_on_listener_filters_timeout">;

/** Reads the listener filters; chains that look at a ClientHello have it looked at in any case, as in Envoy. */
export function readInspection(message: Listener, chains: readonly FilterChainConfig[]): InspectionConfig {
  let [tls, http] = [false, false];
  let proxyProtocol: ProxyProtocolInspection | undefined;
  readEach(message.list("listener_filters"), (node) => {
    new MessageReader(node, LISTENER_FILTER);
    const { kind, config } = readExtension(node, "listener filter", LISTENER_FILTERS, UNSUPPORTED_LISTENER_FILTERS);
    if (kind === "tls-inspector") {
      new MessageReader(config, TLS_INSPECTOR);
      tls = true;
    } else if (kind === "http-inspector") {
      new MessageReader(config, HTTP_INSPECTOR);
      http = true;
    } else proxyProtocol = readProxyProtocol(config);
  });
  const isAsked = chains.some(
    ({ match }) =>
      match.serverNames.length > 0 || match.transportProtocol !== undefined || match.applicationProtocols.length > 0,
  );
  return {
    // Nobody asks what it finds.
    tls:
      isAsked &&
      (tls || chains.some(({ match }) => match.serverNames.length > 0 || match.transportProtocol !== undefined)),
    http: http && chains.some(({ match }) => match.applicationProtocols.length > 0),
    ...(proxyProtocol !== undefined && { proxyProtocol }),
    timeoutMillis: message.durationMillis("listener_filters_timeout") ?? DEFAULT_TIMEOUT_MILLIS,
    continuesOnTimeout: message.bool("continue_on_listener_filters_timeout"),
  };
}

function readProxyProtocol(node: DocumentNode): ProxyProtocolInspection {
  const message = new MessageReader(node, PROXY_PROTOCOL_FILTER);
  const refused = message.list("disallowed_versions").map((item) => {
    const number = item.kind === "scalar" && typeof item.value === "bigint" ? Number(item.value) : -1;
    const name = item.kind === "scalar" ? item.value : undefined;
    if (name === "V1" || number === 0) return VERSIONS[0];
    if (name === "V2" || number === 1) return VERSIONS[1];
    reportRefusal(item.place, "disallowed_versions: expected V1 or V2");
    return 1;
  });
  const versions = ([1, 2] as const).filter((version: ProxyProtocolVersion) => !refused.includes(version));
  return { optional: message.bool("allow_requests_without_proxy_protocol"), versions };
}
