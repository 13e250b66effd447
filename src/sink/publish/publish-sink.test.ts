import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { buildExchange } from "../../../test/support/build-exchange.ts";
import { type Posted, startTraceBackend } from "../../../test/support/trace-backend.ts";
import { type Endpoint, type Exchange, Ledger, type Logger, MemoryBudget } from "../../model/index.ts";
import { defaultTraceExporter, type TraceExporterConfig } from "../../tap/config/trace-exporter-config.ts";
import { DEFAULT_TELEMETRY_OPTIONS } from "../../wire/telemetry/index.ts";
import { Backoff } from "./backoff.ts";
import { PublishSink, type PublishSinkOptions } from "./publish-sink.ts";

interface Setup {
  readonly answer?: Parameters<typeof startTraceBackend>[0];
  readonly config?: Partial<TraceExporterConfig>;
  readonly format?: "scn" | "apiclarity";
  readonly sink?: Partial<PublishSinkOptions>;
}

async function start(t: TestContext, { answer, config, format = "scn", sink: more }: Setup = {}) {
  const backend = await startTraceBackend(answer);
  t.after(backend.close);
  const ledger = new Ledger();
  const budget = new MemoryBudget(10_000_000);
  const told: string[] = [];
  const tell = (fields: object, message: string) => void told.push(`${message} ${JSON.stringify(fields)}`);
  const logger: Logger = { debug() {}, info: tell, warn: tell, error: tell };
  const url = `http://127.0.0.1:${backend.port}`;
  const usual = defaultTraceExporter({ kind: "url", url }, { ...DEFAULT_TELEMETRY_OPTIONS, format });
  const sink = new PublishSink({
    config: { ...usual, ...config },
    clusters: [],
    ledger,
    budget,
    logger,
    mode: "live",
    backoff: new Backoff(1, 1),
    ...more,
  });
  const end = async (...exchanges: Exchange[]) => {
    for (const exchange of exchanges) sink.submit(exchange);
    await sink.close(performance.now() + 60_000);
    assert.equal(budget.used, 0);
    return ledger.book("published").format();
  };
  return { backend, ledger, told, sink, end };
}

const headersOf = (posted: Posted) =>
  posted.headers.filter(([name]) => !/^(?:connection|content-length)$/i.test(name)).map((pair) => pair.join(": "));

test("scn: POST /publish with the original's headers in their order", async (t) => {
  const { backend, end } = await start(t);
  const exchange = buildExchange({ requestHeaders: { "x-request-id": "r1" } });
  assert.equal(await end(exchange), "published: 1 in = 1 handled");
  const [one] = backend.posted;
  assert.deepEqual([one!.method, one!.path], ["POST", "/publish"]);
  assert.deepEqual(headersOf(one!), [
    "host: scn",
    "nats-subject: portshift.messaging.io",
    "accept: */*",
    "x-request-id: r1",
  ]);
  assert.equal(JSON.parse(String(one!.body)).scnt_request.host, "example.com");
});

test("apiclarity: POST /api/telemetry, with a token; an id that is none, or no header, is empty", async (t) => {
  const { backend, end } = await start(t, { format: "apiclarity", config: { token: "t0k" } });
  await end(buildExchange(), buildExchange({ requestHeaders: { "x-request-id": "a\u0001b" } }));
  assert.deepEqual(headersOf(backend.posted[0]!), [
    "host: apiclarity",
    "accept: */*",
    "Content-Type: application/json",
    "X-Trace-Source-Token: t0k",
    "x-request-id: ",
  ]);
  const ids = backend.posted.map(({ body }) => JSON.parse(String(body)).requestID).sort();
  assert.deepEqual(ids, ["", "a\u0001b"]);
});

test("202 is taken; 503 is tried again, also when it says when", async (t) => {
  let answers = 0;
  const { end, sink } = await start(t, {
    config: { maxConnections: 1 },
    answer: (_request, response) => {
      answers++;
      response.statusCode = answers === 1 ? 503 : 202;
      if (answers === 1) response.setHeader("retry-after", "0");
      response.end("not looked into");
    },
  });
  assert.equal(await end(buildExchange(), buildExchange()), "published: 2 in = 2 handled");
  assert.deepEqual([answers, sink.retries], [3, 1]);
});

