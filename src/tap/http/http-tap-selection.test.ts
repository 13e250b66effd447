import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { buildBody, buildExchange } from "../../../test/support/build-exchange.ts";
import { addNanos, type Header, type HttpExchange, Ledger, MemoryBudget } from "../../model/index.ts";
import type { HttpBufferedTrace, TraceWrapper } from "../../wire/envoy/index.ts";
import { ActiveTap, HttpTap, type OutputConfig, type TapConfig, type TraceFacts } from "../index.ts";
import { TraceSampler } from "../trace-sampler.ts";

const TIME = { seconds: 1, nanos: 0 };
const OUTPUT: OutputConfig = {
  sink: {
    format: "JSON_BODY_AS_STRING",
    connectionLayout: "new",
    destination: { kind: "file-per-tap", pathPrefix: "p" },
  },
  maxBufferedRxBytes: 1024,
  maxBufferedTxBytes: 1024,
  streaming: false,
  minStreamedSentBytes: 0,
};
const request = (...more: [string, string][]) =>
  [[":method", "GET"], [":path", "/"], [":authority", "a"], ...more].map(([name, value]) => ({ name, value }));
const response = (status: number, ...more: [string, string][]) =>
  [[":status", String(status)], ...more].map(([name, value]) => ({ name, value }));

/** A tap that keeps what it submits, and one exchange after the other shown to it. */
function createTap(config: Partial<TapConfig>, { random = (): number => 0.5 } = {}) {
  const submitted: { wrapper: TraceWrapper; facts: TraceFacts }[] = [];
  const ledger = new Ledger();
  const budget = new MemoryBudget(1024 * 1024);
  const sink = {
    open: () => ({
      submit: (wrapper: TraceWrapper, facts: TraceFacts = {}) => {
        // Borrowed values must be looked at now.
        const exchange = facts.exchange?.();
        submitted.push({ wrapper, facts: { ...facts, ...(exchange && { exchange: () => exchange }) } });
        return "taken" as const;
      },
      close() {},
    }),
  };
  const active = new ActiveTap({ match: { kind: "any" }, output: OUTPUT, ...config }, sink);
  const record = { headersReceivedTime: false, downstreamConnection: false, upstreamConnection: false };
  const tap = new HttpTap({ current: () => [active], record, budget, ledger, random });
  const play = (exchange: HttpExchange, heads: { request: Header[]; response?: Header[] }, body?: Uint8Array) => {
    for (const observer of tap.open(exchange.connection, () => undefined)) {
      observer.onHeaders("request", heads.request, TIME);
      if (heads.response !== undefined) observer.onHeaders("response", heads.response, TIME);
      if (body !== undefined) observer.onBody("response", body, TIME);
      observer.onEnd(exchange);
    }
  };
  const finish = () => {
    assert.equal(budget.used, 0);
    assert.ok(ledger.balanced, ledger.format().join("\n"));
  };
  return { tap, submitted, ledger, play, finish };
}

