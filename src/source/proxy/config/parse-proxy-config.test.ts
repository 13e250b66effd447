import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { formatError } from "../../../model/index.ts";
import type { ProxyConfig } from "./config.ts";
import { parseProxyConfig } from "./parse-proxy-config.ts";

const FILES: Record<string, string> = { "/cert.pem": "CERT", "/key.pem": "KEY", "/ca.pem": "CA" };

function readFile(path: string): Uint8Array {
  const text = FILES[path];
  if (text === undefined) throw new Error("no such file or directory");
  return new TextEncoder().encode(text);
}

async function parse(text: string): Promise<ProxyConfig> {
  return parseProxyConfig(text, { file: "envoy.yaml", readFile });
}

async function refusal(text: string): Promise<string> {
  try {
    await parse(text);
    return "accepted";
  } catch (error) {
    return formatError(error);
  }
}

/** A bootstrap with parts of the listener's filter chain and of the cluster given as YAML blocks. */
function bootstrap({ chain = "", cluster = "", top = "" }: { chain?: string; cluster?: string; top?: string }): string {
  return `static_resources:
  listeners:
  - name: front
    address: { socket_address: { address: 127.0.0.1, port_value: 10000 } }
    filter_chains:
    - filters:
      - name: envoy.filters.network.tcp_proxy
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy
          stat_prefix: tcp
          cluster: back
${indent(chain, 6)}
  clusters:
  - name: back
    connect_timeout: 0.25s
    load_assignment:
      cluster_name: back
      endpoints:
      - lb_endpoints:
        - endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: 80 } } }
${indent(cluster, 4)}
${top}
`;
}

function indent(text: string, columns: number): string {
  return text.replace(/^(?=.)/gm, " ".repeat(columns));
}

const TAP_V2_CONFIG = `transport_socket:
  name: envoy.transport_sockets.tap
  config:
    common_config:
      static_config:
        match_config: { any_match: true }
        output_config:
          sinks:
            - format: PROTO_BINARY
              file_per_tap: { path_prefix: /some/tap/path }
    transport_socket: { name: envoy.transport_sockets.raw_buffer }
`;

const TAP_V3_TYPED = `transport_socket:
  name: envoy.transport_sockets.tap
  typed_config:
    "@type": type.googleapis.com/envoy.extensions.transport_sockets.tap.v3.Tap
    common_config:
      static_config:
        match: { any_match: true }
        output_config:
          streaming: true
          max_buffered_rx_bytes: 5
          max_buffered_tx_bytes: 4
          sinks:
            - format: PROTO_BINARY_LENGTH_DELIMITED
              file_per_tap: { path_prefix: /some/tap/path }
    transport_socket:
      name: envoy.transport_sockets.raw_buffer
      typed_config: { "@type": type.googleapis.com/envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer }
    socket_tap_config: { set_connection_per_event: true, stats_prefix: LDS }
`;

const CAPTURE_V2_CONFIG = `transport_socket:
  name: envoy.transport_sockets.capture
  config:
    file_sink: { path_prefix: /some/capture/path, format: PROTO_TEXT }
    transport_socket: { name: raw_buffer }
`;

const TAP_OVER_TLS = (name: string) => `transport_socket:
  name: envoy.transport_sockets.tap
  config:
    common_config:
      static_config:
        match_config: { any_match: true }
        output_config:
          sinks: [ { format: PROTO_BINARY, file_per_tap: { path_prefix: /some/tap/path } } ]
    transport_socket:
      name: ${name}
      config:
        common_tls_context:
          tls_certificates:
          - { certificate_chain: { filename: /cert.pem }, private_key: { filename: /key.pem } }
`;

const TAP_SINK = {
  format: "PROTO_BINARY",
  connectionLayout: "new",
  destination: { kind: "file-per-tap", pathPrefix: "/some/tap/path" },
};
const TAP_V2_EXPECTED = {
  kind: "tap",
  config: {
    common: {
      kind: "static",
      tap: {
        match: { kind: "any" },
        output: {
          sink: TAP_SINK,
          maxBufferedRxBytes: 1024,
          maxBufferedTxBytes: 1024,
          streaming: false,
          minStreamedSentBytes: 0,
        },
      },
    },
    setConnectionPerEvent: false,
    statsPrefix: "",
  },
  inner: { kind: "raw" },
};
const TAP_V3_EXPECTED = {
  kind: "tap",
  config: {
    common: {
      kind: "static",
      tap: {
        match: { kind: "any" },
        output: {
          sink: { ...TAP_SINK, format: "PROTO_BINARY_LENGTH_DELIMITED" },
          maxBufferedRxBytes: 5,
          maxBufferedTxBytes: 4,
          streaming: true,
          minStreamedSentBytes: 0,
        },
      },
    },
    setConnectionPerEvent: true,
    statsPrefix: "LDS",
  },
  inner: { kind: "raw" },
};
const CAPTURE_EXPECTED = {
  kind: "capture",
  config: { pathPrefix: "/some/capture/path", format: "PROTO_TEXT", maxCapturedBytes: 67_108_864 },
  inner: { kind: "raw" },
};

