import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer as createHttp1 } from "node:http";
import { createServer as createHttp2, createSecureServer } from "node:http2";
import { createServer as createHttps } from "node:https";
import type { AddressInfo, Server } from "node:net";
import { after, afterEach, before, describe, test } from "node:test";
import { type Certificates, createCertificates } from "./support/certificates.ts";
import { skipUnless } from "./support/needs.ts";
import { ip, startProxy } from "./support/proxy-harness.ts";
import { runProgram } from "./support/run-program.ts";
import { makeTemporaryFolder } from "./support/temporary-folder.ts";

const TYPES = "type.googleapis.com/envoy.extensions";
const H2 = "explicit_http_config: {http2_protocol_options: {}}";
const H1 = "explicit_http_config: {http_protocol_options: {}}";
const BOTH = "alpn_protocols: [h2, http/1.1]";

const options = (text: string) =>
  `, typed_extension_protocol_options: {envoy.extensions.upstreams.http.v3.HttpProtocolOptions: {"@type": ${TYPES}.upstreams.http.v3.HttpProtocolOptions, ${text}}}`;

type Service = "h1" | "h2c" | "tls both" | "tls h2" | "tls h1" | "tls silent";
type Answers = readonly [http2: string, http1: string];

/** Listener's TLS (undefined for none), cluster's options, its TLS, the service, what curl --http2 and --http1.1 get. */
type Case = readonly [
  listener: string | undefined,
  cluster: string,
  tls: string | undefined,
  service: Service,
  /** Where verbatim forwarding is insisted on, and else: as Envoy's. */
  answers: Answers,
  bridged: Answers,
];

const CASES: readonly Case[] = [
  [BOTH, "", undefined, "h1", ["1.1 of 1.1", "1.1 of 1.1"], ["2 of 1.1", "1.1 of 1.1"]],
  [BOTH, options(H1), undefined, "h1", ["1.1 of 1.1", "1.1 of 1.1"], ["2 of 1.1", "1.1 of 1.1"]],
  [BOTH, options(H2), undefined, "h2c", ["2 of 2.0", "alert"], ["2 of 2.0", "1.1 of 2.0"]],
  [BOTH, ", http2_protocol_options: {}", undefined, "h2c", ["2 of 2.0", "alert"], ["2 of 2.0", "1.1 of 2.0"]],
  ["", options(H1), undefined, "h1", ["1.1 of 1.1", "1.1 of 1.1"], ["1.1 of 1.1", "1.1 of 1.1"]],
  [BOTH, "", "", "tls both", ["2 of 2.0", "1.1 of 1.1"], ["2 of 2.0", "1.1 of 1.1"]],
  [BOTH, options(H1), "", "tls both", ["1.1 of 1.1", "1.1 of 1.1"], ["2 of 1.1", "1.1 of 1.1"]],
  [BOTH, options(H2), "", "tls both", ["2 of 2.0", "1.1 of 1.1"], ["2 of 2.0", "1.1 of 2.0"]],
  [BOTH, options("auto_config: {}"), "", "tls h1", ["1.1 of 1.1", "1.1 of 1.1"], ["1.1 of 1.1", "1.1 of 1.1"]],
  [BOTH, "", "alpn_protocols: [http/1.1]", "tls both", ["1.1 of 1.1", "1.1 of 1.1"], ["2 of 1.1", "1.1 of 1.1"]],
  [undefined, options(H2), "", "tls both", ["2 of 2.0", "1.1 of 1.1"], ["2 of 2.0", "1.1 of 2.0"]],
  [undefined, "", BOTH, "tls both", ["2 of 2.0", "1.1 of 1.1"], ["2 of 2.0", "1.1 of 1.1"]],
  [undefined, "", "alpn_protocols: [h2]", "tls h2", ["2 of 2.0", "1.1 of refused"], ["2 of 2.0", "1.1 of 2.0"]],
  // Nothing says what the cluster speaks: its endpoints do.
  [undefined, "", undefined, "h1", ["closed", "1.1 of 1.1"], ["2 of 1.1", "1.1 of 1.1"]],
  [undefined, "", undefined, "h2c", ["2 of 2.0", "closed"], ["2 of 2.0", "1.1 of unavailable"]],
  [undefined, "", "", "tls both", ["2 of 2.0", "1.1 of 1.1"], ["2 of 2.0", "1.1 of 1.1"]],
  [undefined, "", "", "tls h1", ["2 of unavailable", "1.1 of 1.1"], ["2 of 1.1", "1.1 of 1.1"]],
  // The configuration is wrong.
  [undefined, options(H2), undefined, "h1", ["closed", "1.1 of refused"], ["2 of unavailable", "1.1 of unavailable"]],
  [undefined, options(H1), undefined, "h2c", ["closed", "closed"], ["2 of unavailable", "1.1 of unavailable"]],
  // TLS chooses.
  [undefined, options("auto_config: {}"), "", "tls h1", ["2 of unavailable", "1.1 of 1.1"], ["2 of 1.1", "1.1 of 1.1"]],
  [undefined, options("auto_config: {}"), "", "tls h2", ["2 of 2.0", "1.1 of unavailable"], ["2 of 2.0", "1.1 of 2.0"]],
  [BOTH, options("auto_config: {}"), "", "tls h2", ["2 of 2.0", "1.1 of unavailable"], ["2 of 2.0", "1.1 of 2.0"]],
  [undefined, "", "", "tls silent", ["closed", "1.1 of 1.1"], ["2 of 1.1", "1.1 of 1.1"]],
  [BOTH, options(H2), "", "tls silent", ["closed", "1.1 of 1.1"], ["2 of unavailable", "1.1 of unavailable"]],
  // A client that is told to try HTTP/1.1 does (RFC 9113 §7, HTTP_1_1_REQUIRED).
  [undefined, options(H1), undefined, "h1", ["1.1 of 1.1", "1.1 of 1.1"], ["2 of 1.1", "1.1 of 1.1"]],
  [undefined, options(H2), undefined, "h2c", ["2 of 2.0", "1.1 of refused"], ["2 of 2.0", "1.1 of 2.0"]],
  ["", options(H2), undefined, "h2c", ["1.1 of refused", "1.1 of refused"], ["1.1 of 2.0", "1.1 of 2.0"]],
];

