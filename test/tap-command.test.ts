/** `tapline tap` against a real Envoy and against Tapline, and `tapline receive-taps` with Tapline's sender. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, request, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { findFreePorts, type StartedProgram, startProgram, waitForPort } from "./support/processes.ts";
import { findEnvoy } from "./support/real-envoy.ts";
import { startTapline } from "./support/tapline-process.ts";

const TAPLINE = join(import.meta.dirname, "../bin/tapline");
const envoy = findEnvoy();

for (const [name, skip, start] of [
  [
    "a real Envoy",
    envoy.skip,
    (config: string) =>
      startProgram(envoy.path, ["-c", config, "--concurrency", "1", "--use-dynamic-base-id", "-l", "error"]),
  ],
  ["Tapline", false, (config: string) => startTapline(["proxy", "-c", config], true)],
] as const) {
  describe(`tapline tap attaches to ${name}`, { skip }, () => {
    const folder = mkdtempSync(join(tmpdir(), "tapline-tap-"));
    let service: Server;
    let proxy: StartedProgram;
    let ports: readonly [http: number, tcp: number, admin: number];

    before(async () => {
      service = createServer((message, response) => {
        response.statusCode = message.url === "/missing" ? 404 : 200;
        response.end(`answer to ${message.url}`);
      }).listen(0, "127.0.0.1");
      await once(service, "listening");
      ports = (await findFreePorts(3)) as unknown as typeof ports;
      const config = join(folder, "envoy.yaml");
      writeFileSync(config, formatBootstrap(ports, (service.address() as { port: number }).port));
      proxy = start(config);
      await waitForPort(ports[0]);
    });
    after(async () => {
      await proxy.stop();
      service.closeAllConnections();
      service.close();
      rmSync(folder, { recursive: true });
    });

    test("HTTP taps: every exchange, as it comes, and a file of them all", async () => {
      const file = join(folder, "all.json");
      const tap = await attach(ports[2], ["--config-id", "http", "-o", "ndjson", "-w", file]);
      for (const path of ["/one", "/two", "/missing"]) await get(ports[0], path);
      await until(() => lines(tap).length === 3);
      assert.equal(await tap.stop("SIGINT"), 130);
      const seen = lines(tap).map(
        (line) =>
          JSON.parse(line) as { request: { target: string }; response: { status: number; body: { size: number } } },
      );
      assert.deepEqual(
        seen.map(({ request: { target }, response: { status, body } }) => [target, status, body.size]),
        [
          ["/one", 200, 14],
          ["/two", 200, 14],
          ["/missing", 404, 18],
        ],
      );
      assert.equal(readFileSync(file, "utf8").match(/http_buffered_trace/g)?.length, 3);
    });

    test("match flags are the other side's work, filters our own", async () => {
      const tap = await attach(ports[2], [
        "--config-id",
        "http",
        "--status",
        "404",
        "-Y",
        "request.path == '/missing?a'",
        "-o",
        "ndjson",
        "-q",
      ]);
      for (const path of ["/one", "/missing", "/missing?a"]) await get(ports[0], path);
      await delay(500);
      await tap.stop("SIGINT");
      assert.deepEqual(lines(tap), []);
    });

    test("pieces of exchanges, as they come", async () => {
      const tap = await attach(ports[2], ["--config-id", "http", "--streaming", "-o", "ndjson"]);
      for (const path of ["/one", "/two"]) await get(ports[0], path);
      await until(() => lines(tap).length === 2);
      await tap.stop("SIGINT");
      assert.deepEqual(
        lines(tap).map((line) => (JSON.parse(line) as { request: { target: string } }).request.target),
        ["/one", "/two"],
      );
    });

    test("transport taps: the HTTP on their connections", async () => {
      const tap = await attach(ports[2], ["--config-id", "socket", "--streaming", "-o", "ndjson"]);
      for (const path of ["/one", "/missing"]) await get(ports[1], path);
      await until(() => lines(tap).length === 2);
      await tap.stop("SIGINT");
      assert.deepEqual(
        lines(tap).map((line) => (JSON.parse(line) as { response: { status: number } }).response.status),
        [200, 404],
      );
    });

    test("so many traces, then the end", async () => {
      const tap = startProgram(TAPLINE, [
        "tap",
        `http://127.0.0.1:${ports[2]}`,
        "--config-id",
        "http",
        "--buffered",
        "2",
        "-o",
        "ndjson",
        "-q",
      ]);
      const ended = once(tap.child, "exit") as Promise<[number]>;
      // When it is attached is not told: requests are made until it has what it wants.
      while (tap.child.exitCode === null) {
        await get(ports[0], "/one");
        await delay(100);
      }
      const [code] = await ended;
      assert.deepEqual([code, lines(tap).length], [0, 2]);
    });

    test("an id that is not there is refused with the other side's words, exit 2", async () => {
      const tap = startProgram(TAPLINE, ["tap", `127.0.0.1:${ports[2]}`, "--config-id", "other"]);
      const [code] = (await once(tap.child, "exit")) as [number];
      assert.equal(code, 2);
      assert.match(
        tap.output(),
        /refuses \(400\): Unknown config id 'other'\. No extension has registered with this id\./,
      );
    });
  });
}

test("nobody there: one clear line, exit 1", async () => {
  const [port] = await findFreePorts(1);
  const tap = startProgram(TAPLINE, ["tap", `http://127.0.0.1:${port}`, "--config-id", "x"]);
  const [code] = (await once(tap.child, "exit")) as [number];
  assert.equal(code, 1);
  assert.match(tap.output(), /^tapline: http:\/\/127\.0\.0\.1:\d+ cannot be reached: .*ECONNREFUSED/);
});

async function attach(admin: number, flags: readonly string[]): Promise<StartedProgram> {
  const tap = startProgram(TAPLINE, ["tap", `http://127.0.0.1:${admin}`, ...flags]);
  for (let attempt = 0; attempt < 2400 && !(await isAttached(admin)); attempt++) await delay(50);
  return tap;
}

/** Envoy refuses a second tap before it looks at the body; Tapline tells. */
async function isAttached(admin: number): Promise<boolean> {
  const status = await fetch(`http://127.0.0.1:${admin}/tap/status`);
  const text = await status.text();
  if (status.ok) return /"attached": [1-9]/.test(text);
  return (await (await fetch(`http://127.0.0.1:${admin}/tap`, { method: "POST" })).text()).startsWith("An attached");
}