describe("what is kept", () => {
  const slow = { seconds: 1_700_000_001, nanos: 0 };
  const times = (responseEnd: typeof slow) => ({ ...buildExchange().times, responseEnd });
  //                name         sample                                      exchange                   kept
  const CASES: readonly (readonly [string, Partial<TapConfig>, HttpExchange, boolean])[] = [
    ["an exchange that was not drawn", { selection: { keepErrors: true } }, buildExchange(), false],
    ["a failure", { selection: { keepErrors: true } }, buildExchange({ status: 502 }), true],
    [
      "a failure, not asked for",
      { selection: { keepErrors: false, keepSlowerThanMillis: 500 } },
      buildExchange({ status: 502 }),
      false,
    ],
    ["a client's mistake is no failure", { selection: { keepErrors: true } }, buildExchange({ status: 404 }), false],
    [
      "a gRPC status",
      { selection: { keepErrors: true } },
      buildExchange({ exchange: { application: [{ name: "grpc", status: 14 }] } }),
      true,
    ],
    [
      "a gRPC success",
      { selection: { keepErrors: true } },
      buildExchange({ exchange: { application: [{ name: "grpc", status: 0 }] } }),
      false,
    ],
    ["a reset", { selection: { keepErrors: true } }, buildExchange({ exchange: { problems: ["reset:CANCEL"] } }), true],
    [
      "a reset after everything was said",
      { selection: { keepErrors: true } },
      buildExchange({ exchange: { problems: ["reset:NO_ERROR"] } }),
      false,
    ],
    ["no response", { selection: { keepErrors: true } }, buildExchange({ without: "response" }), true],
    [
      "a slow one",
      { selection: { keepErrors: false, keepSlowerThanMillis: 500 } },
      buildExchange({ exchange: { times: times(slow) } }),
      true,
    ],
    [
      "one that takes just so long",
      { selection: { keepErrors: false, keepSlowerThanMillis: 500 } },
      buildExchange({ exchange: { times: times(addNanos(buildExchange().times.requestStart!, 500_000_000)) } }),
      true,
    ],
    ["a quick one", { selection: { keepErrors: false, keepSlowerThanMillis: 500 } }, buildExchange(), false],
  ];
  for (const [name, config, exchange, isKept] of CASES)
    test(name, () => {
      const { tap, submitted, play, finish } = createTap({ sampling: { numerator: 0, denominator: 100 }, ...config });
      play(exchange, { request: request(), response: response(200) }, Buffer.from("body"));
      assert.equal(submitted.length, isKept ? 1 : 0);
      assert.deepEqual([tap.requestsTapped, tap.counters.sampledOut], isKept ? [1, 0] : [0, 1]);
      // The rate is not the share that is kept: it is not said.
      assert.equal(submitted[0]?.wrapper.configuredSampleRate, undefined);
      finish();
    });

  test("a rate alone is said in the trace, and holds for each stream", () => {
    let count = 0;
    const { tap, submitted, play, finish } = createTap(
      { sampling: { numerator: 25, denominator: 100 } },
      { random: () => (count++ % 100) / 100 },
    );
    for (let index = 0; index < 1000; index++) {
      // An id takes two random numbers: the sequence is begun anew for each stream.
      count = index;
      play(buildExchange(), { request: request(), response: response(200) });
    }
    assert.deepEqual([submitted.length, tap.counters.sampledOut], [250, 750]);
    assert.deepEqual(submitted[0]!.wrapper.configuredSampleRate, { numerator: 25, denominator: "HUNDRED" });
    finish();
  });

  test("a limit a second saves up what was not used, for one second", () => {
    let now = 0;
    const sampler = new TraceSampler({ selection: { maxPerSecond: 10, keepErrors: false } }, () => now);
    const admitted = (tries: number) => Array.from({ length: tries }, () => sampler.admits()).filter(Boolean).length;
    assert.equal(admitted(30), 10);
    now = 100;
    assert.equal(admitted(30), 1);
    now = 60_000;
    assert.equal(admitted(30), 10);
  });

  test("less than one a second", () => {
    let now = 0;
    const sampler = new TraceSampler({ selection: { maxPerSecond: 0.5, keepErrors: false } }, () => now);
    const seen: boolean[] = [];
    for (now = 0; now < 6000; now += 500) seen.push(sampler.admits());
    assert.deepEqual(seen.map(Number).join(""), "100010001000");
  });

  test("what does not match takes nothing of the limit, and a streamed trace that finds no room is left out whole", () => {
    const never = { kind: "expression", text: "request.method == 'PUT' || request.path == '/x'" } as const;
    const { tap, submitted, play, finish } = createTap({
      match: never,
      selection: { maxPerSecond: 1, keepErrors: false },
      output: { ...OUTPUT, streaming: true },
    });
    const put: Header[] = [{ name: ":method", value: "PUT" }];
    for (let index = 0; index < 5; index++)
      play(buildExchange(), { request: request(), response: response(200) }, Buffer.from("x"));
    play(buildExchange(), { request: put, response: response(200) }, Buffer.from("first"));
    play(buildExchange(), { request: put, response: response(200) }, Buffer.from("second"));
    const kinds = submitted.map(({ wrapper: { trace } }) => trace.kind === "http-streamed" && trace.piece?.kind);
    assert.deepEqual(kinds, ["request-headers", "response-headers", "response-body-chunk"]);
    assert.deepEqual([tap.requestsTapped, tap.counters.sampledOut], [1, 1]);
    finish();
  });

  test("streamed: an expression about the end shows all of it then", () => {
    const { submitted, play, finish } = createTap({
      match: { kind: "expression", text: "response.size == 4 && response.body == 'body'" },
      output: { ...OUTPUT, streaming: true },
    });
    play(buildExchange({ responseBody: "body" }), { request: request(), response: response(200) }, Buffer.from("body"));
    play(
      buildExchange({ responseBody: "other" }),
      { request: request(), response: response(200) },
      Buffer.from("other"),
    );
    const kinds = submitted.map(({ wrapper: { trace } }) => trace.kind === "http-streamed" && trace.piece?.kind);
    assert.deepEqual(kinds, ["request-headers", "response-headers", "response-body-chunk"]);
    finish();
  });
});