describe("a listener takes the HTTP that its cluster speaks", { skip: skipUnless("openssl", "curl") }, () => {
  const folder = makeTemporaryFolder();
  let certificates: Certificates;
  const cleanups: (() => unknown)[] = [];
  before(() => {
    certificates = createCertificates(folder.path);
  });
  afterEach(() => {
    for (const cleanup of cleanups.splice(0)) cleanup();
  });
  after(folder.remove);

  async function startHttp(service: Service): Promise<number> {
    const { certificate, key } = certificates.server;
    const pair = { cert: readFileSync(certificate), key: readFileSync(key) };
    const server = createService(service, pair);
    server.on("request", (request: { httpVersion: string }, response: { end(text: string): void }) =>
      response.end(request.httpVersion),
    );
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    cleanups.push(() => server.close());
    return (server.address() as AddressInfo).port;
  }

  function createService(service: Service, pair: { cert: Buffer; key: Buffer }): Server {
    if (service === "h1") return createHttp1();
    if (service === "h2c") return createHttp2();
    if (service === "tls h1") return createHttps({ ...pair, ALPNProtocols: ["http/1.1"] });
    if (service === "tls silent") return createHttps({ ...pair, ALPNProtocols: [] });
    return createSecureServer({ ...pair, allowHTTP1: service === "tls both" });
  }

  async function call(port: number, secure: boolean, version: "2" | "1.1"): Promise<string> {
    const flag = version === "1.1" ? "--http1.1" : secure ? "--http2" : "--http2-prior-knowledge";
    const url = `${secure ? "https" : "http"}://127.0.0.1:${port}/`;
    const args = ["-sk", flag, "-w", " %{http_version}", url];
    const { code, stdout } = await runProgram("curl", args, { timeoutMillis: 60_000 });
    const [, body, got] = /^(.*) (\S+)$/s.exec(stdout)!;
    const seen = body!
      .replace(/^cluster back speaks h2, and the request came in http\/1.1.*/, "refused")
      .replace(/^upstream connect error.*/, "unavailable");
    // 35: the handshake failed.
    return code === 0 ? `${got} of ${seen}` : code === 35 ? "alert" : "closed";
  }

  for (const [listener, cluster, tls, service, insisted, bridged] of CASES)
    for (const [mode, answers] of [
      ["insisted on", insisted],
      ["not insisted on", bridged],
    ] as const)
      test(`verbatim ${mode}: ${listener === undefined ? "plain" : `TLS ${listener}`} to ${service}${cluster.slice(-60)} ${tls ?? ""}`, async () => {
        const { certificate, key } = certificates.server;
        const pem = `tls_certificates: [{certificate_chain: {filename: ${certificate}}, private_key: {filename: ${key}}}]`;
        const socket = (side: string, common: string) =>
          `, transport_socket: {name: tls, typed_config: {"@type": ${TYPES}.transport_sockets.tls.v3.${side}TlsContext, common_tls_context: {${common}}}}`;
        const port = await startHttp(service);
        const harness =
          await startProxy(`${mode === "insisted on" ? "tapline: {routing: VERBATIM}\n" : ""}static_resources:
  listeners:
  - name: front
    address: ${ip(0)}
    filter_chains:
    - {filters: [{name: h, typed_config: {"@type": ${TYPES}.filters.network.http_connection_manager.v3.HttpConnectionManager, stat_prefix: h, route_config: {virtual_hosts: [{domains: ["*"], routes: [{match: {prefix: /}, route: {cluster: back}}]}]}, http_filters: [{name: envoy.filters.http.router, typed_config: {"@type": ${TYPES}.filters.http.router.v3.Router}}]}}]${listener === undefined ? "" : socket("Downstream", [pem, listener].filter(Boolean).join(", "))}}
  clusters:
  - {name: back, load_assignment: {endpoints: [{lb_endpoints: [{endpoint: {address: ${ip(port)}}}]}]}${cluster}${tls === undefined ? "" : socket("Upstream", tls)}}
`);
        cleanups.push(() => harness.proxy.stop());
        const secure = listener !== undefined;
        assert.deepEqual([await call(harness.port, secure, "2"), await call(harness.port, secure, "1.1")], answers);
      });
});
