/**
 * Evidence that is easily lost: requests that nobody could be found for, heads beyond 64 KiB, bytes after an upgrade. A real Envoy's
 * HTTP tap and Tapline's, with the same configuration and the same clients, write the same traces.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { connect as connectHttp2 } from "node:http2";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { createServer as createTlsServer } from "node:tls";
import { createCertificates } from "../support/certificates.ts";
import { normaliseTrace, splitDocuments } from "../support/envoy-http-traces.ts";
import { skipUnless } from "../support/needs.ts";
import { findFreePorts, type StartedProgram, startProgram, waitForPort } from "../support/processes.ts";
import { findEnvoy } from "../support/real-envoy.ts";
import { startTapline } from "../support/tapline-process.ts";

const TYPES = "type.googleapis.com/envoy.extensions";
const ANY = "{ any_match: true }";
const FAILED =
  "{ http_response_headers_match: { headers: [ { name: ':status', range_match: { start: 500, end: 600 } } ] } }";

type Service =
  | "nobody"
  | "nobody-http2"
  | "unresolved"
  | "no-tls"
  | "untrusted"
  | "silent"
  | "resets"
  | "hangs-up"
  | "web-socket"
  | "refuses-upgrade"
  | "big-head";

interface Case {
  readonly name: string;
  readonly service: Service;
  readonly match?: string;
  readonly streaming?: boolean;
  readonly talk: (port: number) => Promise<string>;
  /** The client's answer with Envoy, and with Tapline. */
  readonly seen: RegExp;
}

const UNAVAILABLE =
  /^503 upstream connect error or disconnect\/reset before headers. reset reason: remote connection failure$/;
const AFTER_BOUND = "{ http_response_headers_match: { headers: [ { name: x-after, present_match: true } ] } }";
const CASES: readonly Case[] = [
  { name: "nobody-listens", service: "nobody", talk: post, seen: UNAVAILABLE },
  { name: "nobody-listens-streamed", service: "nobody", streaming: true, talk: post, seen: UNAVAILABLE },
  { name: "nobody-listens-failures", service: "nobody", match: FAILED, talk: post, seen: UNAVAILABLE },
  { name: "nobody-listens-http2", service: "nobody-http2", talk: getHttp2, seen: UNAVAILABLE },
  { name: "nobody-listens-http2-grpc", service: "nobody-http2", talk: callGrpc, seen: /^200 grpc-status 14$/ },
  { name: "name-is-not-found", service: "unresolved", talk: getHttp2, seen: /^503 no healthy upstream$/ },
  { name: "name-is-not-found-grpc", service: "unresolved", talk: callGrpc, seen: /^200 grpc-status 14$/ },
  { name: "endpoint-is-not-trusted", service: "untrusted", streaming: true, talk: getHttp2, seen: UNAVAILABLE },
  { name: "endpoint-refuses-tls", service: "no-tls", match: FAILED, talk: post, seen: UNAVAILABLE },
  {
    name: "endpoint-does-not-answer",
    service: "silent",
    match: FAILED,
    talk: post,
    seen: /^503 .*reset reason: connection timeout$/,
  },
  { name: "web-socket", service: "web-socket", talk: talkWebSocket, seen: /^HTTP\/1.1 101 .*hello, too$/s },
  { name: "web-socket-streamed", service: "web-socket", streaming: true, talk: talkWebSocket, seen: /^HTTP\/1.1 101 / },
  { name: "upgrade-is-refused", service: "refuses-upgrade", talk: talkWebSocket, seen: /^HTTP\/1.1 403 .*no$/s },
  { name: "upgrade-finds-nobody", service: "nobody", talk: talkWebSocket, seen: /^HTTP\/1.1 503 / },
  { name: "big-head", service: "big-head", talk: post, seen: /^200 ok$/ },
  { name: "big-head-streamed", service: "big-head", streaming: true, talk: post, seen: /^200 ok$/ },
  { name: "big-head-matched-behind", service: "big-head", match: AFTER_BOUND, talk: post, seen: /^200 ok$/ },
];