describe("the samples of Envoy's documents", () => {
  for (const [name, sample, expected] of [
    ["tap, v2 config", TAP_V2_CONFIG, TAP_V2_EXPECTED],
    ["tap, v3 typed_config", TAP_V3_TYPED, TAP_V3_EXPECTED],
    ["capture, v2 config", CAPTURE_V2_CONFIG, CAPTURE_EXPECTED],
  ] as const) {
    test(`${name}, in a listener`, async () => {
      const config = await parse(bootstrap({ chain: sample }));
      assert.deepEqual(config.listeners[0]!.filterChain.transportSocket, expected);
      assert.deepEqual(config.clusters[0]!.transportSocket, { kind: "raw" });
    });
    test(`${name}, in a cluster`, async () => {
      const config = await parse(bootstrap({ cluster: sample }));
      assert.deepEqual(config.clusters[0]!.transportSocket, expected);
      assert.deepEqual(config.listeners[0]!.filterChain.transportSocket, { kind: "raw" });
    });
  }

  for (const name of ["ssl", "tls", "envoy.transport_sockets.tls"]) {
    test(`tap over ${name}, in a listener and in a cluster`, async () => {
      const config = await parse(bootstrap({ chain: TAP_OVER_TLS(name), cluster: TAP_OVER_TLS(name) }));
      for (const [side, socket] of [
        ["downstream", config.listeners[0]!.filterChain.transportSocket],
        ["upstream", config.clusters[0]!.transportSocket],
      ] as const) {
        assert.equal(socket.kind, "tap");
        const inner = socket.inner;
        assert.equal(inner.kind, "tls");
        assert.equal(inner.tls.side, side);
        assert.equal(new TextDecoder().decode(inner.tls.certificates[0]!.privateKey.bytes), "KEY");
        assert.equal(inner.tls.certificates[0]!.chain.path, "/cert.pem");
      }
    });
  }
});

