/** A real Envoy and Tapline are asked about the same bootstraps: what Envoy refuses, Tapline refuses too. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { parseProxyConfig } from "../src/source/proxy/config/parse-proxy-config.ts";
import { bootstrap, indent, TAP_V3_TYPED } from "./support/bootstraps.ts";
import { createCertificates } from "./support/certificates.ts";
import { skipUnless } from "./support/needs.ts";
import { findEnvoy } from "./support/real-envoy.ts";
import { makeTemporaryFolder } from "./support/temporary-folder.ts";

const envoy = findEnvoy();
const folder = makeTemporaryFolder();
before(() => void createCertificates(folder.path));
after(() => folder.remove());

/** The real Envoy's objection to a bootstrap; empty when it takes it. */
function askEnvoy(text: string): string {
  const path = join(folder.path, "bootstrap.yaml");
  writeFileSync(path, text);
  const args = ["--mode", "validate", "-l", "error", "-c", path];
  const { status, stderr } = spawnSync(envoy.path, args, { cwd: folder.path, encoding: "utf8", timeout: 240_000 });
  return status === 0 ? "" : stderr;
}

async function askTapline(text: string): Promise<string> {
  try {
    await parseProxyConfig(text, { readFile: (path) => readFileSync(join(folder.path, path)) });
    return "";
  } catch (error) {
    return (error as Error).message;
  }
}

const socket = (name: string, message: string, fields: string) => `transport_socket:
  name: ${name}
  typed_config:
    "@type": type.googleapis.com/envoy.extensions.transport_sockets.${message}
${fields.replace(/^(?=.)/gm, "    ")}
`;
const tap = (match: string, output: string, more = "") =>
  socket(
    "envoy.transport_sockets.tap",
    "tap.v3.Tap",
    `common_config: { static_config: { ${match}, output_config: { ${output} } } }
transport_socket: { name: envoy.transport_sockets.raw_buffer, typed_config: { "@type": type.googleapis.com/envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer } }
${more}`,
  );
const SINK = "sinks: [ { format: PROTO_TEXT, file_per_tap: { path_prefix: /tmp/x } } ]";
const ANY = "match: { any_match: true }";
const header = (fields: string) =>
  tap(`match: { http_request_headers_match: { headers: [ { name: a, ${fields} } ] } }`, SINK);
const body = (fields: string) => tap(`match: { http_request_generic_body_match: { ${fields} } }`, SINK);
const downstreamTls = (fields: string, more = "") =>
  socket(
    "envoy.transport_sockets.tls",
    "tls.v3.DownstreamTlsContext",
    `common_tls_context:
  tls_certificates: [ { certificate_chain: { filename: server.pem }, private_key: { filename: server.key } } ]
${fields.replace(/^(?=.)/gm, "  ")}
${more}`,
  );
const upstreamTls = (fields: string) => socket("envoy.transport_sockets.tls", "tls.v3.UpstreamTlsContext", fields);
const VALIDATION = (fields: string) => `validation_context: { trusted_ca: { filename: ca.pem }, ${fields} }`;

type Parts = Parameters<typeof bootstrap>[0];

