import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { connect } from "node:net";
import { type TestContext, test } from "node:test";
import { brotliCompressSync, gzipSync, zstdCompressSync } from "node:zlib";
import { buildExchange } from "../../../test/support/build-exchange.ts";
import { until } from "../../../test/support/proxy-harness.ts";
import { toTelemetry } from "../../analysis/http/telemetry/index.ts";
import { type HttpExchange, Ledger, MemoryBudget, type Submission } from "../../model/index.ts";
import { DEFAULT_TELEMETRY_OPTIONS, type TelemetryFormat, writeTelemetry } from "../../wire/telemetry/index.ts";
import { TraceReceiver, type TraceReceiverOptions } from "./index.ts";

const FORMATS: readonly TelemetryFormat[] = ["scn", "apiclarity"];

function write(format: TelemetryFormat, parts: Parameters<typeof buildExchange>[0] = {}): string {
  const options = { ...DEFAULT_TELEMETRY_OPTIONS, format };
  return writeTelemetry(toTelemetry(buildExchange(parts), options), format);
}

async function start(t: TestContext, options: Partial<TraceReceiverOptions> = {}) {
  const ledger = new Ledger();
  const budget = new MemoryBudget(100_000_000);
  const taken: HttpExchange[] = [];
  const take = (exchange: HttpExchange): Submission => {
    taken.push(exchange);
    return "taken";
  };
  const listen = { kind: "ip", address: "127.0.0.1", port: 0 } as const;
  const receiver = new TraceReceiver({ listen, ledger, budget, take, ...options });
  const { port } = await receiver.start();
  t.after(() => receiver.stop(0));
  const book = () => ledger.book("received-traces").format();
  const call = (method: string, path: string, body?: string | Uint8Array, headers: Record<string, string> = {}) =>
    new Promise<{ status: number; headers: Record<string, unknown>; text: string }>((resolve, reject) => {
      const outgoing = request({ port, method, path, headers, agent: false }, async (response) => {
        let text = "";
        for await (const chunk of response.setEncoding("latin1")) text += chunk;
        resolve({ status: response.statusCode!, headers: response.headers, text });
      });
      outgoing.on("error", reject).end(body);
    });
  return { port, taken, book, budget, call };
}

test("both formats on both paths, without a content-type; answered with 200 and nothing", async (t) => {
  const { call, taken, book, budget } = await start(t);
  for (const format of FORMATS)
    for (const path of ["/publish", "/api/telemetry?x=1"]) {
      const { status, text } = await call("POST", path, write(format, { target: `/${format}` }));
      assert.deepEqual([status, text], [200, ""]);
    }
  assert.deepEqual(
    taken.map(({ request: asked }) => asked!.target),
    ["/scn", "/scn", "/apiclarity", "/apiclarity"],
  );
  assert.deepEqual([book(), budget.used], ["received-traces: 4 in = 4 handled", 0]);
});

test("gzip, br and zstd, one in another too; what is none is refused", async (t) => {
  const { call, taken, budget, book } = await start(t, { maxBytes: 100_000 });
  const text = write("scn");
  const codings: readonly [coding: string, body: Uint8Array, status: number][] = [
    ["gzip", gzipSync(text), 200],
    ["br", brotliCompressSync(text), 200],
    ["zstd", zstdCompressSync(text), 200],
    ["gzip, zstd", zstdCompressSync(gzipSync(text)), 200],
    ["identity", Buffer.from(text), 200],
    ["gzip", Buffer.from(text), 400],
    ["gzip", gzipSync(text).subarray(0, 100), 400],
    ["compress", Buffer.from(text), 415],
    ["gzip", gzipSync("x".repeat(100_001)), 413],
  ];
  for (const [coding, body, status] of codings) {
    const answer = await call("POST", "/publish", body, { "content-encoding": coding });
    assert.equal(answer.status, status, coding);
  }
  assert.deepEqual([taken.length, budget.used], [5, 0]);
  assert.match(book(), /dropped \(not-decodable 2, unknown-coding 1, too-large 1\)/);
});