test("404 says which option another backend wants", async (t) => {
  const { end, told, sink } = await start(t, { answer: (_request, response) => void response.writeHead(404).end() });
  assert.equal(await end(buildExchange()), "published: 1 in = 0 handled + 1 dropped (refused-404 1)");
  assert.match(sink.failure ?? "", /^http:.*: 1 report was refused, the last with 404$/);
  assert.match(told.join(), /format: apiclarity/);
});

test("an answer of 500 is not asked for again", async (t) => {
  const { end, backend } = await start(t, { answer: (_request, response) => void response.writeHead(500).end() });
  assert.equal(await end(buildExchange()), "published: 1 in = 0 handled + 1 dropped (refused-500 1)");
  assert.equal(backend.posted.length, 1);
});

test("a backend that closes in the middle is tried again, and one that is not there is named", async (t) => {
  let answers = 0;
  const { end } = await start(t, {
    answer: (_request, response) => void (++answers === 1 ? response.destroy() : response.end()),
  });
  assert.equal(await end(buildExchange()), "published: 1 in = 1 handled");
  const absent = await start(t, { config: { backend: { kind: "url", url: "http://127.0.0.1:1" } } });
  assert.match(await absent.end(buildExchange()), /^published: 1 in = 0 handled \+ 1 dropped \(econnrefused 1\)$/);
});

test("a backend that never answers costs a report, not the rest", async (t) => {
  const { sink, ledger } = await start(t, { answer: () => {} });
  sink.submit(buildExchange());
  await sink.close(performance.now() + 100);
  assert.equal(ledger.book("published").format(), "published: 1 in = 0 handled + 1 dropped (closed 1)");
});

test("what is not to be reported is counted by its reason", async (t) => {
  const draws = [0.5, 0.9];
  const { end, backend } = await start(t, {
    config: { skipPaths: ["/health"], sampleRate: 0.7 },
    sink: { random: () => draws.shift()! },
  });
  const itself = buildExchange({ method: "POST", target: "/publish", authority: "scn" });
  const opaque = { ...buildExchange(), kind: "opaque" } as unknown as Exchange;
  const text = await end(itself, opaque, buildExchange({ target: "/healthz?a=b" }), buildExchange(), buildExchange());
  assert.equal(backend.posted.length, 1);
  for (const reason of ["report-itself 1", "no-report 1", "skip-paths 1", "sampled-out 1"])
    assert.ok(text.includes(reason), text);
});

test("an exchange whose end is not known is looked for in the manager's list by port 80", async (t) => {
  const manager = await startTraceBackend((_request, response) => {
    response.setHeader("content-type", "application/json");
    response.end('{"hosts":["example.com:80"]}');
  });
  t.after(manager.close);
  const url = `http://127.0.0.1:${manager.port}`;
  const backend = { kind: "url", url } as const;
  const sampling = { backend, path: "/hosts", intervalMillis: 60_000, traceBeforeFirstList: false };
  const { sink, end, backend: taker } = await start(t, { config: { sampling } });
  const listed = buildExchange({ connection: { local: undefined, remote: undefined } });
  for (let tries = 0; tries < 1000 && sink.submit(listed) !== "taken"; tries++) await delay(10);
  const elsewhere: Endpoint = { kind: "ip", address: "10.0.0.2", port: 81 };
  const text = await end(buildExchange({ connection: { remote: elsewhere, local: elsewhere } }));
  assert.equal(taker.posted.length, 1, text);
});

test("a source that can wait is told to, and loses nothing", async (t) => {
  const { sink, end, backend } = await start(t, {
    config: { maxQueued: 2 },
    sink: { mode: "lossless" },
  });
  for (let i = 0; i < 20; i++) {
    const submission = sink.submit(buildExchange());
    if (submission === "full") await sink.whenReady();
    else assert.equal(submission, "taken");
  }
  assert.equal(await end(), "published: 20 in = 20 handled");
  assert.equal(backend.posted.length, 20);
});

test("a source that can wait learns that the backend is not there", async (t) => {
  const url = "http://127.0.0.1:1";
  const { sink, end, told } = await start(t, {
    config: { backend: { kind: "url", url }, maxAttempts: 2 },
    sink: { mode: "lossless" },
  });
  await end(buildExchange(), buildExchange());
  assert.equal(sink.failure, `${url}: econnrefused`);
  assert.match(told.join(), /takes no reports; reading waits for it/);
});