function lines(program: StartedProgram): string[] {
  return program
    .output()
    .split("\n")
    .filter((line) => line.startsWith("{"));
}

async function until(condition: () => boolean): Promise<void> {
  for (let attempt = 0; attempt < 2400 && !condition(); attempt++) await delay(50);
  assert.ok(condition(), "waited 10 s in vain");
}

async function get(port: number, path: string): Promise<void> {
  const message = request({ host: "127.0.0.1", port, path, agent: false }).end();
  const [response] = (await once(message, "response")) as [import("node:http").IncomingMessage];
  response.resume();
  await once(response, "close");
}

function formatBootstrap([http, tcp, admin]: readonly number[], service: number): string {
  const types = "type.googleapis.com/envoy.extensions";
  return `admin: { address: { socket_address: { address: 127.0.0.1, port_value: ${admin} } } }
static_resources:
  listeners:
  - address: { socket_address: { address: 127.0.0.1, port_value: ${http} } }
    filter_chains:
    - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": ${types}.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: http
          route_config: { virtual_hosts: [ { name: all, domains: ["*"], routes: [ { match: { prefix: "/" }, route: { cluster: service } } ] } ] }
          http_filters:
          - { name: envoy.filters.http.tap, typed_config: { "@type": ${types}.filters.http.tap.v3.Tap, common_config: { admin_config: { config_id: http } } } }
          - { name: envoy.filters.http.router, typed_config: { "@type": ${types}.filters.http.router.v3.Router } }
  - address: { socket_address: { address: 127.0.0.1, port_value: ${tcp} } }
    filter_chains:
    - filters:
      - name: envoy.filters.network.tcp_proxy
        typed_config: { "@type": ${types}.filters.network.tcp_proxy.v3.TcpProxy, stat_prefix: tcp, cluster: service }
      transport_socket:
        name: envoy.transport_sockets.tap
        typed_config:
          "@type": ${types}.transport_sockets.tap.v3.Tap
          common_config: { admin_config: { config_id: socket } }
          transport_socket: { name: envoy.transport_sockets.raw_buffer, typed_config: { "@type": ${types}.transport_sockets.raw_buffer.v3.RawBuffer } }
  clusters:
  - name: service
    type: STATIC
    connect_timeout: 60s
    load_assignment: { cluster_name: service, endpoints: [ { lb_endpoints: [ { endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: ${service} } } } } ] } ] }
`;
}
