import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { formatError } from "../../model/index.ts";
import { parseDocument } from "../../wire/config-document/index.ts";
import { readTapConfig } from "./read-tap-config.ts";
import type { TapConfig } from "./tap-config.ts";
import type { TapKind, TapSite } from "./tap-site.ts";

// Our own fields in tap configurations, and the sinks that Envoy names: how they are read, and how refused.

interface Site {
  readonly watches?: readonly TapKind[];
  readonly clusters?: readonly string[];
}

async function read(fields: string, { watches = ["http"], clusters = ["collector"] }: Site = {}): Promise<TapConfig> {
  const site: TapSite = { origin: "static", watches, clusters };
  return readTapConfig(await parseDocument(fields), site);
}

async function readOrRefuse(fields: string, site?: Site): Promise<TapConfig | string> {
  try {
    return await read(fields, site);
  } catch (error) {
    return formatError(error);
  }
}

const withSink = (sink: string, more = "") =>
  `{ match: { any_match: true }, output_config: { sinks: [ { ${sink} } ]${more} } }`;
const withField = (field: string, output = "") =>
  `{ match: { any_match: true }, output_config: { sinks: [ { file_per_tap: { path_prefix: p } } ]${output} }, ${field} }`;
const grpc = (service: string, more = "") =>
  withSink(`streaming_grpc: { tap_id: t, grpc_service: { ${service} }${more} }`);
const udp = (address: string, more = "") =>
  withSink(
    `${more}custom_sink: { name: envoy.tap_sinks.udp_sink, typed_config: { "@type": ${UDP_TYPE}, udp_address: { ${address} } } }`,
  );
const UDP_TYPE = "type.googleapis.com/envoy.extensions.tap_sinks.udp_sink.v3alpha.UdpSink";
const CLUSTER = "envoy_grpc: { cluster_name: collector }";
const UDP_ADDRESS = "protocol: UDP, address: 127.0.0.1, port_value: 514";

describe("where traces go", () => {
  const ADDRESS = { kind: "ip", address: "10.0.0.1", port: 50051 };
  const target = (uri: string) => grpc(`google_grpc: { target_uri: ${JSON.stringify(uri)}, stat_prefix: s }`);
  const CASES: readonly (readonly [name: string, fields: string, destination: object])[] = [
    ["a cluster by gRPC", grpc(CLUSTER), { target: { kind: "cluster", name: "collector" }, tapId: "t", version: "v3" }],
    ["as the older service", grpc(CLUSTER, ", transport_api_version: V2"), { version: "v2alpha" }],
    [
      "with metadata",
      grpc(`${CLUSTER}, initial_metadata: [ { key: Authorization, value: Bearer x } ]`),
      { metadata: [["authorization", "Bearer x"]] },
    ],
    [
      "in the name of",
      grpc("envoy_grpc: { cluster_name: collector, authority: taps.example }"),
      { target: { kind: "cluster", name: "collector", authority: "taps.example" } },
    ],
    ["an address by gRPC", target("10.0.0.1:50051"), { target: { kind: "address", address: ADDRESS } }],
    [
      "dns:",
      target("dns:///taps.example:50051"),
      { target: { kind: "address", address: { ...ADDRESS, address: "taps.example" } } },
    ],
    ["ipv4:", target("ipv4:10.0.0.1:50051"), { target: { kind: "address", address: ADDRESS } }],
    ["ipv6:", target("ipv6:[::1]:50051"), { target: { kind: "address", address: { ...ADDRESS, address: "::1" } } }],
    [
      "unix:",
      target("unix:///run/taps.sock"),
      { target: { kind: "address", address: { kind: "pipe", path: "/run/taps.sock" } } },
    ],
    ["UDP", udp(UDP_ADDRESS), { kind: "udp", address: { kind: "ip", address: "127.0.0.1", port: 514 } }],
    [
      "one file",
      withSink("format: PROTO_TEXT, file_per_tap: { path_prefix: p, single_file: true }"),
      { pathPrefix: "p", single: {} },
    ],
    [
      "files by size and time",
      withSink(
        "file_per_tap: { path_prefix: p, single_file: true, roll: { max_bytes: 1000, interval: 60s }, keep: 3 }",
      ),
      { single: { maxBytes: 1000, intervalMillis: 60_000 }, keep: 3 },
    ],
    ["some files", withSink("file_per_tap: { path_prefix: p, keep: 100 }"), { pathPrefix: "p", keep: 100 }],
    ["a HAR file", withSink("format: HAR, file_per_tap: { path_prefix: p, single_file: true }"), { single: {} }],
  ];
  for (const [name, fields, destination] of CASES)
    test(name, async () => assert.partialDeepStrictEqual((await read(fields)).output.sink.destination, destination));

  test("a gRPC sink has one format and the layout of its service", async () => {
    const layouts = await Promise.all(
      [grpc(CLUSTER), grpc(CLUSTER, ", transport_api_version: V2")].map(
        async (fields) => (await read(fields)).output.sink,
      ),
    );
    assert.deepEqual(
      layouts.map(({ format, connectionLayout }) => `${format} ${connectionLayout}`),
      ["PROTO_BINARY new", "PROTO_BINARY old"],
    );
  });
});