test("the whole of a bootstrap, in JSON and lowerCamelCase, with v2's spellings", async () => {
  const config = await parse(
    JSON.stringify({
      node: { id: "x" },
      admin: { accessLogPath: "/dev/null", address: { socketAddress: { address: "127.0.0.1", portValue: 9901 } } },
      tapline: { connectionIds: "FROM_ZERO" },
      staticResources: {
        listeners: [
          {
            address: { pipe: { path: "/run/x.sock", mode: 384 } },
            perConnectionBufferLimitBytes: 32768,
            filterChains: [
              {
                filterChainMatch: {},
                tlsContext: {
                  requireClientCertificate: true,
                  commonTlsContext: {
                    tlsParams: { tlsMinimumProtocolVersion: "TLSv1_3", cipherSuites: ["[A-B|C-D]", "E"] },
                    tlsCertificates: [{ certificateChain: { inlineString: "C" }, privateKey: { inlineBytes: "S0VZ" } }],
                    validationContext: {
                      trustedCa: { filename: "/ca.pem" },
                      verifySubjectAltName: ["spiffe://a"],
                      verifyCertificateHash: ["AB".repeat(32)],
                    },
                    alpnProtocols: ["h2", "http/1.1"],
                    keyLog: { path: "/tmp/keys", remoteAddressRange: [{ addressPrefix: "10.0.0.0", prefixLen: 8 }] },
                  },
                },
                filters: [
                  {
                    name: "envoy.tcp_proxy",
                    config: { statPrefix: "s", cluster: "c", idleTimeout: "0s", maxConnectAttempts: 3 },
                  },
                ],
              },
            ],
          },
        ],
        clusters: [
          {
            name: "c",
            type: "strict_dns",
            lbPolicy: "round_robin",
            dnsLookupFamily: 1,
            dnsRefreshRate: "1.5s",
            hosts: [
              { socketAddress: { address: "localhost", portValue: 1 } },
              { socketAddress: { address: "0:0::1", portValue: 2 } },
            ],
          },
        ],
      },
    }),
  );
  assert.deepEqual(config.admin?.address, { kind: "ip", address: "127.0.0.1", port: 9901 });
  assert.equal(config.connectionIds, "from-zero");
  const [listener] = config.listeners;
  assert.equal(listener!.name, "/run/x.sock");
  assert.deepEqual(listener!.address, { kind: "pipe", path: "/run/x.sock" });
  assert.equal(listener!.pipeMode, 0o600);
  assert.equal(listener!.bufferLimitBytes, 32768);
  const { networkFilter, transportSocket } = listener!.filterChain;
  assert.equal(networkFilter.idleTimeoutMillis, 0);
  assert.equal(networkFilter.maxConnectAttempts, 3);
  assert.equal(transportSocket.kind, "tls");
  const { tls } = transportSocket;
  assert.equal(tls.requireClientCertificate, true);
  assert.deepEqual([tls.minimumVersion, tls.maximumVersion], ["TLSv1.3", "TLSv1.3"]);
  assert.deepEqual(tls.cipherSuites, ["A-B", "C-D", "E"]);
  assert.deepEqual(tls.alpnProtocols, ["h2", "http/1.1"]);
  assert.equal(new TextDecoder().decode(tls.certificates[0]!.privateKey.bytes), "KEY");
  assert.equal(new TextDecoder().decode(tls.validation!.trustedCa!.bytes), "CA");
  assert.deepEqual(tls.validation!.certificateHashes, ["ab".repeat(32)]);
  assert.deepEqual(tls.keyLog?.remoteAddressRanges, [{ address: "10.0.0.0", prefixLength: 8 }]);
  const [cluster] = config.clusters;
  assert.deepEqual(cluster!.discovery, { type: "STRICT_DNS", refreshRateMillis: 1500, lookupFamily: "V4_ONLY" });
  assert.equal(cluster!.connectTimeoutMillis, 5000);
  assert.deepEqual(
    cluster!.endpoints.map(({ address }) => address),
    [
      { kind: "ip", address: "localhost", port: 1 },
      { kind: "ip", address: "::1", port: 2 },
    ],
  );
});

test("taps and captures wrap each other, and every type has its name", async () => {
  const tap = (version: string, inner: string) =>
    `{ name: x, typed_config: { "@type": type.googleapis.com/${version}, common_config: { static_config: { match: { any_match: true },
       output_config: { sinks: [ { file_per_tap: { path_prefix: p } } ] } } }, transport_socket: ${inner} } }`;
  const capture = `{ name: y, typed_config: { "@type": type.googleapis.com/envoy.config.transport_socket.capture.v2alpha.Capture,
       file_sink: { path_prefix: c, max_captured_bytes: 1000 }, transport_socket: { name: z, typed_config: {
       "@type": type.googleapis.com/envoy.api.v2.auth.UpstreamTlsContext, sni: example.org } } } }`;
  const sockets = tap(
    "envoy.config.transport_socket.tap.v2alpha.Tap",
    tap("envoy.extensions.transport_sockets.tap.v3.Tap", capture),
  );
  const config = await parse(bootstrap({ cluster: `transport_socket: ${sockets}` }));
  const kinds: string[] = [];
  let socket = config.clusters[0]!.transportSocket;
  for (; socket.kind === "tap" || socket.kind === "capture"; socket = socket.inner) {
    kinds.push(socket.kind);
    if (socket.kind === "capture") assert.equal(socket.config.maxCapturedBytes, 1000);
  }
  assert.deepEqual(kinds, ["tap", "tap", "capture"]);
  assert.equal(socket.kind === "tls" && socket.tls.sni, "example.org");
});

test("admin_config is taken where there is an admin listener", async () => {
  const chain = `transport_socket:
  name: envoy.transport_sockets.tap
  config: { common_config: { admin_config: { config_id: i } }, transport_socket: { name: raw_buffer } }`;
  const top = "admin: { address: { socket_address: { address: 127.0.0.1, port_value: 9901 } } }";
  const config = await parse(bootstrap({ chain, top }));
  const socket = config.listeners[0]!.filterChain.transportSocket;
  assert.deepEqual(socket.kind === "tap" && socket.config.common, { kind: "admin", configId: "i" });
  assert.match(
    await refusal(bootstrap({ chain })),
    /^envoy\.yaml:14:\d+: admin_config: .* no admin listener; add admin:/,
  );
});

