import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { Agent, createServer, get, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { promisify } from "node:util";
import { findProgram, skipUnless } from "../support/needs.ts";
import { findFreePorts, startProgram, waitForPort } from "../support/processes.ts";
import { runProgram } from "../support/run-program.ts";
import { MAIN } from "../support/tapline-main.ts";
import { makeTemporaryFolder } from "../support/temporary-folder.ts";
import { startTraceBackend } from "../support/trace-backend.ts";
import { runWatched, type SeenExchange, skipWithoutKernel, watch } from "./support/kernel.ts";

const run = promisify(execFile);
const skip = await skipWithoutKernel();

describe("sockets of processes", { skip }, () => {
  test("a command's exchanges are shown, and its exit code is the command's own", async (context) => {
    const port = await serve(context);
    const script = `curl -s ${url(port, "/a")} ${url(port, "/b?x=1")}; curl -s -d @- ${url(port, "/post")} < /etc/passwd; exit 7`;
    const { code, exchanges } = await runWatched([], ["sh", "-c", script]);
    assert.equal(code, 7);
    assert.deepEqual(exchanges.map(summarize), [
      "curl client GET /a 200 1 complete",
      "curl client GET /b?x=1 200 1 complete",
      "curl client POST /post 200 1 complete",
    ]);
    assert.ok((exchanges[2]?.request?.body.size ?? 0) > 100);
  });

  test("a command or a process that is not there is told, and nothing goes on", { timeout: 60_000 }, async () => {
    for (const [args, said] of [
      [["run", "--", "no-such-command"], "there is no command no-such-command; it is looked for in PATH"],
      [["run", "--", "/no/such/command"], "there is no command /no/such/command"],
      [["run", "--", "/etc/passwd"], "/etc/passwd cannot be run; it is no file that may be executed"],
      [["agent", "--show", "--pid", "4194304"], "there is no process 4194304 on this machine; --comm watches"],
    ] as const) {
      const { code, stderr } = await runProgram(process.execPath, [MAIN, ...args], { timeoutMillis: 20_000 });
      assert.deepEqual([code, stderr.includes(said)], [2, true], stderr);
    }
  });

  test("IPv6, and IPv4 by a socket of IPv6: both ends have their addresses", async (context) => {
    const server = createServer((_, response) => response.end("6")).listen(0, "::");
    context.after(() => server.close());
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const script = `curl -sg http://[::1]:${port}/6 http://[::ffff:127.0.0.1]:${port}/4`;
    const { exchanges } = await runWatched([], ["sh", "-c", script]);
    assert.deepEqual(
      exchanges.map(({ request, connection }) => [
        request?.target,
        connection.local?.address,
        connection.remote?.address,
        connection.remote?.port,
      ]),
      [
        ["/6", "::1", "::1", port],
        ["/4", "127.0.0.1", "127.0.0.1", port],
      ],
    );
  });

  test("exchanges are reported to a backend; one that is not there does not change the command's exit code", async (context) => {
    const port = await serve(context);
    const backend = await startTraceBackend();
    context.after(backend.close);
    const curl = ["curl", "-s", "-H", "authorization: Bearer s3cretT0ken42x", url(port, "/a")];
    const { code } = await runWatched(["--publish", `http://127.0.0.1:${backend.port}`], curl);
    assert.equal(code, 0);
    const reports = backend.posted.map(({ path, body }) => [path, JSON.parse(body.toString()) as Report] as const);
    assert.deepEqual(
      reports.map(([path, report]) => [
        path,
        report.scnt_request.method,
        report.scnt_request.path,
        report.scnt_response.status_code,
      ]),
      [["/publish", "GET", "/a", "200"]],
    );
    assert.ok(!backend.posted[0]!.body.includes("s3cretT0ken42x"));
    const away = await runWatched(
      ["--publish", "http://127.0.0.1:1"],
      ["sh", "-c", `curl -s ${url(port, "/a")}; exit 3`],
    );
    assert.deepEqual([away.code, away.exchanges.length], [3, 1]);
    assert.match(away.errors, /published: 1 in = 0 handled \+ 1 dropped/);
  });

  test("a server that runs is watched: connections older than the agent too, both roles told", async (context) => {
    const [port] = (await findFreePorts(1)) as [number];
    const server = startProgram(process.execPath, ["-e", SERVER, String(port)]);
    context.after(() => server.stop());
    await waitForPort(port);
    const keepAlive = new Agent({ keepAlive: true, maxSockets: 1 });
    context.after(() => keepAlive.destroy());
    await ask(port, "/before", keepAlive);
    const seen = await watch(["--pid", String(server.child.pid)]);
    await ask(port, "/after/1", keepAlive);
    await ask(port, "/after/2", keepAlive);
    await ask(port, "/large", new Agent(), 1_000_000);
    await seen.until(3);
    assert.equal(await seen.stop(), 0);
    assert.deepEqual(seen.exchanges.map(summarize), [
      "node server GET /after/1 200 2 complete",
      "node server GET /after/2 200 2 complete",
      "node server GET /large 200 1000000 truncated",
    ]);
    assert.ok(seen.exchanges.every(({ connection }) => connection.process.pid === server.child.pid));
    assert.equal(seen.exchanges[0]?.connection.opened, undefined);
    assert.notEqual(seen.exchanges[2]?.connection.opened, undefined);
  });

  test("a thousand connections, pipelined requests, processes that a server forks", async (context) => {
    const [port, forking] = (await findFreePorts(2)) as [number, number];
    const server = startProgram(process.execPath, ["-e", SERVER, String(port)]);
    const forks = startProgram("python3", ["-c", FORKING_SERVER, String(forking)]);
    context.after(async () => {
      await server.stop();
      await forks.stop();
    });
    await Promise.all([waitForPort(port), waitForPort(forking)]);
    const seen = await watch(["--pid", String(server.child.pid), "--pid", String(forks.child.pid)]);
    for (let batch = 0; batch < 10; batch++)
      await Promise.all(Array.from({ length: 100 }, (_, i) => ask(port, `/n/${batch * 100 + i}`, new Agent())));
    const socket = connect(port, "127.0.0.1");
    socket.write(Array.from({ length: 5 }, (_, i) => `GET /p/${i} HTTP/1.1\r\nhost: x\r\n\r\n`).join(""));
    for (let i = 0; i < 10; i++) await ask(forking, `/f/${i}`, new Agent());
    await seen.until(1015);
    socket.destroy();
    assert.equal(await seen.stop(), 0);
    const targets = seen.exchanges.map(({ request }) => request?.target);
    const expected = [
      ...Array.from({ length: 1000 }, (_, i) => `/n/${i}`),
      ...Array.from({ length: 5 }, (_, i) => `/p/${i}`),
      ...Array.from({ length: 10 }, (_, i) => `/f/${i}`),
    ];
    assert.deepEqual([...targets].sort(), expected.sort());
    assert.ok(seen.exchanges.every(({ quality, response }) => quality === "complete" && response?.status === 200));
  });

  test("only connections with a port that is asked for", async (context) => {
    const wanted = await serve(context);
    const other = await serve(context);
    const { exchanges } = await watchedPorts(wanted, `curl -s ${url(other, "/no")} ${url(wanted, "/yes")}`);
    assert.deepEqual(exchanges.map(summarize), ["curl client GET /yes 200 1 complete"]);
  });

  test("Redis and DNS", { skip: skipUnless("redis-server", "redis-cli", "dig") }, async (context) => {
    const [port, dns] = (await findFreePorts(2)) as [number, number];
    const redis = startProgram("redis-server", ["--port", String(port), "--bind", "127.0.0.1", "--save", ""]);
    context.after(() => redis.stop());
    await waitForPort(port);
    const cli = `redis-cli -p ${port}`;
    const dig = `dig @127.0.0.1 -p ${dns} +tries=1 +timeout=1 example.com`;
    const { exchanges } = await runWatched([], ["sh", "-c", `${cli} set a 1; ${cli} get a; ${dig}`]);
    const operations = exchanges.map(({ operation }) => operation);
    for (const operation of ["SET a", "GET a", "A example.com"])
      assert.ok(operations.includes(operation), operations.join());
    const [asked] = exchanges.filter(({ kind }) => kind === "dns");
    assert.deepEqual(asked?.connection.remote, { address: "127.0.0.1", port: dns });
    assert.equal(asked?.connection.role, "client");
  });

  test("packets that would have carried it", { skip: skipUnless("tshark") }, async (context) => {
    const port = await serve(context);
    const folder = makeTemporaryFolder();
    context.after(() => folder.remove());
    const file = join(folder.path, "seen.pcapng");
    await runWatched(["-w", file], ["curl", "-s", url(port, "/packets")]);
    const args = [
      "-r",
      file,
      "-d",
      `tcp.port==${port},http`,
      "-T",
      "fields",
      "-e",
      "http.request.uri",
      "-e",
      "http.response.code",
    ];
    const { stdout } = await run(findProgram("tshark")!, args);
    assert.deepEqual(
      stdout.split(/\s+/).filter((field) => field !== ""),
      ["/packets", "200"],
    );
    assert.match(readFileSync(file, "latin1"), /pid \d+, command curl/);
  });

  test("SSLKEYLOGFILE is a pipe of the command's own, and is gone afterwards", async () => {
    const script = 'stat -c "%F %a" "$SSLKEYLOGFILE" >&2; echo "$SSLKEYLOGFILE" >&2';
    const { errors, code } = await runWatched([], ["sh", "-c", script]);
    assert.equal(code, 0);
    const [what, path] = errors.split("\n") as [string, string];
    assert.equal(what, "fifo 600");
    assert.throws(() => readFileSync(path), /ENOENT/);
  });
});

const SERVER = `
const text = (path) => path === "/large" ? "x".repeat(1e6) : "ok";
require("node:http").createServer({ keepAliveTimeout: 120_000 }, (q, r) => q.resume().on("end", () => r.end(text(q.url)))).listen(+process.argv[1], "127.0.0.1");
`;

const FORKING_SERVER = `
import http.server, socketserver, sys
class Server(socketserver.ForkingMixIn, http.server.HTTPServer): request_queue_size = 64
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"ok")
    def log_message(self, *rest): pass
Server(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
`;

function summarize({ connection, request, response, quality }: SeenExchange): string {
  const { role, process } = connection;
  return [process.command, role, request?.method, request?.target, response?.status, response?.body.size, quality].join(
    " ",
  );
}

function url(port: number, path: string): string {
  return `http://127.0.0.1:${port}${path}`;
}

/** A server in this process, which answers with one byte. */
async function serve(context: TestContext): Promise<number> {
  const server: Server = createServer((incoming, response) => incoming.resume().on("end", () => response.end("1")));
  server.listen(0, "127.0.0.1");
  context.after(() => server.close());
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

function ask(port: number, path: string, agent: Agent, size = 2): Promise<void> {
  return new Promise((resolve, reject) => {
    get({ port, host: "127.0.0.1", path, agent }, (response) => {
      let received = 0;
      response.on("data", (chunk: Uint8Array) => {
        received += chunk.length;
      });
      response.on("end", () => (received === size ? resolve() : reject(new Error(`${path}: ${received} bytes`))));
    }).on("error", reject);
  });
}

async function watchedPorts(port: number, script: string) {
  const seen = await watch(["--port", String(port), "--comm", "curl"]);
  await run("sh", ["-c", script]);
  await seen.until(1);
  await seen.stop();
  return seen;
}

interface Report {
  readonly scnt_request: { readonly method: string; readonly path: string };
  readonly scnt_response: { readonly status_code: string };
}