describe("what is kept and shown", () => {
  const CASES: readonly (readonly [field: string, expected: object])[] = [
    ["sample: { rate: 0.25 }", { sampling: { numerator: 25, denominator: 100 } }],
    ["sample: { rate: 0.000125 }", { sampling: { numerator: 125, denominator: 1_000_000 } }],
    [
      "sample: { rate: 1, max_per_second: 0.5 }",
      { sampling: { numerator: 100, denominator: 100 }, selection: { maxPerSecond: 0.5, keepErrors: false } },
    ],
    [
      "sample: { rate: 0, keep_errors: true, keep_slower_than: 0.5s }",
      { selection: { keepErrors: true, keepSlowerThanMillis: 500 } },
    ],
    [
      "tap_enabled: { default_value: { numerator: 5 } }, sample: { max_per_second: 10 }",
      { sampling: { numerator: 5, denominator: 100 }, selection: { maxPerSecond: 10, keepErrors: false } },
    ],
    ["redact: true", { redaction: { headers: [], names: [], except: [], pii: [] } }],
    [
      "redact: { headers: [ x-tenant ], except: [ cookie ] }",
      { redaction: { headers: ["x-tenant"], names: [], except: ["cookie"], pii: [] } },
    ],
    ["redact: { pii: [ email, iban ] }", { redaction: { pii: ["email", "iban"] } }],
    ["redact: { pii: true }", { redaction: { pii: ["email", "card", "iban", "phone"] } }],
  ];
  for (const [field, expected] of CASES)
    test(field, async () => assert.partialDeepStrictEqual(await read(withField(field)), expected));

  test("redact: false is none", async () =>
    assert.equal((await read(withField("redact: false"))).redaction, undefined));
});