describe("what is refused", () => {
  const output = (text: string) => ({
    chain: TAP_V2_CONFIG.replace(/ {10}sinks:[\s\S]*?path_prefix.*\n/, `          ${text}\n`),
  });
  const tap = (from: string, to: string) => ({ chain: TAP_V2_CONFIG.replace(from, to) });
  const tls = (text: string) => ({ cluster: `transport_socket:\n  name: tls\n  config: ${text}` });
  const CASES: readonly (readonly [string, string, RegExp])[] = [
    ["nothing to do", "static_resources: {}", /^envoy\.yaml:1:19: there are no listeners/],
    ["no static_resources", "admin: {address: {pipe: {path: /x}}}", /static_resources is missing$/],
    [
      "unknown top-level key",
      bootstrap({ top: "static_resource: {}" }),
      /^envoy\.yaml:22:1: Bootstrap: unknown field "static_resource"; did you mean static_resources\?$/,
    ],
    [
      "control plane",
      bootstrap({ top: "dynamic_resources: {}" }),
      /dynamic_resources is not supported; there is no control plane/,
    ],
    [
      "unknown cluster",
      bootstrap({}).replace("cluster: back", "cluster: bakc"),
      /^envoy\.yaml:11:11: tcp_proxy: unknown cluster 'bakc'; did you mean back\?$/,
    ],
    [
      "HTTP filter",
      bootstrap({}).replace(
        "filters.network.tcp_proxy.v3.TcpProxy",
        "filters.network.http_connection_manager.v3.HttpConnectionManager",
      ),
      /^envoy\.yaml:9:20: network filter: @type .*HttpConnectionManager is not supported; use envoy/,
    ],
    [
      "misspelt socket",
      bootstrap(tap("envoy.transport_sockets.tap", "envoy.transport_socket.tap")),
      /^envoy\.yaml:13:9: transport socket "envoy\.transport_socket\.tap" is not known; did you mean envoy\.transport_sockets\.tap\?$/,
    ],
    ["typed_config without a type", bootstrap(tap("config:", "typed_config:")), /typed_config has no "@type"/],
    [
      "static streaming_admin",
      bootstrap(output("sinks: [ { format: JSON_BODY_AS_STRING, streaming_admin: {} } ]")),
      /Error: Specifying admin streaming output without configuring admin\./,
    ],
    [
      "static buffered_admin",
      bootstrap(output("sinks: [ { buffered_admin: { max_traces: 1 } } ]")),
      /Output sink type BufferedAdmin requires that the admin output will be configured via admin/,
    ],
    [
      "buffered_admin of nothing",
      bootstrap(output("sinks: [ { buffered_admin: {} } ]")),
      /max_traces: value must be greater than 0/,
    ],
    ["no sinks", bootstrap(output("sinks: []")), /Sinks: value must contain exactly 1 item\(s\)/],
    [
      "two sinks",
      bootstrap(output("sinks: [ {file_per_tap: {path_prefix: a}}, {file_per_tap: {path_prefix: b}} ]")),
      /Sinks: value must contain exactly 1 item\(s\)/,
    ],
    ["gRPC sink", bootstrap(output("sinks: [ { streaming_grpc: { tap_id: x } } ]")), /streaming_grpc is not supported/],
    [
      "custom sink",
      bootstrap(output("sinks: [ { custom_sink: { name: mine } } ]")),
      /Didn't find a registered implementation for 'mine'/,
    ],
    [
      "empty path_prefix",
      bootstrap(output("sinks: [ { file_per_tap: { path_prefix: '' } } ]")),
      /path_prefix must not be empty/,
    ],
    [
      "binary streaming",
      bootstrap(tap("output_config:", "output_config:\n          streaming: true")),
      /streaming with format PROTO_BINARY .*; use format PROTO_BINARY_LENGTH_DELIMITED$/,
    ],
    [
      "no match",
      bootstrap(tap("        match_config: { any_match: true }\n", "")),
      /Neither match nor match_config is set in TapConfig/,
    ],
    ["any_match: false", bootstrap(tap("any_match: true", "any_match: false")), /any_match: value must equal true/],
    [
      "one rule",
      bootstrap(tap("{ any_match: true }", "{ or_match: { rules: [ { any_match: true } ] } }")),
      /or_match: rules: value must contain at least 2 item/,
    ],
    [
      "no patterns",
      bootstrap(tap("{ any_match: true }", "{ http_request_generic_body_match: {} }")),
      /patterns: value must contain at least 1 item/,
    ],
    [
      "bad base64",
      bootstrap(
        tap("{ any_match: true }", "{ http_request_generic_body_match: { patterns: [ { binary_match: '***' } ] } }"),
      ),
      /binary_match: expected bytes in base64/,
    ],
    [
      "bad regex",
      bootstrap(
        tap(
          "{ any_match: true }",
          "{ http_request_headers_match: { headers: [ { name: a, safe_regex_match: { regex: '(' } } ] } }",
        ),
      ),
      /regex "\(": is not a regular expression/,
    ],
    [
      "EDS",
      bootstrap({ cluster: "type: EDS" }),
      /type: EDS is not supported; expected STATIC, STRICT_DNS or LOGICAL_DNS/,
    ],
    [
      "load balancing",
      bootstrap({ cluster: "lb_policy: MAGLEV" }),
      /lb_policy: MAGLEV is not supported; expected ROUND_ROBIN/,
    ],
    [
      "name in a STATIC cluster",
      bootstrap({}).replace("127.0.0.1, port_value: 80 ", "example.org, port_value: 80 "),
      /malformed IP address: example\.org; .*STRICT_DNS/,
    ],
    [
      "two LOGICAL_DNS endpoints",
      bootstrap({ cluster: "type: LOGICAL_DNS" }).replace(/( {8}- endpoint: .*\n)/, "$1$1"),
      /LOGICAL_DNS clusters must have a single/,
    ],
    [
      "downstream TLS upstream",
      bootstrap({
        cluster:
          'transport_socket: { name: t, typed_config: { "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext } }',
      }),
      /expected UpstreamTlsContext/,
    ],
    [
      "TLS server without a certificate",
      bootstrap({ chain: "transport_socket: { name: tls }" }),
      /No TLS certificates found for server context/,
    ],
    [
      "a certificate that is not there",
      bootstrap(
        tls(
          "{ common_tls_context: { tls_certificates: [ { certificate_chain: { filename: /no.pem }, private_key: { filename: /key.pem } } ] } }",
        ),
      ),
      /^envoy\.yaml:\d+:\d+: cannot read \/no\.pem: no such file/,
    ],
    [
      "versions the wrong way round",
      bootstrap(
        tls(
          "{ common_tls_context: { tls_params: { tls_minimum_protocol_version: TLSv1_3, tls_maximum_protocol_version: TLSv1_2 } } }",
        ),
      ),
      /the minimum version TLSv1\.3 is above the maximum TLSv1\.2/,
    ],
    [
      "names without a CA",
      bootstrap(tls("{ common_tls_context: { validation_context: { match_subject_alt_names: [ { exact: a } ] } } }")),
      /SAN-based verification of peer certificates without trusted CA/,
    ],
    [
      "two TLS contexts",
      bootstrap({ cluster: "tls_context: {}\ntransport_socket: { name: raw_buffer }" }),
      /tls_context and transport_socket exclude each other/,
    ],
    [
      "two listeners on one address",
      bootstrap({ top: "admin: { address: { socket_address: { address: 127.0.0.1, port_value: 10000 } } }" }),
      /listener 'front' has the address 127\.0\.0\.1:10000, as the admin listener has/,
    ],
    [
      "access log",
      bootstrap({ top: "admin: { access_log_path: /tmp/a.log, address: { pipe: { path: /x } } }" }),
      /access_log_path is not supported; .*\/dev\/null/,
    ],
  ];
  for (const [name, text, expected] of CASES) test(name, async () => assert.match(await refusal(text), expected));
});

test("a rule that looks at HTTP on a transport socket is taken, with a warning", async () => {
  const warnings: string[] = [];
  const chain = TAP_V2_CONFIG.replace("{ any_match: true }", "{ http_request_headers_match: { headers: [] } }");
  await parseProxyConfig(bootstrap({ chain }), {
    readFile,
    warn: (place, message) => warnings.push(`${place.line}: ${message}`),
  });
  assert.equal(warnings.length, 1);
  assert.match(warnings[0]!, /^16: a rule looks at HTTP/);
});
