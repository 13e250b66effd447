/** Filter chains, listener filters, additional addresses and secrets, with real sockets. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { Socket } from "node:net";
import { after, afterEach, before, describe, test } from "node:test";
import { connect as connectTls } from "node:tls";
import { formatError, TaplineError } from "../src/model/index.ts";
import { parseProxyConfig } from "../src/source/proxy/config/parse-proxy-config.ts";
import { type Certificates, createCertificates } from "./support/certificates.ts";
import { skipUnless } from "./support/needs.ts";
import { dial, type Harness, ip, readAll, startProxy, startService, until } from "./support/proxy-harness.ts";
import { makeTemporaryFolder } from "./support/temporary-folder.ts";

const TYPE = "type.googleapis.com/envoy.extensions";
const INSPECTOR = `{name: i, typed_config: {"@type": ${TYPE}.filters.listener.tls_inspector.v3.TlsInspector}}`;

describe("listeners", { skip: skipUnless("openssl") }, () => {
  const folder = makeTemporaryFolder();
  const cleanups: (() => void)[] = [];
  let certificates: Certificates;
  before(() => {
    certificates = createCertificates(folder.path);
  });
  afterEach(() => {
    for (const cleanup of cleanups.splice(0)) cleanup();
  });
  after(folder.remove);

  test("a filter chain is chosen by name, by transport, or is the default", async () => {
    const [one, two, three] = [await service("one "), await service("two "), await service("three ")];
    const { port } = await run({
      listener: `listener_filters: [${INSPECTOR}]`,
      chains: [
        chain("one", `filter_chain_match: {server_names: ["a.example.com"]}, ${tls()}`),
        chain("two", "filter_chain_match: {transport_protocol: raw_buffer}"),
      ],
      more: `default_filter_chain: ${chain("three", tls())}`,
      clusters: { one, two, three },
    });
    assert.equal(await askTls(port, "a.example.com"), "one hello");
    assert.equal(await askTls(port, "b.example.com"), "three hello");
    assert.equal(await ask(await dial(port)), "two hello");
  });

  test("a connection that no chain takes is closed, and counted", async () => {
    const { proxy, port } = await run({
      chains: [chain("one", `filter_chain_match: {server_names: ["a.example.com"]}, ${tls()}`)],
      clusters: { one: await service("one ") },
    });
    assert.equal(await ask(await dial(port)), "");
    assert.deepEqual(Object.fromEntries(proxy.ledger.book("downstream-bytes").droppedBy), { "not-served": 5 });
    const counted = proxy.counters.collect().find(({ name }) => name.endsWith(".no_filter_chain_match"));
    assert.equal(counted?.value, 1);
  });

  test("additional addresses", async () => {
    const { proxy } = await run({
      chains: [chain("one")],
      more: `additional_addresses: [{address: ${ip(0)}}]`,
      clusters: { one: await service("one ") },
    });
    assert.deepEqual(
      proxy.addresses.map(({ name }) => name),
      ["front", "front"],
    );
    for (const { address } of proxy.addresses)
      assert.equal(await ask(await dial(address.kind === "ip" ? address.port : 0)), "one hello");
  });

  test("the PROXY protocol is read, and written for the endpoint", async () => {
    const socket = `transport_socket: {name: p, typed_config: {"@type": ${TYPE}.transport_sockets.proxy_protocol.v3.ProxyProtocolUpstreamTransport, config: {version: V1}, transport_socket: {name: raw_buffer}}}`;
    const { proxy, port, tap } = await run({
      listener: `listener_filters: [{name: p, typed_config: {"@type": ${TYPE}.filters.listener.proxy_protocol.v3.ProxyProtocol}}]`,
      chains: [chain("one")],
      clusters: { one: await service("") },
      cluster: socket,
    });
    const client = await dial(port);
    client.write("PROXY TCP4 192.0.2.7 198.51.100.1 56324 443\r\n");
    assert.equal(await ask(client), "PROXY TCP4 192.0.2.7 198.51.100.1 56324 443\r\nhello");
    const [server] = tap.of("server");
    assert.deepEqual(server!.connection.remote, { kind: "ip", address: "192.0.2.7", port: 56324 });
    assert.equal(server!.read, "hello");
    assert.equal(tap.of("client")[0]!.written, "hello");
    assert.equal(await ask(await dial(port)), "");
    assert.deepEqual(Object.fromEntries(proxy.ledger.book("downstream-bytes").droppedBy), { "not-served": 5 });
  });

  test("connections over a limit are closed", async () => {
    const limit = `{name: l, typed_config: {"@type": ${TYPE}.filters.network.connection_limit.v3.ConnectionLimit, stat_prefix: l, max_connections: 1}}`;
    const { proxy, port } = await run({
      chains: [chain("one").replace("filters: [", `filters: [${limit}, `)],
      clusters: { one: await service("one ") },
    });
    const first = await dial(port);
    await until(() => proxy.connectionCount === 1, "the first is there");
    assert.equal(await readAll(await dial(port)), "");
    assert.equal(await ask(first), "one hello");
    await until(() => proxy.connectionCount === 0, "the first is gone");
    assert.equal(await ask(await dial(port)), "one hello");
  });

  test("clusters of a TCP proxy by weight, and a longest duration", async () => {
    const weights =
      "weighted_clusters: {clusters: [{name: one, weight: 1}, {name: two, weight: 1}]}, max_downstream_connection_duration: 0.2s";
    const { port } = await run({
      chains: [chain("one").replace("cluster: one", weights)],
      clusters: { one: await service("one "), two: await service("two ") },
    });
    const answers = new Set<string>();
    for (let round = 0; round < 40; round++) answers.add(await ask(await dial(port)));
    assert.deepEqual([...answers].sort(), ["one hello", "two hello"]);
    assert.equal(await readAll(await dial(port)), "");
  });

  test("certificates and validation are secrets", async () => {
    const pem = (name: "server" | "client") =>
      `tls_certificate: {certificate_chain: {filename: ${certificates[name].certificate}}, private_key: {filename: ${certificates[name].key}}}`;
    const secrets = `[{name: own, ${pem("server")}}, {name: ca, validation_context: {trusted_ca: {filename: ${certificates.authority}}}}]`;
    const common =
      "tls_certificate_sds_secret_configs: [{name: own}], combined_validation_context: {default_validation_context: {match_typed_subject_alt_names: [{san_type: DNS, matcher: {exact: client.example.com}}]}, validation_context_sds_secret_config: {name: ca}}";
    const { port } = await run({
      chains: [chain("one", tls(common, ", require_client_certificate: true"))],
      clusters: { one: await service("one ") },
      secrets,
    });
    const { certificate, key } = certificates.client;
    const client = connectTls({
      port,
      host: "127.0.0.1",
      rejectUnauthorized: false,
      cert: readFileSync(certificate),
      key: readFileSync(key),
    });
    assert.equal(await ask(client), "one hello");
    assert.equal(await askTls(port, "a.example.com"), "");
  });

  test("all that is refused is told in one run, with its place", async () => {
    const text = bootstrap({
      chains: [chain("one")],
      clusters: { one: 1 },
      cluster: "common_lb_config: {healthy_panic_threshold: {value: 0}}, health_checks: [{}], outlier_detection: {}",
    })
      .replace("stat_prefix: s", "stat_prefix: s, tunneling_config: {}")
      .replace("static_resources:", "dynamic_resources: {}\nstatic_resources:");
    const error = await parseProxyConfig(text, { file: "e.yaml", readFile: () => new Uint8Array() }).catch(
      (one) => one,
    );
    assert.ok(error instanceof TaplineError);
    assert.deepEqual(
      [error, ...error.more].map(formatError).map((line) => line.replace(/;.*/, "")),
      [
        "e.yaml:1:1: Bootstrap: dynamic_resources is not supported",
        "e.yaml:9:144: TcpProxy: tunneling_config is not supported",
        "e.yaml:12:221: Cluster: health_checks is not supported",
        "e.yaml:12:242: Cluster: outlier_detection is not supported",
      ],
    );
    assert.ok([error, ...error.more].every(({ hint, place }) => hint !== undefined && place?.line !== undefined));
  });

  interface Parts {
    readonly listener?: string;
    readonly chains: readonly string[];
    readonly more?: string;
    readonly clusters: Readonly<Record<string, number>>;
    readonly cluster?: string;
    readonly secrets?: string;
  }

  async function run(parts: Parts): Promise<Harness> {
    const harness = await startProxy(bootstrap(parts));
    cleanups.push(() => harness.proxy.stop());
    return harness;
  }

  function bootstrap({ listener, chains, more, clusters, cluster, secrets = "[]" }: Parts): string {
    const lines = Object.entries(clusters).map(
      ([name, port]) =>
        `  - {name: ${name}, load_assignment: {cluster_name: ${name}, endpoints: [{lb_endpoints: [{endpoint: {address: ${ip(port)}}}]}]}${cluster === undefined ? "" : `, ${cluster}`}}`,
    );
    return `static_resources:
  secrets: ${secrets}
  listeners:
  - name: front
    address: ${ip(0)}
    ${listener ?? "metadata: {}"}
    filter_chains:
${chains.map((one) => `    - ${one}`).join("\n")}
    ${more ?? "stat_prefix: x"}
  clusters:
${lines.join("\n")}
`;
  }

  function chain(cluster: string, more = ""): string {
    const filter = `{name: t, typed_config: {"@type": ${TYPE}.filters.network.tcp_proxy.v3.TcpProxy, stat_prefix: s, cluster: ${cluster}}}`;
    return `{filters: [${filter}]${more === "" ? "" : `, ${more}`}}`;
  }

  function tls(common?: string, more = ""): string {
    const { certificate, key } = certificates.server;
    const own = `tls_certificates: [{certificate_chain: {filename: ${certificate}}, private_key: {filename: ${key}}}]`;
    return `transport_socket: {name: tls, typed_config: {"@type": ${TYPE}.transport_sockets.tls.v3.DownstreamTlsContext, common_tls_context: {${common ?? own}}${more}}}`;
  }

  async function service(text: string): Promise<number> {
    const { port, stop } = await startService((socket) => {
      let seen = "";
      socket.on("data", (bytes) => {
        seen += bytes;
        if (seen.endsWith("hello")) socket.end(`${text}${seen}`);
      });
    });
    cleanups.push(stop);
    return port;
  }

  async function ask(socket: Socket): Promise<string> {
    socket.on("error", () => {}).write("hello");
    const answer = await readAll(socket);
    socket.end();
    return answer;
  }

  function askTls(port: number, servername: string): Promise<string> {
    return ask(connectTls({ port, host: "127.0.0.1", servername, rejectUnauthorized: false }));
  }
});
