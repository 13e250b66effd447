/** The answer to a client of an HTTP listener whose request cannot be forwarded, and the traces of it. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { connect as connectHttp2, constants } from "node:http2";
import type { Socket } from "node:net";
import { join } from "node:path";
import { afterEach, describe, test } from "node:test";
import { connect as connectTls } from "node:tls";
import { createCertificates } from "./support/certificates.ts";
import { concat, frame } from "./support/frame-recorder.ts";
import { startTapped, type TappedHarness, writeHttpBootstrap } from "./support/http-tap-harness.ts";
import { skipUnless } from "./support/needs.ts";
import { findFreePorts } from "./support/processes.ts";
import { dial, readAll, startService, until } from "./support/proxy-harness.ts";
import { makeTemporaryFolder } from "./support/temporary-folder.ts";

const folder = makeTemporaryFolder();
let harness: TappedHarness | undefined;
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  await harness?.stop();
  harness = undefined;
  for (const cleanup of cleanups.splice(0)) await cleanup();
});
process.on("exit", folder.remove);

const UNAVAILABLE =
  "upstream connect error or disconnect/reset before headers. reset reason: remote connection failure";
const tapTo = (name: string, match = "match: { any_match: true }") =>
  `common_config: { static_config: { ${match}, output_config: { sinks: [ { format: JSON_BODY_AS_STRING, file_per_tap: { path_prefix: ${join(folder.path, name)} } } ] } } }`;

interface Message {
  readonly headers: readonly { readonly key: string; readonly value: string }[];
  readonly body?: { readonly as_string: string };
}

/** `METHOD PATH body → status body` of each trace, sorted. */
function readTraces(name: string): string[] {
  return readdirSync(folder.path)
    .filter((file) => file.startsWith(`${name}_`) && file.endsWith(".json"))
    .map((file) => {
      const { http_buffered_trace: trace } = JSON.parse(readFileSync(join(folder.path, file), "utf8")) as {
        http_buffered_trace: { request: Message; response?: Message };
      };
      const field = (message: Message | undefined, key: string) =>
        message?.headers.find((header) => header.key === key)?.value;
      const { request, response } = trace;
      return `${field(request, ":method")} ${field(request, ":path")} ${request.body?.as_string ?? ""} → ${field(response, ":status")} ${response?.body?.as_string ?? ""}`;
    })
    .sort();
}

async function start(name: string, service?: number, match?: string): Promise<Socket> {
  const [closed] = await findFreePorts(1);
  harness = await startTapped(writeHttpBootstrap(service ?? closed!, [tapTo(name, match)]));
  return dial(harness.port);
}

/** Stops the proxy, and asserts that what it received is what was sent, all of which had no upstream. */
async function assertBooked(sent: number): Promise<void> {
  const { tapped } = harness!;
  await until(() => tapped.proxy.connectionCount === 0, "the connection is over");
  await harness!.stop();
  harness = undefined;
  const { entered, droppedBy } = tapped.ledger.book("downstream-bytes");
  assert.deepEqual([entered, [...droppedBy]], [sent, [["no-upstream", sent]]]);
  assert.equal(tapped.ledger.book("analysis-bytes").buffered, 0);
}