test("two whole bodies of a megabyte fit; what is larger than the limit is refused before it is read", async (t) => {
  const { call, taken } = await start(t);
  const megabyte = new Uint8Array(1_000_000);
  const large = write("apiclarity", { requestBody: megabyte, responseBody: megabyte });
  assert.equal((await call("POST", "/api/telemetry", large)).status, 200);
  assert.equal(taken[0]!.response!.body.bytes.length, 1_000_000);
  const small = await start(t, { maxBytes: 1000 });
  assert.equal((await small.call("POST", "/publish", "x".repeat(1001))).status, 413);
  assert.equal(
    (await small.call("POST", "/publish", "x".repeat(5000), { "transfer-encoding": "chunked" })).status,
    413,
  );
  assert.match(small.book(), /too-large 2/);
  assert.equal(small.budget.used, 0);
});

test("a wrong document gets 400, with its place", async (t) => {
  const { call, book } = await start(t);
  for (const [document, message] of [
    ['{"request": {"path": "/a"b"}', "line 1, column 26 (byte 25): expected , or }"],
    ['{"scnt_request":{"headers":[["a"]]}}', "scnt_request.headers[0]: expected"],
    ["[]", "expected an object, found a list of 0"],
    ["", "line 1, column 1 (byte 0): the document ends early"],
  ] as const) {
    const answer = await call("POST", "/publish", document);
    assert.equal(answer.status, 400);
    assert.ok(JSON.parse(answer.text).message.startsWith(message), answer.text);
  }
  assert.equal(book(), "received-traces: 4 in = 0 handled + 4 dropped (not-json 2, not-a-trace 2)");
});

test("a report of the original that is no JSON is taken, and says so", async (t) => {
  const { call, taken } = await start(t);
  const document = '{"scnt_request":{"method":"GET","path":"/a"b\\","host":"h"}}';
  assert.equal((await call("POST", "/publish", document)).status, 200);
  assert.deepEqual([taken[0]!.request!.target, taken[0]!.problems.at(-1)], ['/a"b\\', "broken-report"]);
});

test("methods, paths, pages and tokens", async (t) => {
  const { call } = await start(t, { token: "t0k" });
  const get = await call("GET", "/publish");
  assert.deepEqual([get.status, get.headers["allow"]], [405, "POST"]);
  assert.equal((await call("POST", "/other", "{}")).status, 404);
  const body = write("scn");
  const statuses: number[] = [];
  for (const headers of [
    {},
    { "x-trace-source-token": "wrong" },
    { "x-trace-source-token": "t0k" },
    { authorization: "Bearer t0k" },
    { authorization: "Bearer t0k", origin: "https://evil.example" },
  ] as Record<string, string>[])
    statuses.push((await call("POST", "/publish", body, headers)).status);
  assert.deepEqual(statuses, [401, 401, 200, 200, 403]);
  assert.equal((await call("GET", "/api/hostsToTrace")).status, 401);
});

test("the list of hosts, with exactly the type that the original filter takes", async (t) => {
  const { call } = await start(t);
  const all = await call("GET", "/api/hostsToTrace");
  assert.deepEqual([all.headers["content-type"], JSON.parse(all.text)], ["application/json", { hosts: ["*"] }]);
  const some = await start(t, { hosts: () => ["a.b:80"] });
  assert.deepEqual(JSON.parse((await some.call("GET", "/api/hostsToTrace")).text), { hosts: ["a.b:80"] });
});

test("serves the filter's file, and says where there is none", async (t) => {
  const filter = { bytes: Buffer.from("\0asm"), sha256: "abc" };
  const { call } = await start(t, { filter: () => filter });
  const got = await call("GET", "/http-trace-filter.wasm");
  assert.deepEqual(
    [got.text, got.headers["content-type"], got.headers["etag"]],
    ["\0asm", "application/wasm", '"abc"'],
  );
  const none = await start(t, { filter: () => undefined });
  assert.equal((await none.call("GET", "/http-trace-filter.wasm")).status, 404);
});

