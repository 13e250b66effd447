import assert from "node:assert/strict";
import { Agent, request } from "node:http";
import { after, before, describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { runProgram } from "../../../test/support/run-program.ts";
import { MAIN } from "../../../test/support/tapline-main.ts";
import { makeTemporaryFolder } from "../../../test/support/temporary-folder.ts";
import { Redactor } from "../../analysis/redaction/index.ts";
import { Ledger, MemoryBudget } from "../../model/index.ts";
import type { TraceReceiver } from "../../source/receive-traces/index.ts";
import { Collector } from "../server/collector.ts";
import { SqliteStore } from "../store/sqlite-store.ts";
import { receiveReports } from "./receive-reports.ts";

const report = (id: string, more: object = {}) => ({
  request_id: id,
  scheme: "",
  destination_address: "10.0.0.9:8080",
  destination_namespace: "shop",
  source_address: "[::1]:51234",
  scnt_request: {
    method: "POST",
    path: `/cart/${id}?token=s3cr3t-s3cr3t`,
    host: "shop:8080",
    version: "",
    headers: [
      ["host", "shop:8080"],
      ["authorization", "Bearer abcdefghijklmnop"],
      ["x-request-id", id],
    ],
    body: Buffer.from("hello").toString("base64"),
    truncated_body: false,
  },
  scnt_response: {
    status_code: "503",
    version: "",
    headers: [["content-type", "text/plain"]],
    body: "b2s=",
    truncated_body: false,
  },
  ...more,
});

describe("the receiver of reports", () => {
  const folder = makeTemporaryFolder();
  const ledger = new Ledger();
  const budget = new MemoryBudget(64 * 1024 * 1024);
  let collector: Collector;
  let ingest: TraceReceiver;
  let closed: TraceReceiver;
  let url: string;
  let api: string;

  before(async () => {
    const store = await SqliteStore.open({ folder: folder.path, keepMillis: 1e12, maxBytes: 1e12 });
    const silent = { debug() {}, info() {}, warn() {}, error() {} };
    const listen = { kind: "ip", address: "127.0.0.1", port: 0 } as const;
    collector = new Collector({
      store,
      ledger,
      budget,
      logger: silent,
      redactor: new Redactor(),
      listen,
      access: {},
      page: "/nowhere",
    });
    api = `http://127.0.0.1:${(await collector.start()).port}/api/v1`;
    const options = { collector, ledger, listen, hosts: () => ["shop:8080"], maxBytes: 5 * 1024 * 1024 };
    ingest = receiveReports({ ...options, token: undefined });
    url = `http://127.0.0.1:${(await ingest.start()).port}`;
    closed = receiveReports({ ...options, token: "letmein" });
  });
  after(async () => {
    await ingest.stop();
    await closed.stop();
    await collector.stop();
    folder.remove();
    assert.deepEqual([budget.used, ledger.balanced, ledger.unsettled], [0, true, []]);
  });

  const post = async (path: string, body: unknown, headers: Record<string, string> = {}): Promise<number> => {
    const sent = body instanceof Uint8Array || typeof body === "string" ? body : JSON.stringify(body);
    return (await fetch(`${url}${path}`, { method: "POST", body: sent as string, headers })).status;
  };
  // biome-ignore lint/suspicious/noExplicitAny: answers of the API, whose fields are asserted
  const ask = async (path: string) => (await fetch(`${api}${path}`)).json() as Promise<any>;

  test("keeps both formats on both paths before it answers, redacted, found by what is in them", async () => {
    for (const path of ["/publish", "/api/telemetry"]) {
      const id = `id${path.replaceAll("/", "-")}`;
      assert.equal(await post(path, report(id)), 200);
      const { items } = await ask(`/exchanges?filter=${encodeURIComponent(`request.id == '${id}' && 5xx`)}`);
      assert.equal(items.length, 1);
      const { document } = await ask(`/exchanges/${items[0].id}`);
      assert.equal(document.request.body.text, "hello");
      assert.equal(document.connection.remote.address, "::1");
      assert.doesNotMatch(JSON.stringify(document), /s3cr3t|abcdefghijklmnop/);
    }
    const apiclarity = {
      requestID: "b",
      destinationAddress: "10.0.0.9:80",
      sourceAddress: "10.0.0.5:1",
      request: {
        method: "GET",
        path: "/b",
        host: "h",
        common: { headers: [{ key: "a", value: "b" }], time: 1700000000123 },
      },
      response: { statusCode: "", common: null },
    };
    assert.equal(await post("/publish", gzipSync(JSON.stringify(apiclarity)), { "content-encoding": "gzip" }), 200);
    const { items } = await ask("/exchanges?filter=request.path=='/b'");
    assert.equal(items[0].time, 1700000000123000);
    assert.equal(items[0].outcome, "none");
  });

  test("tells who looks on of each as it comes, with the mark of a body that was cut", async () => {
    const leave = new AbortController();
    const stream = await fetch(`${api}/stream?filter=request.method=='POST'`, { signal: leave.signal });
    const reader = stream.body!.pipeThrough(new TextDecoderStream()).getReader();
    let told = "";
    const read = async (wanted: RegExp): Promise<string> => {
      for (;;) {
        const found = wanted.exec(told);
        if (found !== null) return found[1]!;
        told += (await reader.read()).value;
      }
    };
    await read(/(hello)/);
    const cut = report("cut");
    const headers = [...cut.scnt_request.headers, ["content-length", "2000000"]];
    assert.equal(
      await post("/publish", {
        ...cut,
        scnt_request: { ...cut.scnt_request, headers, body: "", truncated_body: true },
      }),
      200,
    );
    const [line] = JSON.parse(await read(/data: (.*cut.*)\n/)).items;
    leave.abort();
    assert.deepEqual([line.outcome, line.status], ["error", "503"]);
    assert.equal(line.quality, "truncated");
    const { items } = await ask("/exchanges?filter=request.id=='cut'");
    assert.deepEqual([items.length, items[0].id, items[0].quality], [1, line.id, "truncated"]);
    const { document } = await ask(`/exchanges/${line.id}`);
    assert.deepEqual([document.request.body.truncated, document.request.body.size], [true, 2_000_000]);
    assert.deepEqual([document.connection.remote.address, document.connection.local.port], ["::1", 8080]);
  });

  test("counts a request once that two sidecars report", async () => {
    const seen = (source: string, destination: string) =>
      report("twice", { source_address: source, destination_address: destination });
    for (const one of [seen("10.1.0.1:5000", "10.2.0.1:80"), seen("10.1.0.1:6000", "10.2.0.7:80")])
      assert.equal(await post("/publish", one), 200);
    const filter = "filter=request.id=='twice'";
    const { items } = await ask(`/exchanges?${filter}`);
    assert.deepEqual(items.map(({ isCounted }: { isCounted: boolean }) => isCounted).sort(), [false, true]);
    const { buckets } = await ask(`/series?${filter}`);
    assert.equal(
      buckets.flat().reduce((sum: number, one: number) => sum + one, 0),
      1,
    );
    const { routes } = await ask("/services");
    const route = routes.find((one: { route: string }) => one.route === "/cart/twice");
    assert.deepEqual(route.counts, [0, 0, 0, 1, 0]);
  });

  test("counts once what two report of one connection at one time; what follows on it is another request", async () => {
    const at = (id: string, start: number, end: number) => ({
      requestID: id,
      destinationAddress: "10.2.0.1:80",
      sourceAddress: "10.1.0.1:5000",
      request: { method: "GET", path: "/same", host: "h", common: { time: start } },
      response: { statusCode: "200", common: { time: end } },
    });
    for (const one of [at("s", 1000, 1040), at("s", 1002, 1038), at("s", 1100, 1140)])
      assert.equal(await post("/api/telemetry", one), 200);
    const { items } = await ask("/exchanges?filter=request.path=='/same'");
    assert.deepEqual(items.map(({ isCounted }: { isCounted: boolean }) => isCounted).sort(), [false, true, true]);
  });

  test("refuses what it cannot read, and says why", async () => {
    assert.equal(await post("/publish", "{"), 400);
    assert.equal(await post("/publish", { hello: 1 }), 400);
    assert.equal(await post("/publish", "x", { "content-encoding": "gzip" }), 400);
    assert.equal(await post("/publish", gzipSync(Buffer.alloc(6 * 1024 * 1024)), { "content-encoding": "gzip" }), 413);
    assert.equal(await post("/publish", Buffer.alloc(6 * 1024 * 1024)), 413);
    assert.equal((await fetch(`${url}/publish`)).status, 405);
    assert.equal(await post("/elsewhere", {}), 404);
    assert.equal(await post("/publish", report("large", { padding: "x".repeat(4 * 1024 * 1024) })), 200);
    const book = ledger.book("received-traces");
    assert.deepEqual(Object.fromEntries(book.droppedBy), {
      "not-json": 1,
      "not-a-trace": 1,
      "not-decodable": 1,
      "too-large": 2,
      "wrong-method": 1,
    });
    const { sources } = await ask("/sources");
    assert.equal(sources[0].lost["too-large"], 2);
  });

  test("tells exporters which hosts to trace, as the original one takes it", async () => {
    await post("/publish", report("before-it-asks"));
    assert.ok(collector.senders.awaitedUntil! > Date.now() + 23 * 3600_000, "it may be there and silent");
    const answer = await fetch(`${url}/api/hostsToTrace`);
    assert.equal(collector.senders.awaitedUntil, undefined, "it asks again where it is there");
    assert.equal(answer.headers.get("content-type"), "application/json");
    assert.deepEqual(await answer.json(), { hosts: ["shop:8080"] });
  });

  test("takes nothing without the token, where one is wanted", async () => {
    const { port } = await closed.start();
    const send = async (headers: Record<string, string>): Promise<number> =>
      (await fetch(`http://127.0.0.1:${port}/publish`, { method: "POST", body: JSON.stringify(report("t")), headers }))
        .status;
    assert.equal(await send({}), 401);
    assert.equal(await send({ authorization: "Bearer wrong" }), 401);
    assert.equal(await send({ authorization: "Bearer letmein" }), 200);
    assert.equal(await send({ "x-trace-source-token": "letmein" }), 200);
  });

  test("answers those with 503 at once that there is no room for, on connections that stay, and keeps what it acknowledged", async () => {
    const listen = { kind: "ip", address: "127.0.0.1", port: 0 } as const;
    const narrow = receiveReports({ collector, ledger, listen, token: undefined, hosts: () => [], maxOpen: 4 });
    const { port } = await narrow.start();
    const agent = new Agent({ keepAlive: true, maxSockets: 64 });
    const statuses = await Promise.all(
      Array.from(
        { length: 64 },
        (_, index) =>
          new Promise<number>((resolve, reject) => {
            const outgoing = request({ port, method: "POST", path: "/publish", agent }, (response) => {
              if (response.statusCode === 503) assert.equal(response.headers["retry-after"], "1");
              assert.notEqual(response.headers.connection, "close");
              response.resume().on("end", () => resolve(response.statusCode!));
            });
            const body = JSON.stringify(report(`flood-${index}`));
            outgoing.setHeader("content-length", Buffer.byteLength(body));
            outgoing.on("error", reject).end(body);
          }),
      ),
    );
    agent.destroy();
    await narrow.stop();
    const taken = statuses.filter((status) => status === 200).length;
    assert.ok(taken >= 4 && statuses.every((status) => status === 200 || status === 503));
    assert.ok(taken < 64);
    const { items } = await ask("/exchanges?limit=1000&filter=request.id.startsWith('flood-')");
    assert.equal(items.length, taken);
  });

  test("answers nothing about traffic, and nothing to other pages", async () => {
    assert.equal((await fetch(`${url}/api/v1/exchanges`)).status, 404);
    assert.equal((await fetch(`${api}/exchanges`, { headers: { origin: "http://evil.example" } })).status, 403);
    assert.equal((await fetch(`${api}/exchanges?filter=response.cod==1`)).status, 400);
    const description = await ask("/openapi.json");
    assert.equal(description.openapi, "3.1.0");
    assert.ok(description.paths["/api/v1/exchanges/{id}/bytes"]);
  });

  test("gives copies in every format, and removes what is asked for", async () => {
    await post("/publish", report("copy"));
    const { items } = await ask("/exchanges?filter=request.id=='copy'");
    const copy = async (format: string) =>
      (await fetch(`${api}/exchanges/${items[0].id}/bytes?format=${format}`)).text();
    assert.match(await copy("curl"), /^# .*: 503\ncurl 'http:\/\/shop:8080\/cart\/copy\?token=redacted/);
    assert.match(
      await copy("httpie"),
      /\nhttp --ignore-stdin --raw .* POST 'http:\/\/shop:8080\/cart\/copy\?token=redacted/,
    );
    assert.match(await copy("har"), /"method":\s*"POST"/);
    assert.match(await copy("pcapng"), /POST \/cart\/copy/);
    assert.doesNotMatch(await copy("pcapng"), /s3cr3t/);
    const lines = await (await fetch(`${api}/documents?filter=request.id=='copy'`)).text();
    assert.equal(JSON.parse(lines).request.target, items[0].target);
    const { stdout } = await runProgram(process.execPath, [
      MAIN,
      "query",
      "--url",
      api.replace("/api/v1", ""),
      "request.id == 'copy'",
    ]);
    assert.match(stdout, /POST +shop:8080 +\/cart\/copy/);
    const removed = await fetch(`${api}/exchanges?filter=request.id=='copy'`, { method: "DELETE" });
    assert.deepEqual(await removed.json(), { removed: 1 });
    assert.equal((await fetch(`${api}/exchanges/${items[0].id}`)).status, 404);
    assert.equal((await fetch(`${api}/exchanges`, { method: "DELETE" })).status, 400);
  });
});