describe("nobody listens upstream", () => {
  const REQUESTS: readonly (readonly [name: string, request: string, answer: RegExp, trace: string])[] = [
    [
      "POST",
      "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello",
      /^HTTP\/1.1 503 .*failure$/s,
      `POST /a hello → 503 ${UNAVAILABLE}`,
    ],
    [
      "HEAD",
      "HEAD /b HTTP/1.1\r\nHost: h\r\n\r\n",
      /^HTTP\/1.1 503 .*content-length: 98\r\n.*\r\n\r\n$/s,
      "HEAD /b  → 503 ",
    ],
    ["HTTP/1.0", "GET /c HTTP/1.0\r\n\r\n", /^HTTP\/1.1 503 .*failure$/s, `GET /c  → 503 ${UNAVAILABLE}`],
    [
      "CONNECT",
      "CONNECT h:1 HTTP/1.1\r\nHost: h:1\r\n\r\n",
      /^HTTP\/1.1 503 .*failure$/s,
      `CONNECT undefined  → 503 ${UNAVAILABLE}`,
    ],
    [
      "Upgrade",
      "GET /d HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
      /^HTTP\/1.1 503 .*failure$/s,
      `GET /d  → 503 ${UNAVAILABLE}`,
    ],
    [
      "Expect",
      "PUT /e HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n",
      /^HTTP\/1.1 503 .*failure$/s,
      `PUT /e  → 503 ${UNAVAILABLE}`,
    ],
    [
      "gRPC-Web",
      "POST /f HTTP/1.1\r\nHost: h\r\nContent-Type: application/grpc-web\r\nContent-Length: 0\r\n\r\n",
      /^HTTP\/1.1 200 .*grpc-status: 14\r\n/s,
      "POST /f  → 200 ",
    ],
    ["what is no HTTP", "\x00\x01\x02\x03 nothing\r\n\r\n", /^$/, ""],
  ];
  for (const [name, request, answer, trace] of REQUESTS)
    for (const ends of [true, false])
      test(`${name}, ${ends ? "half-closed" : "left open"}`, async () => {
        const title = `${name.replaceAll(/\W/g, "-")}-${ends}`;
        const client = await start(title);
        client.write(request);
        if (ends) client.end();
        assert.match(await readAll(client), answer);
        client.end();
        await assertBooked(request.length);
        assert.deepEqual(readTraces(title), trace === "" ? [] : [trace]);
      });

  test("a client that asks late, and byte by byte", async () => {
    const client = await start("late");
    await new Promise((resolve) => setTimeout(resolve, 100));
    const request = "GET /slow HTTP/1.1\r\nHost: h\r\n\r\n";
    client.setNoDelay();
    for (const byte of request) {
      client.write(byte);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    assert.match(await readAll(client), /^HTTP\/1.1 503 /);
    client.end();
    await assertBooked(request.length);
    assert.deepEqual(readTraces("late"), [`GET /slow  → 503 ${UNAVAILABLE}`]);
  });

  test("a client that never asks is closed when the proxy stops, and one that goes is forgotten", async () => {
    const client = await start("never");
    await until(() => harness!.statistic("cluster.back.upstream_cx_connect_fail") === 1, "it was dialled");
    assert.equal(harness!.tapped.proxy.connectionCount, 1);
    client.destroy();
    await until(() => harness!.tapped.proxy.connectionCount === 0, "the first is over");
    const other = await dial(harness!.port);
    await until(() => harness!.statistic("cluster.back.upstream_cx_connect_fail") === 2, "it was dialled");
    const ended = readAll(other);
    await harness!.stop();
    harness = undefined;
    assert.equal(await ended, "");
  });

  test("a large body is read to its end, so that the client sees its answer", async () => {
    const client = await start("large");
    const body = "x".repeat(3_000_000);
    const request = `POST /large HTTP/1.1\r\nHost: h\r\nContent-Length: ${body.length}\r\n\r\n`;
    client.write(request + body);
    assert.match(await readAll(client), /^HTTP\/1.1 503 /);
    client.end();
    await assertBooked(request.length + body.length);
    assert.equal(readTraces("large").length, 1);
  });

  test("streams of HTTP/2 at once", async () => {
    const [closed] = await findFreePorts(1);
    harness = await startTapped(writeHttpBootstrap(closed!, [tapTo("streams")]));
    const session = connectHttp2(`http://127.0.0.1:${harness.port}`);
    const answers = ["/1", "/2", "/3"].map(async (path) => {
      const stream = session.request({ ":path": path });
      stream.resume();
      const [headers] = (await once(stream, "response")) as [Record<string, unknown>];
      await once(stream, "close");
      return headers[":status"];
    });
    assert.deepEqual(await Promise.all(answers), [503, 503, 503]);
    await once(session, "close");
    await until(() => readTraces("streams").length === 3, "all are written");
    assert.deepEqual(
      readTraces("streams"),
      ["/1", "/2", "/3"].map((path) => `GET ${path}  → 503 ${UNAVAILABLE}`),
    );
  });

  test("a stream that is reset, and a connection that breaks, with the request", async () => {
    const [closed] = await findFreePorts(1);
    harness = await startTapped(writeHttpBootstrap(closed!, [tapTo("reset")]));
    const get = frame(1, 5, 1, `828641${"0168"}44${"022f72"}`);
    const first = concat(Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), frame(4, 0, 0), get);
    for (const last of [
      frame(3, 0, 1, "00000008"),
      frame(7, 0, 0, "0000000000000001"),
      frame(0, 0, 0, "00"),
      Buffer.of(1),
    ]) {
      const client = await dial(harness.port);
      client.end(concat(first, last));
      await readAll(client);
      client.destroy();
    }
    await until(() => harness!.tapped.proxy.connectionCount === 0, "all are over");
    const client = await dial(harness.port);
    client.end("GET /after HTTP/1.1\r\nHost: h\r\n\r\n");
    assert.match(await readAll(client), /^HTTP\/1.1 503 /);
  });

  test("keep_errors keeps what was not drawn", async () => {
    const client = await start("kept", undefined, "match: { any_match: true }, sample: { rate: 0, keep_errors: true }");
    client.end("GET /kept HTTP/1.1\r\nHost: h\r\n\r\n");
    await readAll(client);
    await until(() => readTraces("kept").length === 1, "it is kept");
  });
});