/** `text`: what both messages have in common, where Tapline has Envoy's words. */
const CASES: readonly (readonly [name: string, parts: Parts, verdict: "taken" | "refused", text?: string])[] = [
  ["tap", { chain: TAP_V3_TYPED.replace(", stats_prefix: LDS", "") }, "taken"],
  ["tap upstream", { cluster: tap(ANY, SINK) }, "taken"],
  ["match_config", { chain: tap("match_config: { any_match: true }", SINK) }, "taken"],
  [
    "neither match",
    { chain: tap("tap_enabled: { default_value: { numerator: 1 } }", SINK) },
    "refused",
    "Neither match nor match_config is set in TapConfig",
  ],
  [
    "enum by number, wrapper as text",
    { chain: tap(ANY, `${SINK.replace("PROTO_TEXT", "3")}, max_buffered_rx_bytes: "7"`) },
    "taken",
  ],
  [
    "lowerCamelCase",
    {
      chain: tap(
        ANY,
        `${SINK.replace("file_per_tap", "filePerTap").replace("path_prefix", "pathPrefix")}, minStreamedSentBytes: 7`,
      ),
    },
    "taken",
  ],
  ["unknown field", { chain: tap(ANY, `${SINK}, streming: true`) }, "refused"],
  ["unknown format", { chain: tap(ANY, SINK.replace("PROTO_TEXT", "PROTO_TXT")) }, "refused"],
  ["no sinks", { chain: tap(ANY, "sinks: []") }, "refused", "value must contain exactly 1 item(s)"],
  [
    "two sinks",
    { chain: tap(ANY, "sinks: [ { file_per_tap: { path_prefix: a } }, { file_per_tap: { path_prefix: b } } ]") },
    "refused",
    "value must contain exactly 1 item(s)",
  ],
  ["empty path_prefix", { chain: tap(ANY, "sinks: [ { file_per_tap: { path_prefix: '' } } ]") }, "refused"],
  ["static streaming_admin", { chain: tap(ANY, "sinks: [ { streaming_admin: {} } ]") }, "refused"],
  [
    "static buffered_admin",
    { chain: tap(ANY, "sinks: [ { buffered_admin: { max_traces: 1 } } ]") },
    "refused",
    "Output sink type BufferedAdmin requires that the admin output will be configured via admin",
  ],
  ["any_match: false", { chain: tap("match: { any_match: false }", SINK) }, "refused", "value must equal true"],
  [
    "or of one",
    { chain: tap("match: { or_match: { rules: [ { any_match: true } ] } }", SINK) },
    "refused",
    "value must contain at least 2 item(s)",
  ],
  [
    "two rules in one predicate",
    { chain: tap("match: { any_match: true, not_match: { any_match: true } }", SINK) },
    "refused",
  ],
  ["a matcher of HTTP", { chain: header("string_match: { prefix: x, ignore_case: true }") }, "taken"],
  ["range", { chain: header("range_match: { start: -5, end: 5 }") }, "taken"],
  ["no name", { chain: tap("match: { http_request_headers_match: { headers: [ {} ] } }", SINK) }, "refused"],
  ["regex", { chain: header("string_match: { safe_regex: { regex: '(?i)[[:alpha:]]+\\d' } }") }, "taken"],
  ["bad regex", { chain: header("string_match: { safe_regex: { regex: '(' } }") }, "refused"],
  ["back-reference", { chain: header("string_match: { safe_regex: { regex: '(a)\\1' } }") }, "refused"],
  ["empty prefix", { chain: header("string_match: { prefix: '' }") }, "refused"],
  [
    "body patterns",
    { chain: body("bytes_limit: 5, patterns: [ { string_match: a }, { binary_match: 3q2+7w== } ]") },
    "taken",
  ],
  ["no body patterns", { chain: body("bytes_limit: 5") }, "refused", "value must contain at least 1 item(s)"],
  ["bad base64", { chain: body("patterns: [ { binary_match: '***' } ]") }, "refused"],
  [
    "admin_config without an admin listener",
    {
      chain: socket(
        "t",
        "tap.v3.Tap",
        "common_config: { admin_config: { config_id: '' } }\ntransport_socket: { name: envoy.transport_sockets.raw_buffer }",
      ),
    },
    "refused",
  ],
  [
    "TLS with everything",
    {
      chain: downstreamTls(
        `${VALIDATION("match_typed_subject_alt_names: [ { san_type: URI, matcher: { prefix: 'spiffe://' } } ]")}\nalpn_protocols: [ h2, http/1.1 ]\ntls_params: { tls_minimum_protocol_version: TLSv1_2, tls_maximum_protocol_version: TLSv1_3, cipher_suites: [ ECDHE-ECDSA-AES128-GCM-SHA256 ], ecdh_curves: [ X25519, P-256 ] }\nkey_log: { path: /tmp/keys, remote_address_range: [ { address_prefix: 10.0.0.0, prefix_len: 8 } ] }`,
        "require_client_certificate: true",
      ),
    },
    "taken",
  ],
  ["no certificate", { chain: socket("t", "tls.v3.DownstreamTlsContext", "common_tls_context: {}") }, "refused"],
  ["certificate that is not there", { chain: downstreamTls("").replace("server.pem", "absent.pem") }, "refused"],
  [
    "names without a CA",
    {
      cluster: upstreamTls(
        "common_tls_context: { validation_context: { match_typed_subject_alt_names: [ { san_type: DNS, matcher: { exact: a } } ] } }",
      ),
    },
    "refused",
    "SAN-based verification of peer certificates without trusted CA is insecure and not allowed",
  ],
  [
    "a bad pin",
    { cluster: upstreamTls("common_tls_context: { validation_context: { verify_certificate_hash: [ abc ] } }") },
    "refused",
  ],
  [
    "client TLS",
    {
      cluster: upstreamTls(
        "sni: example.org\ncommon_tls_context: { tls_certificates: [ { certificate_chain: { filename: client.pem }, private_key: { filename: client.key } } ] }",
      ),
    },
    "taken",
  ],
];

