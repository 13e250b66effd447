/** Reports over TLS with a client certificate: to a cluster, with its transport socket, and with HTTP/1.1 by ALPN. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, request } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import { afterEach, test } from "node:test";
import type { TLSSocket } from "node:tls";
import { createCertificates } from "./support/certificates.ts";
import { startTapped, writeHttpBootstrap } from "./support/http-tap-harness.ts";
import { leaveOutServer } from "./support/peer-bytes.ts";
import { until } from "./support/proxy-harness.ts";
import { makeTemporaryFolder } from "./support/temporary-folder.ts";

let cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
  cleanups = [];
});

async function listen<S extends { listen(port: number, host: string): unknown; address(): unknown }>(
  server: S,
): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server as never, "listening");
  return (server.address() as AddressInfo).port;
}

test("a cluster with TLS and a client certificate; without one nothing comes, and it is counted", async () => {
  const { path: folder, remove } = makeTemporaryFolder();
  cleanups.push(remove);
  const { authority, server, client } = createCertificates(folder);
  const service = createServer((_request, response) => void response.end("ok"));
  const servicePort = await listen(service);
  const clients: string[] = [];
  const tls = { cert: readFileSync(server.certificate), key: readFileSync(server.key), ca: readFileSync(authority) };
  const backend = createSecureServer({ ...tls, requestCert: true, rejectUnauthorized: true }, (incoming, response) => {
    const socket = incoming.socket as TLSSocket;
    clients.push(`${incoming.url} ${socket.alpnProtocol} ${socket.getPeerCertificate().subject.CN}`);
    incoming.resume();
    response.end();
  });
  const backendPort = await listen(backend);
  leaveOutServer(backend);
  cleanups.push(() => {
    for (const one of [service, backend]) {
      one.closeAllConnections();
      one.close();
    }
  });
  for (const certificate of [true, false]) {
    const own = `tls_certificates: [ { certificate_chain: { filename: ${client.certificate} }, private_key: { filename: ${client.key} } } ],`;
    const context = `common_tls_context: { ${certificate ? own : ""} validation_context: { trusted_ca: { filename: ${authority} } } }`;
    const cluster = `  - { name: trace_analyzer, load_assignment: { cluster_name: t, endpoints: [ { lb_endpoints: [ { endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: ${backendPort} } } } } ] } ] }, transport_socket: { name: envoy.transport_sockets.tls, typed_config: { "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext, ${context} } } }\n`;
    const type = "type.googleapis.com/tapline.filters.http.trace_exporter.v1.TraceExporter";
    const exporter = `{ name: exporter, typed_config: { "@type": ${type}, max_attempts: 1 } }, `;
    const text = writeHttpBootstrap(servicePort, []).replace("http_filters: [ ", `http_filters: [ ${exporter}`);
    const harness = await startTapped(`${text.trimEnd()}\n${cluster}`);
    cleanups.push(() => harness.stop());
    const [response] = (await once(request({ port: harness.port, path: "/x", agent: false }).end(), "response")) as [
      import("node:http").IncomingMessage,
    ];
    for await (const _ of response);
    const book = harness.tapped.ledger.book("published");
    await until(() => book.entered === 1 && book.buffered === 0, "it is reported, or given up");
    await harness.tapped.exporters.close(1000);
    assert.deepEqual([book.handled, book.dropped], certificate ? [1, 0] : [0, 1]);
  }
  assert.deepEqual(clients, ["/publish http/1.1 client"]);
});