// A reset may be seen before the connection is.
const GONE = /^HTTP\/1.1 503 .*reset reason: (connection termination|remote connection failure)$/s;

test("an endpoint that closes before anything passed is none", async () => {
  for (const [index, close] of [
    (socket: Socket) => socket.end(),
    (socket: Socket) => socket.resetAndDestroy(),
  ].entries()) {
    const service = await startService(close);
    cleanups.push(service.stop);
    const client = await start(`closed-${index}`, service.port);
    await until(() => harness!.statistic("cluster.back.upstream_cx_active") === 0, "the endpoint is gone");
    client.end("GET /gone HTTP/1.1\r\nHost: h\r\n\r\n");
    assert.match(await readAll(client), GONE);
    await assertBooked(31);
    assert.match(readTraces(`closed-${index}`).join(), /^GET \/gone {2}→ 503 /);
  }
});

test("HTTP/2 before a cluster of HTTP/1 is told to come in HTTP/1.1, however its first bytes are cut", async () => {
  const service = await startService((socket) => socket.resume());
  cleanups.push(service.stop);
  const bootstrap = `tapline: { routing: VERBATIM }\n${writeHttpBootstrap(service.port, [tapTo("mismatch")])}`;
  harness = await startTapped(bootstrap.replace("{ name: back,", "{ name: back, http_protocol_options: {},"));
  const session = connectHttp2(`http://127.0.0.1:${harness!.port}`);
  const stream = session.request({ ":path": "/two" });
  await new Promise((resolve) => stream.on("error", () => {}).on("close", resolve));
  assert.equal(stream.rstCode, constants.NGHTTP2_HTTP_1_1_REQUIRED);
  session.close();
  const client = await dial(harness!.port);
  for (const piece of ["P", "R", "I * HTTP/2.0\r\n\r\nSM\r\n\r\n"]) {
    client.write(piece);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const [first] = (await once(client, "data")) as [Buffer];
  // SETTINGS of a server.
  assert.equal(first[3], 4);
  client.destroy();
  const plain = await dial(harness!.port);
  plain.end("P");
  await until(
    () => [...service.sockets].some(({ bytesRead }) => bytesRead === 1),
    "a byte that begins either is forwarded at the end",
  );
});

test("behind TLS with ALPN on both sides", { skip: skipUnless("openssl") }, async () => {
  const { server } = createCertificates(folder.path);
  const [closed] = await findFreePorts(1);
  const types = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3";
  const pem = `tls_certificates: [ { certificate_chain: { filename: ${server.certificate} }, private_key: { filename: ${server.key} } } ]`;
  const bootstrap = writeHttpBootstrap(closed!, [tapTo("tls")])
    .replace(
      "    - filters:",
      `    - transport_socket: { name: tls, typed_config: { "@type": ${types}.DownstreamTlsContext, common_tls_context: { alpn_protocols: [ h2, http/1.1 ], ${pem} } } }\n      filters:`,
    )
    .replace(
      "{ name: back,",
      `{ name: back, transport_socket: { name: tls, typed_config: { "@type": ${types}.UpstreamTlsContext, common_tls_context: { alpn_protocols: [ h2, http/1.1 ] } } },`,
    );
  harness = await startTapped(bootstrap);
  const client = connectTls({
    port: harness.port,
    host: "127.0.0.1",
    rejectUnauthorized: false,
    ALPNProtocols: ["http/1.1"],
  });
  client.write("GET /tls HTTP/1.1\r\nHost: h\r\n\r\n");
  assert.match(await readAll(client), /^HTTP\/1.1 503 /);
  client.end();
  await until(() => readTraces("tls").length === 1, "it is tapped");
});
