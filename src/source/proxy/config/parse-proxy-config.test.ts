import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  bootstrap,
  CAPTURE_V2_CONFIG,
  parse,
  readFile,
  refusal,
  TAP_OVER_TLS,
  TAP_V2_CONFIG,
  TAP_V3_TYPED,
} from "../../../../test/support/bootstraps.ts";
import { parseProxyConfig } from "./parse-proxy-config.ts";

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
      assert.deepEqual(config.listeners[0]!.filterChains[0]!.transportSocket, expected);
      assert.deepEqual(config.clusters[0]!.transportSocket, { kind: "raw" });
    });
    test(`${name}, in a cluster`, async () => {
      const config = await parse(bootstrap({ cluster: sample }));
      assert.deepEqual(config.clusters[0]!.transportSocket, expected);
      assert.deepEqual(config.listeners[0]!.filterChains[0]!.transportSocket, { kind: "raw" });
    });
  }

  for (const name of ["ssl", "tls", "envoy.transport_sockets.tls"]) {
    test(`tap over ${name}, in a listener and in a cluster`, async () => {
      const config = await parse(bootstrap({ chain: TAP_OVER_TLS(name), cluster: TAP_OVER_TLS(name) }));
      for (const [side, socket] of [
        ["downstream", config.listeners[0]!.filterChains[0]!.transportSocket],
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
  const { networkFilter, transportSocket } = listener!.filterChains[0]!;
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
  const tap = (version: string, prefix: string, inner: string) =>
    `{ name: x, typed_config: { "@type": type.googleapis.com/${version}, common_config: { static_config: { match: { any_match: true },
       output_config: { sinks: [ { file_per_tap: { path_prefix: ${prefix} } } ] } } }, transport_socket: ${inner} } }`;
  const capture = `{ name: y, typed_config: { "@type": type.googleapis.com/envoy.config.transport_socket.capture.v2alpha.Capture,
       file_sink: { path_prefix: c, max_captured_bytes: 1000 }, transport_socket: { name: z, typed_config: {
       "@type": type.googleapis.com/envoy.api.v2.auth.UpstreamTlsContext, sni: example.org } } } }`;
  const sockets = tap(
    "envoy.config.transport_socket.tap.v2alpha.Tap",
    "p",
    tap("envoy.extensions.transport_sockets.tap.v3.Tap", "q", capture),
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
  assert.match(
    await refusal(bootstrap({ cluster: `transport_socket: ${sockets.replace("path_prefix: q", "path_prefix: c")}` })),
    /two taps or captures of this socket write to files that begin with "c"; give each/,
  );
});

test("admin_config is taken where there is an admin listener", async () => {
  const chain = `transport_socket:
  name: envoy.transport_sockets.tap
  config: { common_config: { admin_config: { config_id: i } }, transport_socket: { name: raw_buffer } }`;
  const top = "admin: { address: { socket_address: { address: 127.0.0.1, port_value: 9901 } } }";
  const config = await parse(bootstrap({ chain, top }));
  const socket = config.listeners[0]!.filterChains[0]!.transportSocket;
  assert.deepEqual(socket.kind === "tap" && socket.config.common, { kind: "admin", configId: "i" });
  assert.match(
    await refusal(bootstrap({ chain })),
    /^envoy\.yaml:14:\d+: admin_config: .* no admin listener; add admin:/,
  );
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