test("hundreds of reports at once are taken, each once, in no more memory than those that are under way", async (t) => {
  const { port, taken, book, budget } = await start(t);
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  let most = 0;
  const post = (id: number) =>
    new Promise<number>((resolve, reject) => {
      const body = write("scn", { target: `/${id}`, requestBody: "x".repeat(5000), responseBody: "y".repeat(5000) });
      const outgoing = request({ port, method: "POST", path: "/publish", agent }, (response) => {
        most = Math.max(most, budget.used);
        response.resume().on("end", () => resolve(response.statusCode!));
      });
      outgoing.on("error", reject).end(body);
    });
  const statuses = await Promise.all(Array.from({ length: 600 }, (_, id) => post(id)));
  agent.destroy();
  assert.deepEqual(new Set(statuses), new Set([200]));
  assert.equal(new Set(taken.map(({ request: asked }) => asked!.target)).size, 600);
  assert.ok(most < 16 * 64 * 1024, `${most} bytes were held`);
  assert.deepEqual([book(), budget.used], ["received-traces: 600 in = 600 handled", 0]);
});

test("what is not taken now is answered with 503, at once, and may come again", async (t) => {
  const { call, book } = await start(t, { take: () => ({ dropped: "store-busy" }) });
  const { status, headers } = await call("POST", "/publish", write("scn"));
  assert.deepEqual([status, headers["retry-after"]], [503, "1"]);
  assert.match(book(), /store-busy 1/);
  const tight = await start(t, { budget: new MemoryBudget(10) });
  assert.equal((await tight.call("POST", "/publish", write("scn"))).status, 503);
  const failing = await start(t, { take: () => Promise.reject(new Error("disk")) });
  assert.equal((await failing.call("POST", "/publish", write("scn"))).status, 503);
});

test("a client that goes away is counted, and leaves nothing behind", async (t) => {
  const { port, book, budget } = await start(t);
  const socket = connect(port, "127.0.0.1");
  socket.write("POST /publish HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nhalf");
  await until(() => budget.used > 0, "the beginning is kept");
  socket.destroy();
  await until(() => budget.used === 0, "it is let go of");
  assert.match(book(), /client-went-away 1/);
});

test("reports of one connection are of one connection, and of another reporter of another", async (t) => {
  const { call, taken } = await start(t);
  await call("POST", "/publish", write("scn"));
  await call("POST", "/api/telemetry", write("apiclarity"));
  await call(
    "POST",
    "/publish",
    write("scn", { connection: { remote: { kind: "ip", address: "10.9.9.9", port: 1 } } }),
  );
  const [first, second, third] = taken.map(({ connection }) => connection);
  assert.equal(first, second);
  assert.notEqual(first!.id, third!.id);
  assert.deepEqual(third!.remote, { kind: "ip", address: "10.9.9.9", port: 1 });
  assert.equal(first!.source, "127.0.0.1");
});

test("a thousand clients that connect while the event loop is at work are connected", async (t) => {
  const most = Number(tryRead("/proc/sys/net/core/somaxconn") ?? 0);
  if (most < CLIENTS) return t.skip(`the kernel lets ${most} wait`);
  const { port } = await start(t);
  // The loop is at work until the clients have been waited for: none of them is accepted before.
  const connected = execFileSync(process.execPath, ["-e", CONNECT, String(port), String(CLIENTS)], {
    encoding: "utf8",
  });
  assert.equal(connected, `${CLIENTS}`);
});

const CLIENTS = 1000;
/** Says how many of its connections were made when all were, or after twenty seconds. */
const CONNECT = `
  const [port, count] = process.argv.slice(-2).map(Number);
  let connected = 0;
  const say = () => { process.stdout.write(String(connected)); process.exit(); };
  setTimeout(say, 20_000);
  for (let at = 0; at < count; at++)
    require("net").connect(port, "127.0.0.1", () => { if (++connected === count) setTimeout(say, 100); }).on("error", () => {});
`;

function tryRead(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}
