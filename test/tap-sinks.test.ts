/** `tapline proxy` with every sink at once, as its users see them: gRPC over TLS, datagrams, files that roll. */
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, get, type IncomingMessage, request } from "node:http";
import { createSecureServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import type { ConnectRouter } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { Ledger, MemoryBudget, SILENT_LOGGER } from "../src/model/index.ts";
import { clusterDialler } from "../src/sink/grpc/dial-cluster.ts";
import { StreamTapsSink } from "../src/sink/grpc/stream-taps-sink.ts";
import { parseProxyConfig } from "../src/source/proxy/config/parse-proxy-config.ts";
import { TapSinkService } from "../src/wire/envoy/gen/envoy/service/tap/v3/tap_pb.js";
import { createCertificates } from "./support/certificates.ts";
import { checkHar } from "./support/check-har.ts";
import { findProgram, skipUnless } from "./support/needs.ts";
import { findFreePorts } from "./support/processes.ts";
import { until } from "./support/proxy-harness.ts";
import { runProgram } from "./support/run-program.ts";
import { startTaplineProxy } from "./support/tapline-process.ts";
import { makeTemporaryFolder } from "./support/temporary-folder.ts";

test("every sink at once, rolled by SIGHUP, whole after SIGTERM", {
  skip: skipUnless("openssl"),
  timeout: 240_000,
}, async () => {
  const { path: folder, remove } = makeTemporaryFolder();
  const certificates = createCertificates(folder);
  const collector = await startCollector(certificates.server);
  const datagrams = await startDatagrams();
  const service = createServer((request, response) => {
    response.statusCode = request.url?.startsWith("/bad") ? 503 : 200;
    response.setHeader("set-cookie", "session=hunter2");
    response.end(JSON.stringify({ password: "hunter2", url: request.url }));
  });
  service.listen(0, "127.0.0.1");
  await once(service, "listening");
  const config = join(folder, "envoy.yaml");
  writeFileSync(
    config,
    bootstrap({
      service: (service.address() as AddressInfo).port,
      collector: collector.port,
      ca: certificates.authority,
      taps: [
        tap(
          "{ any_match: true }",
          `streaming_grpc: { tap_id: t1, grpc_service: { envoy_grpc: { cluster_name: collector }, initial_metadata: [ { key: authorization, value: Bearer secret } ] } }`,
          "redact: true",
        ),
        tap(
          "{ cel_match: 'response.code >= 500' }",
          `format: JSON_BODY_AS_STRING, custom_sink: { name: envoy.tap_sinks.udp_sink, typed_config: { "@type": type.googleapis.com/envoy.extensions.tap_sinks.udp_sink.v3alpha.UdpSink, udp_address: { protocol: UDP, address: 127.0.0.1, port_value: ${datagrams.port} } } }`,
        ),
        tap("{ any_match: true }", `format: HAR, file_per_tap: { path_prefix: ${folder}/har, single_file: true }`),
        tap(
          "{ any_match: true }",
          `format: PCAPNG, file_per_tap: { path_prefix: ${folder}/packets, single_file: true }`,
        ),
        tap(
          "{ any_match: true }",
          `format: PROTO_BINARY_LENGTH_DELIMITED, file_per_tap: { path_prefix: ${folder}/errors, single_file: true, keep: 5 }`,
          "sample: { rate: 0, keep_errors: true }",
        ),
      ],
    }),
  );
  const proxy = await startTaplineProxy(config, ["--service-cluster", "edge"]);
  const ask = async (path: string) => {
    const asked = get({ port: proxy.ports["front"], path });
    const [response] = await once(asked, "response");
    response.resume();
    await once(response, "end");
  };
  try {
    for (let index = 0; index < 6; index++) await ask(`/${index % 3 === 0 ? "bad" : "good"}/${index}`);
    await until(
      () => collector.received.length === 6 && datagrams.received.length === 2,
      "the traces of the first requests",
    );
    await until(() => readdirSync(folder).some((name) => name.startsWith("packets_")), "files begin");
    proxy.kill("SIGHUP");
    await until(() => proxy.output().includes("the new configuration runs"), "the files are rolled");
    for (let index = 0; index < 3; index++) await ask(`/good/${index}`);
  } finally {
    assert.equal(await proxy.stop(), 0, proxy.output());
    service.close();
    service.closeAllConnections();
    datagrams.close();
  }
  await until(() => collector.received.length === 9, "the traces of the last requests");
  collector.stop();

  assert.deepEqual(collector.calls, ["edge-1 edge t1 Bearer secret"]);
  for (const trace of collector.received) {
    assert.doesNotMatch(trace, /hunter2/);
    assert.match(trace, /redacted-[a-z_]+-[0-9a-f]{8}/);
  }
  const statuses = datagrams.received.map((text) => JSON.parse(text).http_buffered_trace.response.headers[0].value);
  assert.deepEqual(statuses, ["503", "503"]);

  const files = readdirSync(folder).sort();
  assert.deepEqual(
    files.filter((name) => name.endsWith(".partial")),
    [],
  );
  const hars = files
    .filter((name) => name.endsWith(".har"))
    .map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")));
  assert.deepEqual(hars.map(checkHar), [[], []]);
  assert.deepEqual(
    hars.map(({ log }) => log.entries.length),
    [6, 3],
  );
  const [entry] = hars[0].log.entries;
  assert.deepEqual([entry.request.httpVersion, entry.response.status, entry.response.bodySize], ["HTTP/1.1", 503, 37]);
  assert.ok(entry.time > 0 && entry.response.content.text.includes("hunter2"));
  assert.equal(files.filter((name) => name.startsWith("errors_")).length, 1);
  if (findProgram("tshark") !== undefined)
    for (const [index, name] of files.filter((file) => file.endsWith(".pcapng")).entries()) {
      const fields = ["-T", "fields", "-e", "tcp.stream", "-e", "http.request.uri", "-Y", "http.request"];
      const { stdout } = await runProgram("tshark", ["-r", join(folder, name), ...fields]);
      const expected =
        index === 0
          ? ["0\t/bad/0", "1\t/good/1", "2\t/good/2", "3\t/bad/3", "4\t/good/4", "5\t/good/5"]
          : ["0\t/good/0", "1\t/good/1", "2\t/good/2"];
      assert.deepEqual(stdout.trim().split("\n"), expected);
      const answers = await runProgram("tshark", [
        "-r",
        join(folder, name),
        "-Y",
        "http.response",
        "-T",
        "fields",
        "-e",
        "http.response.code",
      ]);
      assert.equal(answers.stdout.trim().split("\n").length, expected.length);
    }
  remove();
});

test("a sink that /tap asks for ends with its request", { timeout: 240_000 }, async () => {
  const { path: folder, remove } = makeTemporaryFolder();
  const service = createServer((_request, response) => response.end("hello"));
  service.listen(0, "127.0.0.1");
  await once(service, "listening");
  const [admin] = (await findFreePorts(1)) as [number];
  const config = join(folder, "envoy.yaml");
  const type = "type.googleapis.com/envoy.extensions.filters.http.tap.v3.Tap";
  const onDemand = `{name: envoy.filters.http.tap, typed_config: {"@type": ${type}, common_config: {admin_config: {config_id: web}}}}`;
  const parts = { service: (service.address() as AddressInfo).port, collector: 1, taps: [onDemand] };
  const adminAddress = `admin: {address: {socket_address: {address: 127.0.0.1, port_value: ${admin}}}}\n`;
  writeFileSync(config, adminAddress + bootstrap(parts));
  const proxy = await startTaplineProxy(config);
  const post = async (sink: string, more = "") => {
    const asked = request({ port: admin, path: "/tap", method: "POST" });
    asked.on("error", () => {});
    asked.end(
      `{config_id: web, tap_config: {match: {cel_match: "request.path == '/a'"}, output_config: {sinks: [{${sink}}]}${more}}}`,
    );
    const [response] = (await once(asked, "response")) as [IncomingMessage];
    response.on("error", () => {});
    return { asked, response };
  };
  const posted = `format: PROTO_TEXT, file_per_tap: {path_prefix: ${folder}/posted, single_file: true}`;
  const files = () => readdirSync(folder).filter((name) => name.startsWith("posted_"));
  try {
    const { asked } = await post(posted, ", redact: true");
    for (const path of ["/a", "/b", "/a"])
      await fetch(`http://127.0.0.1:${proxy.ports["front"]}${path}`).then((answer) => answer.text());
    await until(() => files().length === 1, "the file begins");
    asked.destroy();
    await until(() => files().join().endsWith(".pb_text"), "the file is whole");
    const text = readFileSync(join(folder, files()[0]!), "utf8");
    assert.equal(text.match(/^http_buffered_trace/gm)?.length, 2);
    for (const [sink, status] of [
      [
        "streaming_grpc: {grpc_service: {envoy_grpc: {cluster_name: colector}}}",
        /unknown cluster 'colector'; did you mean collector\?/,
      ],
      ["custom_sink: {name: mine}", /Didn't find a registered implementation for 'mine'/],
    ] as const) {
      const { response } = await post(sink);
      assert.equal(response.statusCode, 400);
      response.setEncoding("utf8");
      assert.match((await response.toArray()).join(""), status);
    }
  } finally {
    assert.equal(await proxy.stop(), 0, proxy.output());
    service.close();
    service.closeAllConnections();
    remove();
  }
});

test("a collector whose certificate is not trusted gets nothing, and what was for it is counted", {
  skip: skipUnless("openssl"),
  timeout: 240_000,
}, async () => {
  const { path: folder, remove } = makeTemporaryFolder();
  const certificates = createCertificates(folder);
  const collector = await startCollector(certificates.stranger);
  const text = bootstrap({ service: 1, collector: collector.port, ca: certificates.authority, taps: [] });
  const config = await parseProxyConfig(text, { readFile: (path) => readFileSync(path) });
  const cluster = config.clusters.find(({ name }) => name === "collector")!;
  const ledger = new Ledger();
  const warnings: unknown[] = [];
  const sink = new StreamTapsSink({
    authority: "http://collector",
    target: "cluster collector",
    dial: clusterDialler(cluster, SILENT_LOGGER, "h2"),
    identifier: { nodeId: "", cluster: "", tapId: "" },
    budget: new MemoryBudget(1_000_000),
    book: ledger.book("stream-taps"),
    logger: { ...SILENT_LOGGER, warn: (fields: object) => warnings.push(fields) },
    backoff: { first: 10, last: 20 },
  });
  const connection = { id: 1n, transport: "tcp", local: undefined, remote: undefined, role: "server" } as const;
  const trace = {
    kind: "socket-buffered",
    traceId: 1n,
    events: [],
    readTruncated: false,
    writeTruncated: false,
  } as const;
  sink.open({ id: 1n, connection }).submit({ trace });
  await until(() => warnings.length > 2, "it is tried again");
  await sink.close(100);
  collector.stop();
  remove();
  assert.match(JSON.stringify(warnings[0]), /certificate is not trusted/);
  assert.match(JSON.stringify(warnings[0]), /"target":"cluster collector"/);
  assert.deepEqual(collector.received, []);
  assert.equal(ledger.book("stream-taps").droppedBy.get("closed"), 1);
});

function tap(match: string, sink: string, more = ""): string {
  const type = "type.googleapis.com/envoy.extensions.filters.http.tap.v3.Tap";
  return `{name: envoy.filters.http.tap, typed_config: {"@type": ${type}, common_config: {static_config: {match: ${match}, output_config: {sinks: [{${sink}}]}${more === "" ? "" : `, ${more}`}}}}}`;
}

interface Parts {
  readonly service: number;
  readonly collector: number;
  /** The authority that the collector's certificate is checked by; default none, and no TLS. */
  readonly ca?: string;
  readonly taps: readonly string[];
}

function bootstrap({ service, collector, ca, taps }: Parts): string {
  const type = "type.googleapis.com/envoy.extensions";
  const cluster = (name: string, port: number, more = "") =>
    `  - {name: ${name}, load_assignment: {cluster_name: ${name}, endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: ${port}}}}}]}]}${more}}`;
  const tls = `, transport_socket: {name: envoy.transport_sockets.tls, typed_config: {"@type": ${type}.transport_sockets.tls.v3.UpstreamTlsContext, sni: localhost, common_tls_context: {validation_context: {trusted_ca: {filename: ${ca}}}}}}`;
  return `node: {id: edge-1, cluster: nobody}
static_resources:
  listeners:
  - name: front
    address: {socket_address: {address: 127.0.0.1, port_value: 0}}
    filter_chains:
    - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": ${type}.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: front
          route_config: {virtual_hosts: [{name: all, domains: ["*"], routes: [{match: {prefix: /}, route: {cluster: back}}]}]}
          http_filters:
${taps.map((text) => `          - ${text}`).join("\n")}
          - {name: envoy.filters.http.router, typed_config: {"@type": ${type}.filters.http.router.v3.Router}}
  clusters:
${cluster("back", service)}
${cluster("collector", collector, ca === undefined ? "" : tls)}
`;
}

/** A gRPC server that is not ours, over TLS. */
async function startCollector({ certificate, key }: { readonly certificate: string; readonly key: string }) {
  const received: string[] = [];
  const calls: string[] = [];
  const routes = (router: ConnectRouter) =>
    router.service(TapSinkService, {
      async streamTaps(requests, context) {
        for await (const { identifier, trace } of requests) {
          if (identifier !== undefined)
            calls.push(
              `${identifier.node?.id} ${identifier.node?.cluster} ${identifier.tapId} ${context.requestHeader.get("authorization")}`,
            );
          received.push(
            JSON.stringify(trace, (_key, value) =>
              value instanceof Uint8Array
                ? Buffer.from(value).toString()
                : typeof value === "bigint"
                  ? String(value)
                  : value,
            ),
          );
        }
        return {};
      },
    });
  const server = createSecureServer(
    { cert: readFileSync(certificate), key: readFileSync(key) },
    connectNodeAdapter({ routes, grpc: true, grpcWeb: false, connect: false }),
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { received, calls, port: (server.address() as AddressInfo).port, stop: () => server.close() };
}

async function startDatagrams() {
  const socket = createSocket("udp4");
  const received: string[] = [];
  socket.on("message", (datagram) => received.push(String(datagram)));
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  return { received, port: socket.address().port, close: () => socket.close() };
}
