/** The life of the filter and its streams in the host: it sends once, never traps, and never changes what passes. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import { bytesOf, type Pair, Plugin, propertiesOf, type StreamOutput } from "../src/wasm-host/index.ts";
import { Random } from "./support/random.ts";
import {
  ADDRESSES,
  FilterRun,
  IGNORED,
  loadOwnFilter,
  readReport,
  requestOf,
  TIMES,
} from "./support/wasm/filter-run.ts";

const filter = await loadOwnFilter();
const OK: Pair[] = [[":status", "200"]];
const PROPERTIES = propertiesOf({ ...ADDRESSES, ...TIMES });

function open(run: FilterRun, output: StreamOutput = IGNORED) {
  return run.plugin.openStream({ output, properties: PROPERTIES });
}

describe("a report is sent once", () => {
  for (const order of ["log-first", "done-first"] as const)
    for (const flush of [false, true])
      test(`${order}, flush_on_done ${flush}`, () => {
        const run = new FilterRun(filter, { flush_on_done: flush });
        const stream = open(run);
        stream.requestHeaders(requestOf(), true);
        stream.close(order);
        assert.equal(run.calls.length, 1);
        assert.deepEqual([run.count("exchanges"), run.count("dispatched")], [1, 1]);
      });

  for (const [flush, sent] of [
    [false, 0],
    [true, 1],
  ] as const)
    test(`a host that never logs: ${sent} with flush_on_done ${flush}`, () => {
      const run = new FilterRun(filter, { flush_on_done: flush });
      const { machine } = run.plugin;
      const stream = open(run);
      stream.requestHeaders(requestOf(), true);
      machine.run("proxy_on_done", stream);
      machine.close(stream);
      assert.equal(run.calls.length, sent);
      assert.equal(run.count("dropped_without_log"), 1 - sent);
      assert.equal(run.count("exchanges"), 1);
    });
});

describe("what becomes of a call", () => {
  for (const [name, answer, metric, says] of [
    ["200", { headers: [[":status", "200"]] as Pair[] }, "delivered", undefined],
    ["202", { headers: [[":status", "202"]] as Pair[] }, "delivered", undefined],
    ["404", { headers: [[":status", "404"]] as Pair[] }, "call_rejected", /APIClarity .*"format": "apiclarity"/],
    ["503", { headers: [[":status", "503"]] as Pair[] }, "call_failed", /status 503/],
    ["no status", { headers: [["a", "b"]] as Pair[] }, "call_failed", /no answer/],
    ["nothing", undefined, "call_failed", /no answer/],
  ] as const)
    for (const emptyMapAs of [0, 1, 4] as const)
      test(`${name}, where an empty map has ${emptyMapAs} bytes`, () => {
        const run = new FilterRun(filter, {}, { emptyMapAs });
        run.exchange({ request: requestOf(), response: OK });
        run.answer(0, answer);
        assert.equal(run.count(metric), 1);
        if (says === undefined) assert.deepEqual(run.logs, []);
        else {
          assert.match(run.logs.at(-1)!.message, says);
          assert.equal(run.logs.at(-1)!.level, "warn");
        }
        assert.notEqual(run.exchange({ request: requestOf(), response: OK }), undefined);
        assert.equal(run.plugin.machine.failure, undefined);
      });

  test("without a cluster it is refused, and said now and then", () => {
    const run = new FilterRun(filter, {}, {}, []);
    for (let at = 0; at < 100; at++) run.exchange({ request: requestOf(), response: OK });
    assert.deepEqual([run.count("exchanges"), run.count("dispatch_refused"), run.count("dispatched")], [100, 100, 0]);
    assert.equal(run.errors().length, 7);
    run.plugin.machine.run("proxy_on_http_call_response", run.plugin, 1, 0, 0, 0);
    assert.equal(run.count("call_failed"), 0, "an answer to none of its calls");
    assert.match(run.errors()[0]!, /cluster for the backend/);
  });
});

test("a coded body leaves as it came, with its coding's header", () => {
  const run = new FilterRun(filter);
  const coded = gzipSync("secret=Zq7plantedSecret".repeat(10));
  const headers: Pair[] = [["content-encoding", "gzip"]];
  const { json } = run.exchange({
    request: requestOf("/", "h", headers),
    requestBody: [coded.subarray(0, 9), coded.subarray(9)],
    response: [...OK, ...headers],
    responseBody: [coded],
  })!;
  for (const message of [json.scnt_request, json.scnt_response]) {
    assert.equal(message.body, coded.toString("base64"));
    assert.deepEqual(message.headers.at(-1), headers[0]);
  }
});

test("three hundred streams at once leave no context, and as many reports", () => {
  const run = new FilterRun(filter);
  const streams = Array.from({ length: 300 }, () => open(run));
  for (const [at, stream] of streams.entries()) stream.requestHeaders(requestOf(`/${at}`), true);
  assert.equal(run.plugin.machine.contexts, 301);
  for (const stream of streams) stream.responseHeaders(OK, true);
  for (const stream of streams) stream.close();
  for (const at of streams.keys()) run.answer(at, {});
  assert.deepEqual(
    [run.calls.length, run.count("delivered"), run.plugin.machine.contexts, run.plugin.machine.callsUnderWay],
    [300, 300, 1, 0],
  );
});

test("streams that pass at once keep their data apart", () => {
  const run = new FilterRun(filter);
  const streams = Array.from({ length: 50 }, () => open(run));
  for (const [at, stream] of streams.entries()) stream.requestHeaders(requestOf(`/${at}`), false);
  for (let part = 0; part < 5; part++)
    for (const [at, stream] of streams.entries()) stream.requestBody(bytesOf(`${at}:${part};`), part === 4);
  for (const [at, stream] of streams.entries()) stream.responseHeaders([[":status", String(200 + at)]], true);
  for (const stream of streams.toReversed()) stream.close();
  for (const [at, call] of run.calls.toReversed().entries()) {
    const { scnt_request, scnt_response } = readReport(call).json;
    assert.equal(scnt_request.path, `/${at}`);
    assert.equal(
      Buffer.from(scnt_request.body, "base64").toString(),
      [0, 1, 2, 3, 4].map((n) => `${at}:${n};`).join(""),
    );
    assert.equal(scnt_response.status_code, String(200 + at));
  }
  assert.equal(run.plugin.machine.contexts, 1);
});

test("two configurations in one machine keep apart", () => {
  const scn = new FilterRun(filter, { token: "first" });
  const { machine } = scn.plugin;
  const configuration = Buffer.from(JSON.stringify({ format: "apiclarity", skip_paths: ["/skip"] }));
  const other = new Plugin(filter, machine.services, { configuration }, machine);
  for (const [plugin, path] of [
    [scn.plugin, "/skip"],
    [other, "/skip"],
    [other, "/a"],
  ] as const) {
    const stream = plugin.openStream({ output: IGNORED, properties: PROPERTIES });
    stream.requestHeaders(requestOf(path), true);
    stream.close();
  }
  const paths = scn.calls.map(({ headers }) => [headers[2]![1], headers.at(-1)!.join("=")]);
  assert.deepEqual(paths, [
    ["/publish", "x-trace-source-token=first"],
    ["/api/telemetry", "x-request-id=rid-1"],
  ]);
  other.close();
  assert.notEqual(scn.exchange({ request: requestOf(), response: OK }), undefined);
});

test("every callback answers Continue, also for contexts that it does not know; nothing is changed", () => {
  const run = new FilterRun(filter);
  const { machine } = run.plugin;
  for (const id of [0, 1, 7, 4_000_000_000]) {
    const context = { ...run.plugin, id, rootId: id } as never;
    for (const callback of ["request_headers", "request_body", "response_headers", "response_body"])
      assert.equal(machine.run(`proxy_on_${callback}`, context, 3, 1), 0, callback);
    if (id === 1) continue;
    assert.equal(machine.run("proxy_on_done", context), 1);
    for (const callback of ["proxy_on_log", "proxy_on_delete", "proxy_on_tick"]) machine.run(callback, context);
    machine.run("proxy_on_http_call_response", context, 1, 1, 1, 1);
  }
  assert.equal(machine.failure, undefined);
  const passed: unknown[] = [];
  const stream = open(run, {
    headers: (side, headers, isEnd) => passed.push([side, headers.length, isEnd]),
    body: (side, bytes, isEnd) => passed.push([side, Buffer.from(bytes).toString(), isEnd]),
    trailers: (side, trailers) => passed.push([side, ...trailers.flat()]),
    reset: (reason) => passed.push(reason),
  });
  stream.requestHeaders(requestOf(), false);
  stream.requestBody(bytesOf("a"), false);
  stream.requestTrailers([["t", "1"]]);
  stream.responseHeaders(OK, false);
  stream.responseBody(bytesOf("b"), true);
  stream.close();
  assert.deepEqual(passed, [
    ["request", 5, false],
    ["request", "a", false],
    ["request", "t", "1"],
    ["response", 1, false],
    ["response", "b", true],
  ]);
});

describe("memory", () => {
  test("is flat over many streams", () => {
    const run = new FilterRun(filter);
    const body = [new Uint8Array(1024).fill(65)];
    let sent = 0;
    const exchanges = (count: number) => {
      for (let at = 0; at < count; at++) {
        run.exchange({ request: requestOf(), requestBody: body, response: OK, responseBody: body });
        run.answer(sent++, {});
        run.calls.length = 0;
      }
      return run.memory;
    };
    const before = exchanges(50);
    assert.equal(exchanges(2000), before);
    assert.equal(run.count("delivered"), sent);
    assert.ok(before < 1024 * 1024, `${before} bytes`);
  });

  test("is flat over large bodies, and is not what a stream without end sends", () => {
    const run = new FilterRun(filter);
    const part = new Uint8Array(100_000).fill(67);
    const large = Array<Uint8Array>(9).fill(part);
    const sizes = Array.from({ length: 8 }, () => {
      run.exchange({ request: requestOf(), requestBody: large, response: OK, responseBody: large });
      return run.memory;
    });
    const [, once] = sizes;
    assert.deepEqual(sizes.slice(1), Array(7).fill(once));
    assert.ok(once! < 16 * 1024 * 1024, `${once} bytes`);
    const stream = open(run);
    stream.requestHeaders(requestOf("/", "h", [["content-type", "application/grpc"]]), false);
    stream.responseHeaders([...OK, ["content-type", "text/event-stream"]], false);
    for (let at = 0; at < 300; at++) {
      stream.requestBody(part, false);
      stream.responseBody(part, false);
    }
    assert.ok(run.memory - once! < 1024 * 1024, `${run.memory} bytes, ${once} before`);
    assert.equal(run.calls.length, 8, "it lasts");
    stream.close();
    assert.equal(readReport(run.calls[8]!).json.scnt_response.truncated_body, true);
  });

  test("of a hundred streams of 1 MB stays within its limit, and as many whole bodies as fit are kept", () => {
    for (const [limit, least, most] of [
      [64 * 1024 * 1024, 64, 67],
      [16 * 1024 * 1024, 13, 16],
    ] as const) {
      const run = new FilterRun(filter, { max_memory_bytes: limit });
      const streams = Array.from({ length: 100 }, () => open(run));
      for (const stream of streams) stream.requestHeaders(requestOf(), false);
      const part = new Uint8Array(50_000).fill(66);
      for (let at = 0; at < 20; at++) for (const stream of streams) stream.requestBody(part, at === 19);
      for (const stream of streams) stream.responseHeaders(OK, true);
      for (const stream of streams) stream.close();
      const whole = run.calls.map((call) => readReport(call).json.scnt_request).filter((one) => !one.truncated_body);
      for (const { body } of whole) assert.equal(body.length, 1_333_336);
      assert.ok(whole.length >= least && whole.length <= most, `${whole.length} whole bodies in ${limit} bytes`);
      assert.equal(run.count("bodies_truncated_memory"), 100 - whole.length);
      assert.ok(run.memory <= limit * 1.1, `${run.memory} bytes, at most ${limit}`);
    }
  });

  test("that is full of headers drops exchanges, and counts them", () => {
    const run = new FilterRun(filter, { max_memory_bytes: 1024 * 1024 });
    const streams = Array.from({ length: 100 }, () => open(run));
    const value = "x".repeat(30_000);
    for (const stream of streams) stream.requestHeaders(requestOf("/", "h", [["a", value]]), true);
    for (const stream of streams) stream.close();
    const [sent, dropped] = [run.count("dispatched"), run.count("dropped_memory")];
    assert.ok(sent > 0 && dropped > 0, `${sent} sent, ${dropped} dropped`);
    assert.equal(sent + dropped, 100);
    assert.ok(run.memory <= 1024 * 1024 * 1.1);
  });
});

test("random configurations do not make it trap", () => {
  const random = new Random();
  const words = [
    "{",
    "}",
    "[",
    "]",
    '"format"',
    ":",
    ",",
    '"scn"',
    "1e999",
    "-",
    "true",
    "null",
    '"\\ud800"',
    '"\\',
    "{}",
  ];
  for (let round = 0; round < 400; round++) {
    const text = random.chance(2)
      ? Array.from({ length: random.below(20) }, () => random.pick(words)).join("")
      : JSON.stringify(drawConfiguration(random));
    const run = new FilterRun(filter, text);
    assert.equal(run.plugin.machine.failure, undefined, text);
    run.exchange({ request: requestOf(), response: OK });
    assert.equal(run.plugin.machine.failure, undefined, `seed ${random.seed}: ${text}`);
    assert.equal(run.count("exchanges"), 1, text);
  }
});

function drawConfiguration(random: Random): unknown {
  const keys = [
    ...["format", "path", "cluster", "timeout_ms", "max_body_bytes", "body_mode", "exclude_header_prefixes", "redact"],
    ...["redact_headers", "redact_query", "sampling", "trace_sampling_enabled", "service_mesh", "sample_rate"],
    ...["skip_paths", "nats_subject", "token", "flush_on_done", "compat", "max_memory_bytes", "unknown"],
  ];
  const draw = (depth: number): unknown => {
    switch (random.below(depth > 3 ? 5 : 7)) {
      case 0:
        return random.text(10);
      case 1:
        return random.below(2_000_000_000) - 1000;
      case 2:
        return random.chance(2);
      case 3:
        return null;
      case 4:
        return random.below(1000) / 1000;
      case 5:
        return random.list(5, () => draw(depth + 1));
      default:
        return Object.fromEntries(random.list(5, () => [random.pick(keys), draw(depth + 1)] as const));
    }
  };
  return Object.fromEntries(random.list(8, () => [random.pick(keys), draw(0)] as const));
}