describe("a real Envoy agrees", { skip: envoy.skip || skipUnless("openssl") }, () => {
  for (const [name, parts, verdict, text] of CASES)
    test(name, async () => {
      const document = bootstrap(parts);
      const [ours, theirs] = [await askTapline(document), askEnvoy(document)];
      assert.equal(theirs === "" ? "taken" : "refused", verdict, `Envoy: ${theirs}`);
      assert.equal(ours === "" ? "taken" : "refused", verdict, `Tapline: ${ours}`);
      if (text === undefined) return;
      assert.ok(theirs.includes(text), theirs);
      assert.ok(ours.includes(text), ours);
    });
});

test("the examples of the documents are taken", async () => {
  const root = join(import.meta.dirname, "../docs");
  const examples = (file: string) =>
    [...readFileSync(join(root, file), "utf8").matchAll(/```yaml\n([\s\S]*?)```/g)].map((match) => match[1]!);
  const readFile = () => new Uint8Array();
  const [whole] = examples("configuration.md");
  await parseProxyConfig(whole!, { readFile });
  for (const example of examples("tap.md").flatMap(completeExample)) await parseProxyConfig(example, { readFile });
});

/** Bootstraps with an example in its place; some examples are a part of a tap only, or several one-line ones. */
function completeExample(example: string): string[] {
  const outputs = example.replaceAll(
    "output_config: …",
    "output_config: { sinks: [ { file_per_tap: { path_prefix: x } } ] }",
  );
  const [first] = /^\w+/.exec(outputs)!;
  if (first === "transport_socket") return [bootstrap({ chain: outputs }), bootstrap({ cluster: outputs })];
  if (first === "http_filters") return [httpBootstrap(outputs)];
  if (first === "static_config") return [httpBootstrap(httpFilters(outputs))];
  const configs =
    first === "match"
      ? outputs
          .trim()
          .split("\n")
          .map((match) => `${match}\noutput_config: { sinks: [ { file_per_tap: { path_prefix: x } } ] }`)
      : [`match: { any_match: true }\noutput_config:\n${indent(outputs, 2)}`];
  return configs.map((config) => httpBootstrap(httpFilters(`static_config:\n${indent(config, 2)}`)));
}

function httpFilters(common: string): string {
  return `http_filters:
- name: envoy.filters.http.tap
  typed_config:
    "@type": type.googleapis.com/envoy.extensions.filters.http.tap.v3.Tap
    common_config:
${indent(common, 6)}
- name: envoy.filters.http.router
  typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }
`;
}

function httpBootstrap(filters: string): string {
  const endpoints = (name: string) =>
    `{ name: ${name}, load_assignment: { cluster_name: ${name}, endpoints: [ { lb_endpoints: [ { endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: 80 } } } } ] } ] } }`;
  return `static_resources:
  listeners:
  - address: { socket_address: { address: 127.0.0.1, port_value: 10000 } }
    filter_chains:
    - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: http
          route_config: { virtual_hosts: [ { name: all, domains: ["*"], routes: [ { match: { prefix: / }, route: { cluster: back } } ] } ] }
${indent(filters, 10)}
  clusters:
  - ${endpoints("back")}
  - ${endpoints("collector")}
`;
}
