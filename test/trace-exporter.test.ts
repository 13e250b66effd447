/** The proxy as a trace exporter: real clients and services, and a backend that answers, fails or is not there. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, request } from "node:http";
import { connect as connectHttp2, createServer as createHttp2Server } from "node:http2";
import type { AddressInfo } from "node:net";
import { afterEach, test } from "node:test";
import { gunzipSync, gzipSync } from "node:zlib";
import { startTapped, type TappedHarness, writeHttpBootstrap } from "./support/http-tap-harness.ts";
import { until } from "./support/proxy-harness.ts";
import { startTraceBackend } from "./support/trace-backend.ts";

let cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
  cleanups = [];
});

const SECRET = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U";

function bootstrap(service: number, fields: string, manager?: string): string {
  const exporter = `{ name: exporter, typed_config: { "@type": type.googleapis.com/tapline.filters.http.trace_exporter.v1.TraceExporter, ${fields} } }, `;
  return writeHttpBootstrap(service, [], manager).replace("http_filters: [ ", `http_filters: [ ${exporter}`);
}

/** A service that echoes bodies, and says in gzip what `/gzip` asks for. */
async function startEcho(): Promise<number> {
  const server = createServer(async (incoming, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    if (incoming.url === "/gzip") {
      response.setHeader("content-encoding", "gzip");
      response.end(gzipSync(JSON.stringify({ password: "hunter2222", plain: "visible" })));
    } else response.end(Buffer.concat(chunks));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

async function startExporter(fields: string, service?: number): Promise<TappedHarness> {
  return startProxy(bootstrap(service ?? (await startEcho()), fields));
}

async function startProxy(text: string): Promise<TappedHarness> {
  const harness = await startTapped(text);
  cleanups.push(async () => {
    await harness.tapped.exporters.close(10_000);
    await harness.stop();
  });
  return harness;
}

function call(port: number, path: string, options: { body?: Buffer | string; headers?: Record<string, string> } = {}) {
  return new Promise<{ status: number; body: Buffer }>((resolve, reject) => {
    const { body, headers } = options;
    const outgoing = request({ port, path, method: body === undefined ? "GET" : "POST", headers }, async (response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk as Buffer);
      resolve({ status: response.statusCode!, body: Buffer.concat(chunks) });
    });
    outgoing.on("error", reject).end(body);
  });
}

async function startBackend(...args: Parameters<typeof startTraceBackend>) {
  const backend = await startTraceBackend(...args);
  cleanups.push(backend.close);
  return {
    ...backend,
    url: `"http://127.0.0.1:${backend.port}"`,
    documents: () => backend.posted.map(({ body }) => JSON.parse(String(body))),
  };
}

test("each exchange is one report; credentials are taken out, and the traffic is as it was", async () => {
  const backend = await startBackend();
  const { port } = await startExporter(`backend: ${backend.url}`);
  const answer = await call(port, "/a?token=s3cr3tt0ken99&page=2", {
    body: JSON.stringify({ password: "hunter2222" }),
    headers: { authorization: `Bearer ${SECRET}`, "x-request-id": "r1", "content-type": "application/json" },
  });
  assert.equal(String(answer.body), '{"password":"hunter2222"}');
  await until(() => backend.posted.length === 1, "the report comes");
  const text = String(backend.posted[0]!.body);
  const [document] = backend.documents();
  const body = String(Buffer.from(document.scnt_request.body, "base64"));
  for (const secret of [SECRET, "s3cr3tt0ken99"]) assert.ok(!text.includes(secret));
  assert.doesNotMatch(body, /hunter2222/);
  assert.match(document.scnt_request.path, /^\/a\?token=redacted-\S+&page=2$/);
  assert.deepEqual([document.request_id, document.scheme, document.scnt_request.version], ["r1", "http", "HTTP/1.1"]);
  assert.equal(document.scnt_response.status_code, "200");
});

test("without redaction everything is there, gzip as it was sent", async () => {
  const backend = await startBackend();
  const { port } = await startExporter(`backend: ${backend.url}, redact: false, format: apiclarity`);
  await call(port, "/gzip", { headers: { authorization: `Bearer ${SECRET}` } });
  await until(() => backend.posted.length === 1, "the report comes");
  const [{ request: asked, response }] = backend.documents();
  assert.ok(asked.common.headers.some(({ value }: { value: string }) => value === `Bearer ${SECRET}`));
  assert.ok(response.common.headers.some(({ key }: { key: string }) => key === "content-encoding"));
  assert.match(String(gunzipSync(Buffer.from(response.common.body, "base64"))), /hunter2222/);
});

test("with redaction gzip is undone, or withheld where it cannot be", async () => {
  const backend = await startBackend();
  const { port } = await startExporter(`backend: ${backend.url}`);
  await call(port, "/gzip");
  await call(port, "/echo", { body: "no gzip", headers: { "content-encoding": "gzip" } });
  await until(() => backend.posted.length === 2, "the reports come");
  const [first, second] = backend.documents();
  const body = String(Buffer.from(first.scnt_response.body, "base64"));
  assert.match(body, /"plain":"visible"/);
  assert.doesNotMatch(body, /hunter2222/);
  assert.deepEqual([second.scnt_request.body, second.scnt_request.truncated_body], ["", true]);
});

test("bodies of 0 to 2 MB: whole up to the limit, dropped and marked beyond", async () => {
  const backend = await startBackend();
  const { port, statistic } = await startExporter(`backend: ${backend.url}, redact: false`);
  const sizes = [0, 1, 999_999, 1_000_000, 1_000_001, 2_000_000];
  for (const size of sizes) {
    const body = Buffer.alloc(size, "ab\xff", "latin1");
    assert.ok((await call(port, `/${size}`, { body })).body.equals(body));
  }
  await until(() => backend.posted.length === sizes.length, "the reports come");
  for (const document of backend.documents()) {
    const size = Number(document.scnt_request.path.slice(1));
    for (const message of [document.scnt_request, document.scnt_response]) {
      assert.equal(message.truncated_body, size > 1_000_000, String(size));
      assert.equal(Buffer.from(message.body, "base64").length, size > 1_000_000 ? 0 : size);
    }
  }
  assert.equal(statistic("trace_exporter.truncated"), 2);
});

for (const [where, start] of [
  ["an endpoint", "{ lb_endpoints: [ { "],
  ["a cluster", "\n  - { name: back, "],
] as const)
  test(`the namespace is that of the mesh's metadata of ${where}`, async () => {
    const backend = await startBackend();
    const text = bootstrap(await startEcho(), `backend: ${backend.url}, format: apiclarity`);
    const metadata = "metadata: { filter_metadata: { istio: { workload: catalogue;sock-shop;catalogue;v1 } } }, ";
    assert.equal(text.split(start).length, 2, text);
    const { port } = await startProxy(text.replace(start, start + metadata));
    await call(port, "/", { headers: { host: "catalogue" } });
    await until(() => backend.posted.length === 1, "the report comes");
    const [{ destinationNamespace, request: asked }] = backend.documents();
    assert.deepEqual([destinationNamespace, asked.host], ["sock-shop", "catalogue.sock-shop"]);
  });

test("HTTP/2: streams beside each other, each with its own report", async () => {
  const service = createHttp2Server((incoming, response) => void incoming.pipe(response));
  service.listen(0, "127.0.0.1");
  await once(service, "listening");
  cleanups.push(() => service.close());
  const backend = await startBackend();
  const { port } = await startExporter(
    `backend: ${backend.url}, compat: true, redact: false`,
    (service.address() as AddressInfo).port,
  );
  const session = connectHttp2(`http://127.0.0.1:${port}`);
  cleanups.push(() => session.destroy());
  const ids = Array.from({ length: 20 }, (_, i) => `r${i}`);
  await Promise.all(
    ids.map(async (id) => {
      const stream = session.request({ ":method": "POST", ":path": `/${id}`, "x-request-id": id });
      stream.end(id.repeat(1000));
      for await (const _ of stream);
    }),
  );
  await until(() => backend.posted.length === ids.length, "the reports come");
  for (const { request_id: id, scnt_request: asked, scheme } of backend.documents()) {
    assert.deepEqual([asked.path, asked.version, scheme], [`/${id}`, "", ""]);
    assert.equal(String(Buffer.from(asked.body, "base64")), id.repeat(1000));
    assert.deepEqual(asked.headers[0], ["host", `127.0.0.1:${port}`]);
  }
});

test("a filter and paths choose what is reported; the rest is counted", async () => {
  const backend = await startBackend();
  const { port, tapped } = await startExporter(
    `backend: ${backend.url}, skip_paths: [/health], filter: "request.method == 'POST'"`,
  );
  await call(port, "/get");
  await call(port, "/health", { body: "x" });
  await call(port, "/post", { body: "x" });
  await until(() => backend.posted.length === 1 && tapped.ledger.book("published").buffered === 0, "the report comes");
  const { entered, handled, skippedBy } = tapped.ledger.book("published");
  assert.deepEqual([entered, handled, Object.fromEntries(skippedBy)], [3, 1, { filtered: 1, "skip-paths": 1 }]);
});

test("a backend that is not there, or that fails, costs the traffic nothing, and what it cost is counted", async () => {
  const failing = await startBackend((_request, response) => void response.writeHead(500).end());
  for (const url of [`"http://127.0.0.1:1"`, failing.url]) {
    const { port, tapped } = await startExporter(`backend: ${url}, max_queued: 5, max_attempts: 2`);
    for (let i = 0; i < 20; i++) assert.equal((await call(port, `/${i}`)).status, 200);
    await tapped.exporters.close(0);
    const book = tapped.ledger.book("published");
    assert.deepEqual([book.entered, book.handled, book.dropped, book.buffered], [20, 0, 20, 0]);
  }
});

test("a backend that answers nothing holds its own reports only: traffic is served, as many as wait are kept", async () => {
  const silent = await startBackend(() => {});
  const { port, tapped } = await startExporter(`backend: ${silent.url}, max_queued: 5, max_connections: 2`);
  for (let i = 0; i < 20; i++) assert.equal((await call(port, `/${i}`)).status, 200);
  await until(() => silent.posted.length === 2, "two are under way");
  const book = tapped.ledger.book("published");
  assert.deepEqual([book.entered, book.handled, book.dropped, tapped.exporters.queued], [20, 0, 15, 5]);
  await tapped.exporters.close(0);
  assert.deepEqual([book.dropped, book.buffered, silent.posted.length], [20, 0, 2]);
});

test("reports wait for a backend that comes later", async () => {
  const first = await startTraceBackend();
  await first.close();
  const { port, tapped } = await startExporter(`backend: "http://127.0.0.1:${first.port}", max_attempts: 1000`);
  for (let i = 0; i < 5; i++) await call(port, `/${i}`);
  const backend = await startBackend(undefined, first.port);
  await until(() => tapped.ledger.book("published").handled === 5, "the reports come");
  assert.deepEqual(
    backend
      .documents()
      .map(({ scnt_request: asked }) => asked.path)
      .sort(),
    ["/0", "/1", "/2", "/3", "/4"],
  );
});

test("another configuration moves the reports, and what waits at the old backend goes there", async () => {
  const service = await startEcho();
  const [one, two] = [await startBackend(), await startBackend()];
  const cluster = (port: number) =>
    `\n  - { name: trace_analyzer, load_assignment: { cluster_name: t, endpoints: [ { lb_endpoints: [ { endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: ${port} } } } } ] } ] } }\n`;
  const text = (port: number) => `${bootstrap(service, "").trimEnd()}${cluster(port)}`;
  const harness = await startTapped(text(one.port));
  cleanups.push(() => harness.stop());
  await call(harness.port, "/one");
  await harness.reload(text(two.port));
  await call(harness.port, "/two");
  await until(() => two.posted.length === 1 && one.posted.length === 1, "the reports come");
  await harness.tapped.exporters.close(10_000);
  assert.equal(harness.tapped.ledger.book("published").handled, 2);
});