describe("what is refused", () => {
  const SOCKET: Site = { watches: ["socket"] };
  const BOTH: Site = { watches: ["http", "socket"] };
  const cel = (text: string) =>
    `{ match: { cel_match: ${JSON.stringify(text)} }, output_config: { sinks: [ { file_per_tap: { path_prefix: p } } ] } }`;
  const CASES: readonly (readonly [fields: string, refusal: RegExp, site?: Site])[] = [
    [
      grpc("envoy_grpc: { cluster_name: colector }"),
      /^1:\d+: envoy_grpc: unknown cluster 'colector'; did you mean collector\?$/,
    ],
    [grpc("envoy_grpc: { cluster_name: c }"), /unknown cluster 'c'; there are no clusters$/, { clusters: [] }],
    [grpc(""), /GrpcService: expected one of envoy_grpc, google_grpc$/],
    [grpc('google_grpc: { target_uri: "xds:///x" }'), /target_uri: "xds:\/\/\/x" cannot be called; expected HOST:PORT/],
    [grpc('google_grpc: { target_uri: "10.0.0.1" }'), /cannot be called/],
    [
      grpc('google_grpc: { target_uri: "10.0.0.1:1", channel_credentials: { ssl_credentials: {} } }'),
      /channel_credentials is not supported; for TLS, use envoy_grpc/,
    ],
    [grpc(`${CLUSTER}, initial_metadata: [ { key: ":path", value: x } ]`), /":path" may not be sent as metadata/],
    [
      withSink(`format: JSON_BODY_AS_STRING, streaming_grpc: { grpc_service: { ${CLUSTER} } }`),
      /streaming_grpc: the format must be PROTO_BINARY/,
    ],
    [
      withSink("custom_sink: { name: mine, typed_config: { '@type': type.googleapis.com/acme.Sink } }"),
      /Didn't find a registered implementation for 'mine' with type URL: 'acme.Sink'/,
    ],
    [withSink("custom_sink: { name: mine }"), /Didn't find a registered implementation for 'mine'/],
    [withSink("custom_sink: { name: envoy.tap_sinks.udp_sink }"), /typed_config is missing/],
    [udp("address: 127.0.0.1, port_value: 514"), /udp_address: the protocol is TCP; add protocol: UDP$/],
    [udp("protocol: UDP, address: localhost, port_value: 514"), /udp_address: malformed IP address: localhost/],
    [udp("protocol: UDP, address: 127.0.0.1"), /expected a port_value above 0/],
    [udp(UDP_ADDRESS, "format: PCAPNG, "), /the UDP sink sends single messages: PCAPNG is a file/],
    [withSink("file_per_tap: { path_prefix: p, roll: { max_bytes: 10 } }"), /nothing to roll.*add single_file: true$/],
    [
      withSink("file_per_tap: { path_prefix: p, single_file: true, roll: {} }"),
      /roll: expected max_bytes, interval or both/,
    ],
    [
      withSink("file_per_tap: { path_prefix: p, single_file: true, roll: { max_bytes: 0 } }"),
      /max_bytes: value must be greater than 0/,
    ],
    [
      withSink("file_per_tap: { path_prefix: p, single_file: true, roll: { interval: 0s } }"),
      /interval: expected at least 0.001s and at most 24 days/,
    ],
    [withSink("file_per_tap: { path_prefix: p, keep: 0 }"), /keep: value must be greater than 0/],
    [
      withSink("format: PROTO_BINARY, file_per_tap: { path_prefix: p, single_file: true }"),
      /use format PROTO_BINARY_LENGTH_DELIMITED$/,
    ],
    [
      withSink("format: HAR, file_per_tap: { path_prefix: p }", ", streaming: true"),
      /HAR has whole exchanges.*leave streaming out$/,
    ],
    [withSink("format: HAR, file_per_tap: { path_prefix: p }"), /HAR: a transport socket records bytes/, SOCKET],
    [withField("redact: true"), /redact: a transport socket records bytes.*use the HTTP tap filter$/, SOCKET],
    [withField("redact: true"), /redact: a transport socket records bytes/, BOTH],
    [withField("redact: true", ", streaming: true"), /split between two chunks/],
    [withField("redact: 5"), /expected the fields of a redact, found the number 5/],
    [withField("redact: { pii: [ email, shoe ] }"), /pii: there is no class shoe/],
    [withField("redact: { header: [ a ] }"), /unknown field "header"; did you mean headers\?/],
    [withField("sample: { rate: 1.5 }"), /rate: expected a number from 0 to 1, found the number 1.5/],
    [withField("sample: { rate: 0.12345678 }"), /at most six digits/],
    [withField("sample: { max_per_second: 0 }"), /max_per_second: value must be greater than 0/],
    [withField("sample: { keep_errors: true }"), /expected rate, max_per_second or both/],
    [
      withField("sample: { rate: 0.1, keep_errors: true }", ", streaming: true"),
      /keep_errors: what became.*leave streaming out/,
    ],
    [
      withField("sample: { rate: 0.1, keep_slower_than: 1s }"),
      /keep_slower_than: a transport socket sees connections/,
      SOCKET,
    ],
    [
      withField("tap_enabled: { default_value: { numerator: 5 } }, sample: { rate: 0.1 }"),
      /tap_enabled says a rate too/,
    ],
    [
      cel("request.methd == 'GET'"),
      /^1:23: cel_match: there is no attribute request.methd\n {2}request.methd == 'GET'\n {2}\^{13}; did you mean request.method\?$/,
    ],
    [cel("request.method"), /cel_match: a condition is expected, this is string\n/],
    [cel(""), /cel_match must not be empty/],
    [
      cel("request.method == 'GET'"),
      /a transport socket sees connections, not HTTP: request.method is never known there/,
      SOCKET,
    ],
  ];
  for (const [fields, refusal, site] of CASES)
    test(`${String(refusal)} ${site?.watches ?? ""}`, async () => {
      const config = await readOrRefuse(fields, site);
      assert.ok(typeof config === "string", "it was accepted");
      assert.match(config, refusal);
    });
});

test("expressions about connections may stand where connections are tapped", async () => {
  const text =
    "{ match: { or_match: { rules: [ { cel_match: \"connection.requested_server_name == 'a'\" }, { cel_match: \"source.address == '10.0.0.1'\" } ] } }, output_config: { sinks: [ { file_per_tap: { path_prefix: p } } ] } }";
  const { match } = await read(text, { watches: ["socket"] });
  assert.equal(match.kind, "or");
});
