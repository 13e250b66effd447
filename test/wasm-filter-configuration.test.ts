/** The filter's configuration, and the sampling that it asks for. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Pair } from "../src/wasm-host/index.ts";
import { FilterRun, loadOwnFilter, requestOf } from "./support/wasm/filter-run.ts";

const filter = await loadOwnFilter();
const OK: Pair[] = [[":status", "200"]];

describe("configurations", () => {
  for (const [name, text, says] of [
    ["none", "", undefined],
    ["a line feed", "\n", undefined],
    ["an empty object", "{}\n", undefined],
    ["no JSON", "{", /no JSON object/],
    ["no object", "[1]", /no JSON object/],
    ["too deep", `{"a":${"[".repeat(40)}${"]".repeat(40)}}`, /no JSON object/],
    ["an unknown key", '{"nope":{"a":[1,"x"]}}', /unknown key.*: nope/],
    ["an unknown format", '{"format":"otlp"}', /scn and apiclarity, not otlp/],
    ["an unknown mesh", '{"service_mesh":"linkerd"}', /istio and kuma, not linkerd/],
    ["an unknown body mode", '{"body_mode":"all"}', /drop, prefix and none, not all/],
    ["a wrong type", '{"timeout_ms":"x"}', /a number is wanted .* timeout_ms/],
    ["a wrong list", '{"skip_paths":[1]}', /a text is wanted .* skip_paths/],
    ["out of range", '{"sample_rate":2}', /out of range.*sample_rate/],
    ["more than 64 KB", JSON.stringify({ skip_paths: Array.from({ length: 400 }, () => "/x".repeat(100)) }), undefined],
    ["escapes", '{"cluster":"trace\\u005fanalyzer"}', undefined],
  ] as const)
    test(name, () => {
      const run = new FilterRun(filter, text);
      assert.equal(run.exchange({ request: requestOf(), response: OK })!.headers[2]![1], "/publish");
      if (says === undefined) assert.deepEqual(run.logs, []);
      else {
        assert.equal(run.logs.length, 1, JSON.stringify(run.logs));
        assert.equal(run.logs[0]!.level, "warn");
        assert.match(run.logs[0]!.message, says);
      }
    });

  test("log_payload is refused by name, unless it is false", () => {
    for (const value of [true, "true", 1])
      assert.throws(() => new FilterRun(filter, { log_payload: value }), /refuses its configuration/);
    new FilterRun(filter, { log_payload: false });
  });

  test("the call is the configuration's", () => {
    const run = new FilterRun(
      filter,
      { cluster: "c", path: "/p", authority: "h", nats_subject: "s", token: "t", timeout_ms: 7 },
      {},
      ["c"],
    );
    const { cluster, headers, timeout } = run.exchange({ request: requestOf(), response: OK })!;
    assert.equal(cluster, "c");
    assert.equal(timeout, 7);
    assert.deepEqual(headers, [
      [":method", "POST"],
      [":authority", "h"],
      [":path", "/p"],
      ["nats-subject", "s"],
      ["accept", "*/*"],
      ["x-request-id", "rid-1"],
      ["x-trace-source-token", "t"],
    ]);
  });

  test("skip_paths and sample_rate leave exchanges out, and count them", () => {
    const run = new FilterRun(filter, { skip_paths: ["/healthz", "/static/"], sample_rate: 0.25 });
    for (const path of ["/healthz?x", "/static/a/b", "/healthz/ready"])
      assert.equal(run.exchange({ request: requestOf(path), response: OK }), undefined);
    assert.equal(run.count("skipped_path"), 3);
    for (let at = 0; at < 2000; at++)
      run.exchange({
        request: requestOf("/x", "h", []).map(([k, v]) => [k, v === "rid-1" ? `id-${at}` : v]),
        response: OK,
      });
    assert.ok(Math.abs(run.calls.length - 500) < 100, `${run.calls.length} of 2000`);
    assert.equal(run.count("skipped_sample_rate"), 2000 - run.calls.length);
    const none = new FilterRun(filter, { sample_rate: 0 });
    assert.equal(none.exchange({ request: requestOf(), response: OK }), undefined);
  });

  test("the payload is never logged", () => {
    const run = new FilterRun(filter, {});
    run.exchange({ request: requestOf("/secret-path"), requestBody: [Buffer.from("secret-body")], response: OK });
    run.answer(0, undefined);
    assert.doesNotMatch(JSON.stringify(run.logs), /secret/);
  });
});