describe("redaction", () => {
  const REDACTION = { headers: ["x-tenant"], names: [], except: [], pii: ["email"] } as const;
  const traceOf = (wrapper: TraceWrapper) => wrapper.trace as HttpBufferedTrace;

  test("headers, URLs and bodies of the trace and of its exchange, and nothing else", () => {
    const { submitted, play, finish } = createTap({ redaction: REDACTION });
    const body = Buffer.from('{"password":"hunter2","name":"anna"}');
    const exchange = buildExchange({
      target: "/?access_token=hunter2",
      requestHeaders: { Authorization: "Bearer hunter2hunter2", "X-Tenant": "hunter2" },
      responseHeaders: { "Set-Cookie": "session=hunter2; Path=/", "Content-Type": "application/json" },
    });
    const response_ = { ...exchange.response!, body: { ...buildBody(), size: body.length } };
    play(
      { ...exchange, response: response_ },
      {
        request: [
          ...request(["authorization", "Bearer hunter2hunter2"], ["x-tenant", "hunter2"], ["accept", "text/html"]).map(
            (header) => (header.name === ":path" ? { ...header, value: "/?access_token=hunter2&page=2" } : header),
          ),
          { name: ":authority", value: "anna:hunter2@example.com" },
        ],
        response: response(200, ["set-cookie", "session=hunter2; Path=/"], ["content-type", "application/json"]),
      },
      body,
    );
    const { wrapper, facts } = submitted[0]!;
    const text = JSON.stringify([wrapper, facts.exchange!()], (_key, value) =>
      value instanceof Uint8Array ? Buffer.from(value).toString() : typeof value === "bigint" ? String(value) : value,
    );
    assert.ok(!text.includes("hunter2"), text);
    for (const kept of ["text/html", "anna", "page=2", "Path=/", "/?access_token="])
      assert.ok(text.includes(kept), kept);
    const shown = Buffer.from(traceOf(wrapper).response!.body!.asBytes!).toString();
    assert.match(shown, /^\{"password":"redacted-[\w-]+-[0-9a-f]{8}","name":"anna"\}$/);
    finish();
  });

  test("the beginning of a body that ends within a secret", () => {
    const { submitted, play } = createTap({ redaction: REDACTION, output: { ...OUTPUT, maxBufferedTxBytes: 20 } });
    play(
      buildExchange(),
      { request: request(), response: response(200, ["content-type", "application/json"]) },
      Buffer.from('{"password":"hunter2hunter2"}'),
    );
    const { body } = traceOf(submitted[0]!.wrapper).response!;
    assert.ok(!Buffer.from(body!.asBytes!).toString().includes("hunter"), Buffer.from(body!.asBytes!).toString());
  });

  test("a body with a content coding is left out and counted", () => {
    const { ledger, submitted, play, finish } = createTap({ redaction: REDACTION });
    const coded = gzipSync("password=hunter2");
    play(buildExchange(), { request: request(), response: response(200, ["content-encoding", "gzip"]) }, coded);
    assert.deepEqual(traceOf(submitted[0]!.wrapper).response!.body, { asBytes: new Uint8Array(0), truncated: true });
    assert.equal(ledger.book("tap-bytes").truncatedBy.get("content-coded"), coded.length);
    finish();
  });

  test("without it, traces are exact", () => {
    const { submitted, play } = createTap({});
    const header = { name: "authorization", value: "Bearer hunter2hunter2" };
    play(buildExchange(), { request: [...request(), header], response: response(200) });
    assert.deepEqual(traceOf(submitted[0]!.wrapper).request!.headers.at(-1), { key: header.name, value: header.value });
  });
});
