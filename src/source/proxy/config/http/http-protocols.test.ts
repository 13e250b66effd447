import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { formatError } from "../../../../model/index.ts";
import { parseProxyConfig } from "../parse-proxy-config.ts";

const TYPES = "type.googleapis.com/envoy.extensions";
const ROUTES = 'virtual_hosts: [{domains: ["*"], routes: [{match: {prefix: /}, route: {cluster: back}}]}]';
const CERTIFICATES = "tls_certificates: [{certificate_chain: {inline_string: a}, private_key: {inline_string: b}}]";
const BOTH = ["h2", "http/1.1"];

const options = (text: string) =>
  `, typed_extension_protocol_options: {envoy.extensions.upstreams.http.v3.HttpProtocolOptions: {"@type": ${TYPES}.upstreams.http.v3.HttpProtocolOptions, ${text}}}`;
const socket = (side: string, common: string) =>
  `, transport_socket: {name: tls, typed_config: {"@type": ${TYPES}.transport_sockets.tls.v3.${side}TlsContext, common_tls_context: {${common}}}}`;
const upstream = (alpn = "") => socket("Upstream", alpn && `alpn_protocols: [${alpn}]`);
const downstream = (alpn: string) => socket("Downstream", `${CERTIFICATES}, alpn_protocols: [${alpn}]`);
const H1 = options("explicit_http_config: {http_protocol_options: {}}");
const H2 = options("explicit_http_config: {http2_protocol_options: {}}");

async function parse({ codec = "AUTO", chain = "", cluster = "", top = "" }) {
  const warnings: string[] = [];
  const text = `static_resources:
  listeners:
  - name: front
    address: {socket_address: {address: 127.0.0.1, port_value: 1}}
    filter_chains:
    - {filters: [{name: h, typed_config: {"@type": ${TYPES}.filters.network.http_connection_manager.v3.HttpConnectionManager, stat_prefix: h, codec_type: ${codec}, route_config: {${ROUTES}}, http_filters: [{name: envoy.filters.http.router, typed_config: {"@type": ${TYPES}.filters.http.router.v3.Router}}]}}]${chain}}
  clusters:
  - {name: back, load_assignment: {endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: 2}}}}]}]}${cluster}}
${top}
`;
  const warn = (_: unknown, message: string) => void warnings.push(message);
  const config = await parseProxyConfig(text, { readFile: () => new Uint8Array(0), warn });
  return { protocols: config.clusters[0]!.httpProtocols, warnings };
}

describe("which HTTP a cluster speaks", () => {
  const CASES: readonly (readonly [cluster: string, protocols: readonly string[] | undefined])[] = [
    ["", ["http/1.1"]],
    [", http_protocol_options: {}", ["http/1.1"]],
    [", http2_protocol_options: {}", ["h2"]],
    [", http_protocol_options: {}, http2_protocol_options: {}", ["h2"]],
    [H1, ["http/1.1"]],
    [H2, ["h2"]],
    [`${H1}, http2_protocol_options: {}`, ["http/1.1"]],
    [options("use_downstream_protocol_config: {}"), BOTH],
    [upstream(), undefined],
    [upstream("istio"), undefined],
    [upstream("http/1.1"), ["http/1.1"]],
    [upstream("istio, h2"), ["h2"]],
    [H2 + upstream(), ["h2"]],
    [H2 + upstream("h2, http/1.1"), ["h2"]],
    [options("auto_config: {}") + upstream(), BOTH],
    [options("auto_config: {}") + upstream("http/1.1"), ["http/1.1"]],
  ];
  for (const [cluster, protocols] of CASES)
    test(cluster || "nothing said", async () => assert.deepEqual((await parse({ cluster })).protocols, protocols));
});

const INSISTS = "tapline: {routing: VERBATIM}";

describe("what cannot match is refused by name, where verbatim forwarding is insisted on", () => {
  const CASES: readonly (readonly [Parameters<typeof parse>[0], RegExp])[] = [
    [{ codec: "HTTP2" }, /listener "front" takes h2 \(codec_type\), and cluster "back" speaks http\/1\.1; let both/],
    [{ codec: "HTTP1", cluster: H2 }, /listener "front" takes http\/1\.1 \(codec_type\), and cluster "back" speaks h2/],
    [
      { chain: downstream("h2") },
      /listener "front" offers h2 \(alpn_protocols\), and cluster "back" speaks http\/1\.1/,
    ],
    [
      { chain: downstream("http/1.1"), cluster: H2 },
      /offers http\/1\.1 \(alpn_protocols\), and cluster "back" speaks h2/,
    ],
    [{ cluster: H2 + upstream("http/1.1") }, /cluster "back" speaks h2 by its protocol options and offers http\/1\.1/],
    [{ cluster: options("auto_config: {}") }, /ALPN configured for cluster "back", which has a non-ALPN transport/],
    [{ cluster: options("explicit_http_config: {}") }, /expected one of http_protocol_options, http2_protocol_options/],
    [
      { cluster: options("explicit_http_config: {http3_protocol_options: {a: 1}}") },
      /http3_protocol_options is not sup/,
    ],
    [{ cluster: options("auto_config: {}, explicit_http_config: {}") }, /exclude each other/],
  ];
  for (const [parts, message] of CASES)
    test(String(message), async () => {
      const found = await parse({ ...parts, top: INSISTS }).then(() => "accepted", formatError);
      assert.match(found, message);
    });
});

test("a listener that also takes what its cluster does not speak is warned of", async () => {
  assert.match(
    (await parse({ cluster: H2, top: INSISTS })).warnings.join(),
    /"back" speaks h2: requests in HTTP\/1 that listener front/,
  );
  for (const parts of [{}, { cluster: H1 }, { codec: "HTTP2", cluster: H2 }, { cluster: H2, chain: downstream("h2") }])
    assert.deepEqual((await parse({ ...parts, top: INSISTS })).warnings, []);
});