describe("selective traces", () => {
  const listed = (run: FilterRun, ...hosts: string[]) => answer(run, JSON.stringify({ hosts }));
  const answer = (
    run: FilterRun,
    body: string,
    headers: Pair[] = [["content-type", "application/json"]],
    status = "200",
  ) => run.answer(run.calls.length - 1, { headers: [[":status", status], ...headers], body: Buffer.from(body) });
  const traced = (run: FilterRun, authority = "a.b", properties = {}) => {
    const before = run.calls.length;
    run.exchange({ request: requestOf("/", authority), response: OK, properties });
    return run.calls.length > before;
  };

  test("off, nothing is asked for and all is traced", () => {
    const run = new FilterRun(filter);
    assert.deepEqual([run.calls.length, run.ticks.length], [0, 0]);
    assert.ok(traced(run));
  });

  for (const configuration of [
    { trace_sampling_enabled: "true" },
    { trace_sampling_enabled: true },
    { sampling: { enabled: true } },
  ])
    test(`on by ${JSON.stringify(configuration)}: the list is asked for at once and each minute`, () => {
      const run = new FilterRun(filter, configuration);
      const { cluster, headers, timeoutMillis, body } = run.calls[0]!;
      assert.deepEqual(
        [cluster, headers, timeoutMillis, body.length],
        [
          "trace-sampling-manager",
          [
            [":method", "GET"],
            [":authority", "apiclarity"],
            [":path", "/api/hostsToTrace"],
            ["accept", "*/*"],
          ],
          15_000,
          0,
        ],
      );
      listed(run, "a.b:8080");
      assert.deepEqual(
        run.ticks.map(({ millis }) => millis),
        [60_000],
      );
      run.ticks[0]!.run();
      assert.equal(run.calls.length, 2);
    });

  test("which hosts are traced", () => {
    const run = new FilterRun(filter, { trace_sampling_enabled: "true" });
    assert.equal(traced(run), false, "before the first list");
    assert.ok(traced(run, "catalogue"), "a word without a namespace always is");
    run.answer(0, {
      headers: [[":status", "200"]],
      body: Buffer.from('{"hosts":["a.b:8080","catalogue.sock-shop:8080"]}'),
    });
    assert.ok(traced(run));
    assert.equal(traced(run, "a.c"), false);
    assert.equal(traced(run, "a.b", { "destination.address": "10.0.0.9:81" }), false);
    const namespace = (name: string) => ({ "upstream_host_metadata.filter_metadata.istio.workload": `w;${name};c;r` });
    assert.ok(traced(run, "catalogue", namespace("sock-shop")));
    assert.equal(traced(run, "catalogue", namespace("other")), false);
    assert.equal(run.count("skipped_not_listed"), 4);
    run.ticks[0]!.run();
    listed(run);
    assert.equal(traced(run), false, "an empty list traces nothing");
    run.ticks[0]!.run();
    listed(run, "*");
    assert.ok(traced(run, "a.c"));
  });

  test("trace_before_first_list traces until there is one", () => {
    const run = new FilterRun(filter, { sampling: { enabled: true, trace_before_first_list: true } });
    assert.ok(traced(run));
    run.answer(0, { headers: [[":status", "200"]], body: Buffer.from('{"hosts":[]}') });
    assert.equal(traced(run), false);
  });

  for (const [name, body, headers, status, isTaken] of [
    [
      "JSON's type with a charset",
      '{"hosts":["x.y:1"]}',
      [["content-type", "application/json; charset=utf-8"]],
      "200",
      true,
    ],
    ["no type", '{"hosts":["x.y:1"]}', [], "200", true],
    ["another type", '{"hosts":["x.y:1"]}', [["content-type", "application/jsonl"]], "200", false],
    ["another status", '{"hosts":["x.y:1"]}', [], "500", false],
    ["bad JSON", '{"hosts":["x.y:1"', [], "200", false],
    ["no object", "[]", [], "200", false],
    ["null", '{"hosts":null}', [], "200", true],
  ] as const)
    test(`an answer with ${name} is ${isTaken ? "taken" : "not taken, and the list before stays"}`, () => {
      const run = new FilterRun(filter, { sampling: { enabled: true } });
      listed(run, "a.b:8080");
      run.ticks[0]!.run();
      answer(run, body, headers as unknown as Pair[], status);
      assert.equal(traced(run), !isTaken);
      assert.deepEqual(
        [run.count("sampling_lists_taken"), run.count("sampling_lists_failed")],
        isTaken ? [2, 0] : [1, 1],
      );
    });

  test("a cluster that is not there yet is asked again after a second, then later and later", () => {
    const run = new FilterRun(filter, { sampling: { enabled: true, interval_ms: 5000 } }, {}, ["trace_analyzer"]);
    assert.deepEqual([run.calls.length, run.ticks[0]!.millis], [0, 1000]);
    const pauses: number[] = [];
    for (let times = 0; times < 5; times++) {
      run.ticks[0]!.run();
      pauses.push(run.ticks[0]!.millis);
    }
    assert.deepEqual(pauses, [2000, 4000, 5000, 5000, 5000]);
    run.clusters.add("trace-sampling-manager");
    run.ticks[0]!.run();
    listed(run, "*");
    assert.equal(run.ticks[0]!.millis, 5000);
    assert.ok(traced(run));
  });
});