/** Here Envoy answers for a service that took the request, and Tapline tells the client what the service did. */
const FORWARDED: readonly Case[] = [
  { name: "endpoint-resets", service: "resets", talk: post, seen: /connection termination$|^closed$/ },
  { name: "endpoint-hangs-up", service: "hangs-up", talk: post, seen: /connection termination$|^closed$/ },
];

const envoy = findEnvoy();
const skip = envoy.skip || skipUnless("python3");

describe("a real Envoy and Tapline keep the same evidence", { skip }, () => {
  const folder = mkdtempSync(join(tmpdir(), "tapline-evidence-"));
  const cleanups: (() => unknown)[] = [() => rmSync(folder, { recursive: true })];
  const ports = {} as Record<Service, number>;
  const seen: Record<string, Record<string, string>> = { envoy: {}, tapline: {} };
  const all = [...CASES, ...FORWARDED];

  before(async () => {
    await startServices();
    await record("envoy", (config) =>
      startProgram(envoy.path, ["-c", config, "--concurrency", "1", "--use-dynamic-base-id", "-l", "error"]),
    );
    await record("tapline", (config) => startTapline(["proxy", "-c", config, "--drain-time", "2"], true));
  });
  after(() => {
    for (const cleanup of cleanups.reverse()) cleanup();
  });

  for (const { name, seen: expected } of CASES)
    test(name, () => {
      const [theirs, ours] = ["envoy", "tapline"].map((program) => readTraces(program, name));
      assert.match(seen["envoy"]![name]!, expected);
      assert.equal(statusOrAll(seen["tapline"]![name]!), statusOrAll(seen["envoy"]![name]!));
      assert.equal(theirs!.length, 1);
      assert.deepEqual(ours, theirs);
    });

  for (const { name, seen: expected } of FORWARDED)
    test(name, () => {
      const [theirs, ours] = ["envoy", "tapline"].map((program) => readTraces(program, name));
      for (const program of ["envoy", "tapline"]) assert.match(seen[program]![name]!, expected);
      const requestOf = (traces: unknown[][]) =>
        (traces[0]![0] as { http_buffered_trace: { request: unknown } }).http_buffered_trace.request;
      assert.deepEqual(requestOf(ours!), requestOf(theirs!));
    });

  function readTraces(program: string, name: string): unknown[][] {
    return readdirSync(join(folder, program))
      .filter((file) => file.replace(/_\d+\.json$/, "") === name)
      .map((file) => splitDocuments(readFileSync(join(folder, program, file), "utf8")).map(normaliseTrace));
  }

  async function startServices(): Promise<void> {
    const listen = async (service: Service, serve: (socket: Socket) => void) => {
      const server: Server = createServer((socket) => serve(socket.on("error", () => {})));
      await once(server.listen(0, "127.0.0.1"), "listening");
      cleanups.push(() => server.close());
      ports[service] = (server.address() as AddressInfo).port;
    };
    const [closed, silent] = await findFreePorts(2);
    ports["nobody"] = ports["nobody-http2"] = closed!;
    ports["silent"] = silent!;
    ports["unresolved"] = 80;
    await listen("no-tls", (socket) => socket.once("data", () => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")));
    await listen("resets", (socket) => socket.once("data", () => socket.resetAndDestroy()));
    await listen("hangs-up", (socket) => socket.once("data", () => socket.end()));
    await listen("web-socket", serveWebSocket);
    const forbidden = "HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\n\r\nno";
    await listen("refuses-upgrade", (socket) => socket.once("data", () => socket.end(forbidden)));
    const { server } = createCertificates(folder);
    const secure = createTlsServer({ cert: readFileSync(server.certificate), key: readFileSync(server.key) });
    await once(secure.on("tlsClientError", () => {}).listen(0, "127.0.0.1"), "listening");
    cleanups.push(() => secure.close());
    ports["untrusted"] = (secure.address() as AddressInfo).port;
    const long = `HTTP/1.1 200 OK\r\nx-long: ${"b".repeat(80_000)}\r\nx-after: 1\r\ncontent-length: 2\r\n\r\nok`;
    await listen("big-head", (socket) => socket.once("data", () => socket.end(long)));
    const queue = startProgram("python3", ["-c", FULL_QUEUE, String(silent)]);
    cleanups.push(() => queue.stop("SIGKILL"));
    while (!queue.output().includes("full")) await delay(20);
  }

  async function record(program: string, start: (config: string) => StartedProgram): Promise<void> {
    mkdirSync(join(folder, program));
    const config = join(folder, `${program}.yaml`);
    const begin = async (left: number): Promise<[StartedProgram, readonly number[]]> => {
      const listening = await findFreePorts(all.length);
      writeFileSync(config, formatBootstrap(program, listening));
      const started = start(config);
      const ended = once(started.child, "exit").then(() => "ended");
      // A port that was free may have been given to somebody else meanwhile: a proxy that cannot listen ends.
      const open = waitForPort(listening.at(-1)!);
      open.catch(() => {});
      if ((await Promise.race([open, ended])) !== "ended") return [started, listening];
      if (left > 0) return begin(left - 1);
      throw new Error(started.output());
    };
    const [started, listening] = await begin(3);
    try {
      for (const [index, { name, talk }] of all.entries()) seen[program]![name] = await talk(listening[index]!);
      await delay(300);
    } finally {
      await started.stop();
    }
    assert.ok(readdirSync(join(folder, program)).length > 0, started.output());
  }

  function formatBootstrap(program: string, listening: readonly number[]): string {
    const listeners = all.map(({ name, service, match = ANY, streaming = false }, index) => {
      const output = `output_config: { streaming: ${streaming}, sinks: [ { format: JSON_BODY_AS_STRING, file_per_tap: { path_prefix: ${join(folder, program, name)} } } ] }`;
      // Tapline forwards upgrades as they come.
      const upgrades = program === "envoy" ? "\n          upgrade_configs: [ { upgrade_type: websocket } ]" : "";
      return `
  - name: ${name}
    address: { socket_address: { address: 127.0.0.1, port_value: ${listening[index]} } }
    filter_chains:
    - filters:
      - name: http
        typed_config:
          "@type": ${TYPES}.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: http${upgrades}
          route_config: { virtual_hosts: [ { name: all, domains: ["*"], routes: [ { match: { prefix: "/" }, route: { cluster: ${service} } } ] } ] }
          http_filters:
          - { name: envoy.filters.http.tap, typed_config: { "@type": ${TYPES}.filters.http.tap.v3.Tap, common_config: { static_config: { match: ${match}, ${output} } } } }
          - { name: envoy.filters.http.router, typed_config: { "@type": ${TYPES}.filters.http.router.v3.Router } }`;
    });
    const clusters = (Object.keys(ports) as Service[]).map((service) => {
      const http2 = `typed_extension_protocol_options: { envoy.extensions.upstreams.http.v3.HttpProtocolOptions: { "@type": ${TYPES}.upstreams.http.v3.HttpProtocolOptions, explicit_http_config: { http2_protocol_options: {} } } }, `;
      const stranger = `, common_tls_context: { validation_context: { trusted_ca: { filename: ${join(folder, "stranger.pem")} } } }`;
      const tls = `transport_socket: { name: tls, typed_config: { "@type": ${TYPES}.transport_sockets.tls.v3.UpstreamTlsContext${service === "untrusted" ? stranger : ""} } }, `;
      const more = service === "nobody-http2" ? http2 : service === "no-tls" || service === "untrusted" ? tls : "";
      const [type, address] = service === "unresolved" ? ["STRICT_DNS", "nobody.invalid"] : ["STATIC", "127.0.0.1"];
      const patience = service === "silent" ? "1s" : "60s";
      return `\n  - { name: ${service}, type: ${type}, connect_timeout: ${patience}, ${more}load_assignment: { cluster_name: ${service}, endpoints: [ { lb_endpoints: [ { endpoint: { address: { socket_address: { address: ${address}, port_value: ${ports[service]} } } } } ] } ] } }`;
    });
    return `static_resources:\n  listeners:${listeners.join("")}\n  clusters:${clusters.join("")}\n`;
  }
});

/** A listening socket that accepts nothing, and whose queue is full: connecting to it takes forever. */
const FULL_QUEUE = `
import socket, sys, time
server = socket.socket(); server.bind(("127.0.0.1", int(sys.argv[1]))); server.listen(0)
clients = [socket.socket() for _ in range(4)]
for client in clients:
    client.setblocking(False)
    try: client.connect(("127.0.0.1", int(sys.argv[1])))
    except BlockingIOError: pass
time.sleep(0.2); print("full", flush=True); time.sleep(600)
`;

function serveWebSocket(socket: Socket): void {
  socket.once("data", () => {
    socket.write(
      "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
    );
    socket.on("data", () => socket.write(Buffer.from("\x81\x0ahello, too")));
  });
}

/** A head that is no 101 differs in the fields that a proxy adds. */
function statusOrAll(heard: string): string {
  return heard.replace(/^(HTTP\/1.1 (?!101)\d+).*?\r\n\r\n/s, "$1 ");
}

async function talkWebSocket(port: number): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  const closed = once(socket, "close");
  let heard = "";
  socket.on("data", (bytes) => {
    heard += bytes.toString("latin1");
  });
  socket.write(
    "GET /chat HTTP/1.1\r\nHost: service.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
  );
  while (!heard.includes("\r\n\r\n")) await delay(10);
  if (!heard.startsWith("HTTP/1.1 101")) {
    socket.end();
    await closed;
    return heard;
  }
  // A text frame that says "abc", masked with 1, 2, 3, 4.
  socket.write(Buffer.from([0x81, 0x83, 1, 2, 3, 4, 0x61 ^ 1, 0x62 ^ 2, 0x63 ^ 3]));
  while (!heard.includes("hello")) await delay(10);
  await delay(50);
  socket.end();
  await closed;
  return heard.replace(/\r\n(date|server):[^\r]*/g, "");
}

async function post(port: number): Promise<string> {
  const headers = { host: "service.example", "content-length": 5 };
  const request = httpRequest({
    host: "127.0.0.1",
    port,
    method: "POST",
    path: "/order",
    headers,
    agent: false,
    maxHeaderSize: 1 << 20,
  });
  request.end("hello");
  try {
    const [response] = (await once(request, "response")) as [IncomingMessage];
    let body = "";
    for await (const chunk of response) body += chunk;
    return `${response.statusCode} ${body}`;
  } catch {
    return "closed";
  }
}

async function getHttp2(port: number): Promise<string> {
  return callHttp2(
    port,
    { ":path": "/order", ":authority": "service.example" },
    ({ ":status": status }, body) => `${status} ${body}`,
  );
}

async function callGrpc(port: number): Promise<string> {
  const headers = {
    ":method": "POST",
    ":path": "/shop.Orders/Get",
    ":authority": "service.example",
    "content-type": "application/grpc",
    te: "trailers",
  };
  return callHttp2(port, headers, (head) => `${head[":status"]} grpc-status ${head["grpc-status"]}`);
}

async function callHttp2(
  port: number,
  headers: Record<string, string>,
  tell: (headers: Record<string, unknown>, body: string) => string,
): Promise<string> {
  const session = connectHttp2(`http://127.0.0.1:${port}`);
  const stream = session.request(headers, { endStream: true });
  let body = "";
  stream.on("data", (bytes: Buffer) => {
    body += bytes.toString();
  });
  const [head] = (await once(stream, "response")) as [Record<string, unknown>];
  await once(stream, "close");
  session.close();
  return tell(head, body);
}
