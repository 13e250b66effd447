/** Routed mode with real sockets: both HTTPs, upgrades, trailers, timeouts, ends of connections, and the books at the end. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { connect, createServer as createHttp2Server } from "node:http2";
import type { AddressInfo, Socket } from "node:net";
import { afterEach, describe, test } from "node:test";
import { parseProxyConfig } from "../src/source/proxy/config/parse-proxy-config.ts";
import { findFreePorts } from "./support/processes.ts";
import { dial, type Harness, ip, readAll, startProxy, startService, until } from "./support/proxy-harness.ts";

const TYPE = "type.googleapis.com/envoy.extensions";
const H2 = `typed_extension_protocol_options: {envoy.extensions.upstreams.http.v3.HttpProtocolOptions: {"@type": ${TYPE}.upstreams.http.v3.HttpProtocolOptions, explicit_http_config: {http2_protocol_options: {}}}}`;

describe("routed mode", () => {
  const cleanups: (() => void)[] = [];
  afterEach(() => {
    for (const cleanup of cleanups.splice(0)) cleanup();
  });

  test("a request of HTTP/1 goes to an endpoint of HTTP/2, and the other way round, with its trailers", async () => {
    const service = createHttp2Server((request, response) => {
      request.resume().on("end", () => {
        response.stream.on("wantTrailers", () => {});
        response.writeHead(200, { "x-method": request.method });
        response.addTrailers({ "x-sum": request.trailers["x-in"] as string });
        response.end("answer");
      });
    });
    const { port } = await run({
      routes: to("back", "prefix_rewrite: /p/"),
      ports: { back: await listen(service) },
      cluster: H2,
      manager: "http_protocol_options: {enable_trailers: true}",
    });
    const client = await dial(port);
    client.write(
      "POST /a HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n3\r\nabc\r\n0\r\nx-in: 7\r\n\r\n",
    );
    const answer = await readAll(client);
    client.end();
    assert.match(answer, /^HTTP\/1\.1 200 OK\r\n/);
    assert.match(answer, /x-method: POST\r\n/);
    assert.match(answer, /6\r\nanswer\r\n0\r\nx-sum: 7\r\n\r\n$/);
  });

  test("a client of HTTP/2 is bridged to a cluster of HTTP/1, and one of HTTP/1 is not touched", async () => {
    const seen: string[] = [];
    const service = createServer((request, response) => {
      seen.push(`${request.httpVersion} ${request.url} ${request.rawHeaders.length / 2}`);
      response.end("ok");
    });
    const { port } = await run({
      routes: to("back"),
      ports: { back: await listen(service) },
      cluster: "http_protocol_options: {}",
    });
    assert.deepEqual(await askHttp2(port, { ":path": "/two" }), ["200", "ok"]);
    const client = await dial(port);
    client.end("GET /one HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    assert.match(await readAll(client), /^HTTP\/1\.1 200 /);
    assert.match(seen[0]!, /^1\.1 \/two /);
    // Verbatim: exactly the headers that were sent.
    assert.equal(seen[1], "1.1 /one 2");
  });

  test("a websocket is upgraded where that is configured, and bytes pass both ways", async () => {
    const service = createServer().on("upgrade", (_request, socket: Socket, head: Buffer) => {
      socket.write("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\nhello");
      socket.on("data", (bytes) => socket.write(`<${bytes}>`));
      if (head.length > 0) socket.write(`<${head}>`);
    });
    const back = await listen(service);
    const request = "GET /ws HTTP/1.1\r\nhost: h\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n";
    const { port } = await run({
      routes: to("back", "timeout: 0.2s"),
      ports: { back },
      manager: "upgrade_configs: [{upgrade_type: websocket}]",
    });
    const client = await dial(port);
    let text = "";
    client.on("data", (bytes) => {
      text += bytes;
    });
    client.write(request);
    await until(() => text.includes("hello"), "it is upgraded");
    client.write("ping");
    await until(() => text.endsWith("<ping>"), "bytes come back");
    assert.match(text, /^HTTP\/1\.1 101 /);
    client.end();
    const refusing = await run({ routes: to("back", "timeout: 0.2s"), ports: { back } });
    const other = await dial(refusing.port);
    other.write(request);
    assert.match(await readAll(other), /^HTTP\/1\.1 403 /);
    other.end();
  });

  test("a websocket on which nothing passes is closed after stream_idle_timeout", async () => {
    const service = createServer().on("upgrade", (_request, socket: Socket) => {
      socket.on("error", () => {});
      socket.write("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\nhello");
    });
    const { port } = await run({
      routes: to("back"),
      ports: { back: await listen(service) },
      manager: "stream_idle_timeout: 0.3s, upgrade_configs: [{upgrade_type: websocket}]",
    });
    const client = await dial(port);
    client.on("error", () => {}).resume();
    client.write("GET /ws HTTP/1.1\r\nhost: h\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n");
    await once(client, "end");
    client.end();
  });

  test("bytes of an upgrade wait for the answer, and for a slow endpoint, unharmed by those that come meanwhile", async () => {
    let accept = () => {};
    let upgraded: Socket | undefined;
    let seen = "";
    const service = createServer((_request, response) => response.end("other")).on(
      "upgrade",
      (_request, socket: Socket, head: Buffer) => {
        seen += head;
        upgraded = socket;
        socket.on("error", () => {});
        socket.on("data", (bytes) => {
          seen += bytes;
        });
        accept = () =>
          socket.write("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\nhello");
      },
    );
    const { port } = await run({
      routes: to("back", "timeout: 10s"),
      ports: { back: await listen(service) },
      manager: "upgrade_configs: [{upgrade_type: websocket}]",
    });
    const early = "early ".repeat(200);
    const client = await dial(port);
    let text = "";
    client.on("data", (bytes) => {
      text += bytes;
    });
    client.write("GET /first HTTP/1.1\r\nhost: h\r\n\r\n");
    await until(() => text.includes("other"), "its first request is answered");
    client.write(`GET /ws HTTP/1.1\r\nhost: h\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n${early}`);
    const other = await dial(port);
    other.write(`GET /${"x".repeat(4000)} HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n`);
    assert.match(await readAll(other), /other/);
    accept();
    await until(() => text.includes("hello"), "it is upgraded");
    await until(() => seen.length >= early.length, "what came early has arrived");
    assert.equal(seen, early);
    upgraded!.pause();
    const counted = Array.from({ length: 600_000 }, (_, at) => String(at).padStart(7, "0")).join(" ");
    client.write(counted);
    await until(() => client.writableLength > 0, "the endpoint's slowness has reached the client");
    upgraded!.resume();
    await until(() => seen.length >= early.length + counted.length, "all has arrived");
    assert.equal(seen.slice(early.length) === counted, true);
    client.end();
    other.end();
  });

  test("a request that is not whole within request_timeout gets 408, a whole one does not", async () => {
    const service = createServer((request, response) => {
      request.resume().on("end", () => setTimeout(() => response.end("late"), 1500));
    });
    const back = await listen(service);
    const manager = "request_timeout: 0.5s";
    const { port } = await run({ routes: to("back", "timeout: 30s"), ports: { back }, manager });
    const slow = await dial(port);
    slow.write("POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 10\r\n\r\nhalf");
    const answer = await readAll(slow);
    assert.match(answer, /^HTTP\/1\.1 408 /);
    assert.match(answer, /request timeout$/);
    slow.end();
    const whole = await dial(port);
    whole.write("POST / HTTP/1.1\r\nhost: h\r\nconnection: close\r\ncontent-length: 4\r\n\r\nhalf");
    assert.match(await readAll(whole), /^HTTP\/1\.1 200 .*late/s);
    whole.end();
  });

  test("a head that is not whole within request_headers_timeout gets 408, an idle connection does not", async () => {
    const service = createServer((request, response) => void request.resume().on("end", () => response.end("whole")));
    const manager = "request_headers_timeout: 0.5s, via: here";
    const { port } = await run({ routes: to("back"), ports: { back: await listen(service) }, manager });
    const idle = await dial(port);
    const slow = await dial(port);
    slow.write("GET / HTTP/1.1\r\nhost: h\r\n");
    const answer = await readAll(slow);
    assert.match(answer, /^HTTP\/1\.1 408 .*\r\nvia: here\r\n.*\r\n\r\nrequest header timeout$/s);
    slow.end();
    idle.write("POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 4\r\nconnection: close\r\n\r\n");
    await new Promise((resolve) => setTimeout(resolve, 600));
    idle.write("body");
    assert.match(await readAll(idle), /^HTTP\/1\.1 200 .*whole/s);
    idle.end();
  });

  test("a stream that lasts for too long gets 504 where its request is whole, 408 where it is not", async () => {
    const service = createServer((request) => void request.resume());
    const { port } = await run({
      routes: to("back", "max_stream_duration: {max_stream_duration: 0.3s}"),
      ports: { back: await listen(service) },
    });
    for (const [body, status] of [
      ["half", 408],
      ["half, half", 504],
    ] as const) {
      const client = await dial(port);
      client.write(`POST / HTTP/1.1\r\nhost: h\r\nconnection: close\r\ncontent-length: 10\r\n\r\n${body}`);
      assert.match(await readAll(client), new RegExp(`^HTTP/1\\.1 ${status} .*downstream duration timeout`, "s"));
      client.end();
    }
    const session = connect(`http://127.0.0.1:${port}`);
    const stream = session.request({ ":path": "/", ":method": "POST", "content-type": "application/grpc" });
    stream.on("error", () => {});
    const [head] = await once(stream, "response");
    assert.deepEqual([head[":status"], head["grpc-status"]], [200, "4"]);
    session.destroy();
  });

  test("a timeout that is written out is kept, Envoy's default included; without one, and with 0s, bytes are forwarded as they are", async () => {
    const routingOf = async (more: string) => {
      const text = bootstrap({ routes: to("back", more), ports: { back: 1 } });
      const { listeners } = await parseProxyConfig(text, { readFile: () => new Uint8Array() });
      const { networkFilter } = listeners[0]!.filterChains[0]!;
      assert.ok(networkFilter.kind === "http-connection-manager");
      const { routing } = networkFilter;
      return routing.mode === "routed" ? routing.reasons.join() : routing.mode;
    };
    assert.equal(await routingOf("timeout: 15s"), "timeout");
    assert.equal(await routingOf("timeout: {seconds: 15}"), "timeout");
    assert.equal(await routingOf("timeout: 0s"), "verbatim");
    assert.equal(await routingOf(""), "verbatim");

    const service = createServer((request) => void request.resume());
    const { port } = await run({ routes: to("back", "timeout: 0.3s"), ports: { back: await listen(service) } });
    const client = await dial(port);
    // It counts from the request's end.
    client.write("POST / HTTP/1.1\r\nhost: h\r\nconnection: close\r\ncontent-length: 2\r\n\r\nhi");
    assert.match(await readAll(client), /^HTTP\/1\.1 504 .*\r\n\r\nupstream request timeout$/s);
    const session = connect(`http://127.0.0.1:${port}`);
    const stream = session.request({ ":path": "/", "content-type": "application/grpc" });
    const [head] = await once(stream, "response");
    assert.deepEqual([head[":status"], head["grpc-status"]], [200, "14"]);
    session.destroy();
  });

  test("100 is answered here, 103 comes from the endpoint", async () => {
    const service = createServer((request, response) => {
      response.writeEarlyHints({ link: "</a.css>; rel=preload" });
      assert.equal(request.headers.expect, undefined);
      request.resume().on("end", () => response.end("done"));
    });
    const { port } = await run({
      routes: to("back", "host_rewrite_literal: x"),
      ports: { back: await listen(service) },
    });
    const client = await dial(port);
    client.write(
      "POST / HTTP/1.1\r\nhost: h\r\nexpect: 100-continue\r\ncontent-length: 2\r\nconnection: close\r\n\r\n",
    );
    assert.match(String((await once(client, "data"))[0]), /^HTTP\/1\.1 100 Continue\r\n\r\n/);
    client.write("hi");
    const answer = await readAll(client);
    client.end();
    assert.match(answer, /HTTP\/1\.1 103 Early Hints\r\nlink: <\/a\.css>; rel=preload\r\n/);
    assert.match(answer, /\r\n\r\ndone$/);
  });

  test("requests that parsers could disagree on are refused", async () => {
    const asked: string[] = [];
    const service = await startService((socket) => socket.on("data", (bytes) => asked.push(String(bytes))));
    cleanups.push(service.stop);
    const { port } = await run({ routes: to("back", "timeout: 60s"), ports: { back: service.port } });
    for (const head of [
      "POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
      "POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabc",
      "POST / HTTP/1.1\r\nhost: h\r\ncontent-length: +3\r\n\r\nabc",
      "POST / HTTP/1.1\r\nhost: h\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
      "POST / HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
      "POST / HTTP/1.1\r\nhost: h\r\ntransfer-encoding : chunked\r\n\r\n0\r\n\r\n",
      "GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n",
      "GET / HTTP/1.1\r\n\r\n",
      "GET / HTTP/1.1\r\nhost: a b\r\n\r\n",
      "GET /a#b HTTP/1.1\r\nhost: h\r\n\r\n",
      "GET / HTTP/1.1\r\nhost: h\r\nx: a\r\n folded\r\n\r\n",
      "GET / HTTP/1.1\nhost: h\n\n",
    ]) {
      const client = await dial(port);
      client.write(head);
      const answer = await Promise.race([readAll(client), new Promise((resolve) => setTimeout(resolve, 5000, "none"))]);
      // A coding that is not known is told as such (RFC 9112 §6.1), as Envoy does.
      const status = /encoding: (?:gzip|chunked\r\ntransfer)/.test(head) ? 501 : 400;
      assert.ok(String(answer).startsWith(`HTTP/1.1 ${status} `), `${JSON.stringify(head)}: ${answer}`);
      client.end();
    }
    assert.deepEqual(asked, []);
  });

  test("a slow reader holds the endpoint back, and its bytes are all there", async () => {
    const size = 32 * 1024 * 1024;
    let sent = 0;
    const service = createServer((_request, response) => {
      response.writeHead(200, { "content-length": size });
      const more = () => {
        while (sent < size) {
          sent += 65_536;
          if (!response.write(Buffer.alloc(65_536))) return void response.once("drain", more);
        }
        response.end();
      };
      more();
    });
    const { port, budget } = await run({
      routes: to("back", "timeout: 0s, idle_timeout: 60s"),
      ports: { back: await listen(service) },
    });
    const client = await dial(port);
    client.pause();
    client.write("GET / HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n");
    await until(() => budget.used > 0, "bytes wait for the reader");
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.ok(sent < size, `${sent} bytes were taken from the endpoint`);
    let got = 0;
    client.on("data", (bytes) => {
      got += bytes.length;
    });
    client.resume();
    await once(client, "end");
    client.end();
    assert.ok(got > size);
  });

  test("a client that goes takes its request with it, and an endpoint that goes is told of", async () => {
    let closed = 0;
    const service = await startService((socket) => {
      socket.on("data", (bytes) => {
        if (String(bytes).startsWith("GET /die")) socket.destroy();
      });
      socket.on("end", () => {
        closed++;
        socket.end();
      });
    });
    cleanups.push(service.stop);
    const { port } = await run({ routes: to("back", "timeout: 30s"), ports: { back: service.port } });
    const client = await dial(port);
    client.write("GET /wait HTTP/1.1\r\nhost: h\r\n\r\n");
    await until(() => service.sockets.size === 1, "it is forwarded");
    client.destroy();
    await until(() => closed === 1, "the endpoint's connection is closed");
    const other = await dial(port);
    other.write("GET /die HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n");
    assert.match(await readAll(other), /^HTTP\/1\.1 503 [\s\S]*reset reason: connection termination$/);
    other.end();
  });

  test("HTTP/1.0, absolute targets, idle connections, and too many requests on one", async () => {
    const service = createServer((request, response) => response.end(`${request.headers.host} ${request.url}`));
    const back = await listen(service);
    const { port } = await run({
      routes: to("back", "timeout: 60s"),
      ports: { back },
      manager: "common_http_protocol_options: {idle_timeout: 0.3s, max_requests_per_connection: 2}",
    });
    const old = await dial(port);
    old.write("GET / HTTP/1.0\r\nhost: h\r\n\r\n");
    assert.match(await readAll(old), /^HTTP\/1\.1 426 /);
    old.end();
    const twice = await dial(port);
    twice.write(
      "GET http://abs.example/x?y HTTP/1.1\r\nhost: other\r\n\r\nGET /2 HTTP/1.1\r\nhost: h\r\n\r\nGET /3 HTTP/1.1\r\nhost: h\r\n\r\n",
    );
    const answers = await readAll(twice);
    twice.end();
    assert.match(answers, /abs\.example \/x\?y/);
    assert.match(answers, /connection: close[\s\S]*h \/2/);
    assert.doesNotMatch(answers, /h \/3/);
    const idle = await dial(port);
    assert.equal(await readAll(idle), "");
    idle.end();
  });

  test("connections that an endpoint closes while no request has them are closed, and not used again", async () => {
    const service = createServer((_request, response) => setTimeout(() => response.end("ok"), 100));
    service.keepAliveTimeout = 1;
    const { port, proxy } = await run({
      routes: to("back", "timeout: 60s"),
      ports: { back: await listen(service) },
    });
    const ask = async () => {
      const client = await dial(port);
      client.write("GET / HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n");
      assert.match(await readAll(client), /^HTTP\/1\.1 200 /);
      client.end();
    };
    const active = () => proxy.counters.collect().find(({ name }) => name.endsWith("upstream_cx_active"))?.value;
    for (let turn = 0; turn < 2; turn++) {
      await Promise.all(Array.from({ length: 10 }, ask));
      await until(
        () => active() === 0,
        () => `no connection to the endpoint is open: ${active()}`,
      );
    }
  });

  test("a client that invents names has no more than 1 024 connections kept for it", async () => {
    let open = 0;
    const service = createServer((_request, response) => response.end());
    service.keepAliveTimeout = 0;
    service.on("connection", (socket) => {
      open++;
      socket.on("close", () => open--);
    });
    const { port, proxy } = await run({
      routes: to("back", "timeout: 60s"),
      ports: { back: await listen(service) },
      cluster: "upstream_http_protocol_options: {auto_sni: true}",
    });
    const client = await dial(port);
    let text = "";
    client.setEncoding("latin1").on("data", (piece: string) => {
      text += piece;
    });
    for (let asked = 0; asked < 1100; asked += 50) {
      const names = Array.from({ length: 50 }, (_, index) => asked + index);
      client.write(names.map((name) => `GET / HTTP/1.1\r\nhost: h${name}\r\n\r\n`).join(""));
      await until(() => text.split("HTTP/1.1 200").length === 51, "all are answered");
      text = "";
    }
    client.destroy();
    await until(
      () => open === 1024,
      () => `connections that are open: ${open}`,
    );
    proxy.stop();
  });

  test("what the proxy listens on itself is not dialled", async () => {
    const [own] = await findFreePorts(1);
    await run({ routes: to("back", "timeout: 5s"), ports: { back: own! }, listen: own! });
    const client = await dial(own!);
    client.write("GET / HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n");
    assert.match(await readAll(client), /^HTTP\/1\.1 503 /);
    client.end();
  });

  test("a rewritten path is told over what a client told, and the request's id to who asks from inside for a trace", async () => {
    const service = createServer((request, response) => response.end(`${request.headers["x-envoy-original-path"]}`));
    const ask = async (manager: string, path: string) => {
      const { port } = await run({
        routes: to("back", "prefix_rewrite: /p/").replace("prefix: /", "prefix: /a"),
        ports: { back: (service.address() as { port: number } | null)?.port ?? (await listen(service)) },
        manager,
      });
      const client = await dial(port);
      const told = "x-envoy-original-path: /told\r\nx-envoy-force-trace: 1\r\nx-request-id: 7\r\n";
      client.write(`GET ${path} HTTP/1.1\r\nhost: h\r\nconnection: close\r\n${told}\r\n`);
      const answer = await readAll(client);
      client.end();
      return answer;
    };
    const inside = `use_remote_address: true, internal_address_config: {cidr_ranges: [{address_prefix: 127.0.0.0, prefix_len: 8}]}`;
    const answer = await ask(inside, "/a/b");
    assert.match(answer, /\r\n\r\n4\r\n\/a\/b\r\n|\r\n\r\n\/a\/b$/);
    assert.match(answer, /\r\nx-request-id: /);
    assert.match(await ask(inside, "/nowhere"), /^HTTP\/1\.1 404 [\s\S]*\r\nx-request-id: /);
    const outside = await ask("use_remote_address: true", "/a/b");
    assert.match(outside, /\/a\/b/);
    assert.doesNotMatch(outside, /x-request-id/);
  });

  test("verbatim forwarding is insisted on", async () => {
    const text = `tapline: {routing: VERBATIM}\n${bootstrap({ routes: to("back", "timeout: 5s, prefix_rewrite: /x"), ports: { back: 1 } })}`;
    await assert.rejects(parseProxyConfig(text, { readFile: () => new Uint8Array() }), {
      message: "tapline.routing is verbatim, and prefix_rewrite, timeout cannot be done so",
    });
  });

  interface Parts {
    readonly routes: string;
    readonly ports: Readonly<Record<string, number>>;
    readonly cluster?: string;
    readonly manager?: string;
    readonly listen?: number;
  }

  async function run(parts: Parts): Promise<Harness> {
    const harness = await startProxy(bootstrap(parts));
    cleanups.unshift(async () => {
      harness.proxy.stop();
    });
    settled.push(harness);
    return harness;
  }

  const settled: Harness[] = [];
  afterEach(async () => {
    for (const { proxy, budget } of settled.splice(0)) {
      await until(
        () => budget.used === 0,
        () => `the budget is free: ${budget.used}`,
      );
      for (const name of ["downstream-bytes", "upstream-bytes"] as const)
        await until(
          () => proxy.ledger.book(name).buffered === 0,
          () => `${name}: ${proxy.ledger.book(name).format()}`,
        );
    }
  });

  function bootstrap({ routes, ports, cluster, manager, listen = 0 }: Parts): string {
    const clusters = Object.entries(ports).map(
      ([name, port]) =>
        `  - {name: ${name}, load_assignment: {cluster_name: ${name}, endpoints: [{lb_endpoints: [{endpoint: {address: ${ip(port)}}}]}]}${cluster === undefined ? "" : `, ${cluster}`}}`,
    );
    return `static_resources:
  listeners:
  - name: front
    address: ${ip(listen)}
    filter_chains:
    - filters:
      - name: h
        typed_config: {"@type": ${TYPE}.filters.network.http_connection_manager.v3.HttpConnectionManager, stat_prefix: h, ${manager === undefined ? "" : `${manager}, `}route_config: {virtual_hosts: [{name: a, domains: ["*"], routes: [${routes}]}]}, http_filters: [{name: r, typed_config: {"@type": ${TYPE}.filters.http.router.v3.Router}}]}
  clusters:
${clusters.join("\n")}
`;
  }

  function to(cluster: string, more = ""): string {
    return `{match: {prefix: /}, route: {cluster: ${cluster}${more === "" ? "" : `, ${more}`}}}`;
  }

  async function listen(server: Server | ReturnType<typeof createHttp2Server>): Promise<number> {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    cleanups.push(() => server.close());
    return (server.address() as AddressInfo).port;
  }

  async function askHttp2(port: number, headers: Record<string, string>): Promise<string[]> {
    const session = connect(`http://127.0.0.1:${port}`);
    const stream = session.request(headers);
    let text = "";
    stream.on("data", (chunk) => {
      text += chunk;
    });
    const [head] = await once(stream, "response");
    await once(stream, "end");
    session.close();
    return [String(head[":status"]), text];
  }
});
