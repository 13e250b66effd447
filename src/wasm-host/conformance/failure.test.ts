/** Streams when the filter traps, and when it runs again. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { DATA, I32, op, type TestFunction } from "../../../test/support/wasm/build-module.ts";
import { CONTINUE_STREAM, callback, HostRun, LOCAL, PAUSE } from "../../../test/support/wasm/host-run.ts";
import type { Pair } from "../pairs.ts";

const GET: Pair[] = [[":path", "/"]];
const OK: Pair[] = [[":status", "200"]];
const bytes = (text: string): Uint8Array => Buffer.from(text);

describe("a filter that traps", () => {
  const whole = ["request /", 'request "a" end', "response 200", 'response "b" end'];
  for (const [where, open, closed] of [
    ["request_headers", whole, ["response 503 end"]],
    ["request_body", whole, ["request /", "response 503 end"]],
    ["response_headers", whole, ["request /", 'request "a" end', "response 503 end"]],
    ["response_body", whole, ["request /", 'request "a" end', "response 200", "reset filter-failed"]],
  ] as const)
    for (const [failure, passed] of [
      ["open", open],
      ["closed", closed],
    ] as const)
      test(`in ${where}, failing ${failure}`, async () => {
        const run = await HostRun.of({ functions: [callback(`proxy_on_${where}`, op.unreachable)] }, { failure });
        const stream = run.open();
        stream.requestHeaders(GET, false);
        stream.requestBody(bytes("a"), true);
        stream.responseHeaders(OK, false);
        stream.responseBody(bytes("b"), true);
        stream.close();
        assert.deepEqual(run.take(), passed);
        assert.equal(run.plugin.failures, 1);
      });

  test("in log, when all has passed, changes nothing", async () => {
    const run = await HostRun.of({ functions: [{ name: "proxy_on_log", params: [I32], body: [op.unreachable] }] });
    const other = run.open();
    other.requestHeaders(GET, true);
    other.responseHeaders(OK, true);
    const stream = run.open();
    stream.requestHeaders(GET, true);
    stream.responseHeaders(OK, true);
    stream.close();
    other.close();
    assert.deepEqual(run.take(), Array(2).fill(["request / end", "response 200 end"]).flat());
  });

  for (const [failure, passed] of [
    ["open", ['request "wait" end']],
    ["closed", ["response 503 end"]],
  ] as const)
    test(`does not keep what another stream waits with, failing ${failure}`, async () => {
      // The first stream's body is held; a response traps.
      const run = await HostRun.of(
        {
          functions: [callback("proxy_on_request_body", PAUSE), callback("proxy_on_response_headers", op.unreachable)],
        },
        { failure },
      );
      const waiting = run.open();
      waiting.requestHeaders(GET, false);
      waiting.requestBody(bytes("wait"), true);
      const broken = run.open();
      broken.requestHeaders(GET, true);
      assert.deepEqual(run.take(), ["request /", "request / end"]);
      broken.responseHeaders(OK, true);
      assert.deepEqual(run.take(), [...passed, failure === "open" ? "response 200 end" : "response 503 end"]);
      for (const stream of [waiting, broken]) stream.close();
      assert.equal(run.plugin.machine.contexts, 1);
    });

  test("after it has answered by itself: that answer goes out", async () => {
    const answer = [403, 0, 0, DATA, 2, 0, 0, -1].map((value) => op.i32(value));
    for (const failure of ["open", "closed"] as const) {
      const run = await HostRun.of(
        {
          imports: [LOCAL],
          data: "no",
          functions: [callback("proxy_on_request_headers", ...answer, op.call(0), op.drop, op.unreachable)],
        },
        { failure },
      );
      run.open().requestHeaders(GET, true);
      assert.deepEqual(run.take(), ["response 403", 'response "no" end'], failure);
    }
  });

  test("where it had asked to continue: that happens once", async () => {
    const run = await HostRun.of(
      {
        imports: [CONTINUE_STREAM],
        functions: [
          callback("proxy_on_request_headers", PAUSE),
          callback("proxy_on_response_headers", op.i32(0), op.call(0), op.drop, op.unreachable),
        ],
      },
      { failure: "open" },
    );
    const stream = run.open();
    stream.requestHeaders(GET, true);
    assert.deepEqual(run.take(), []);
    stream.responseHeaders(OK, true);
    assert.deepEqual(run.take().toSorted(), ["request / end", "response 200 end"]);
  });
});

describe("a filter that has failed runs again", () => {
  const trap = callback("proxy_on_request_headers", op.unreachable);
  const clock = (run: (pass: (millis: number) => void) => void): void => {
    const { now } = performance;
    let time = Math.ceil(now.call(performance));
    performance.now = () => time;
    try {
      run((millis) => {
        time += millis;
      });
    } finally {
      performance.now = now;
    }
  };
  /** @returns whether the filter ran, and failed again */
  const fail = (run: HostRun): boolean => {
    const before = run.plugin.failures;
    const stream = run.open();
    stream.requestHeaders(GET, true);
    stream.close();
    return run.plugin.failures > before;
  };

  test("at once the first time, then after 1, 2, 4, … 60 s; one that holds as long begins anew", async () => {
    const run = await HostRun.of({ functions: [trap] });
    clock((pass) => {
      assert.deepEqual([fail(run), fail(run)], [true, true]);
      for (const seconds of [1, 2, 4, 8, 16, 32, 60, 60]) {
        pass(seconds * 1000 - 1);
        assert.equal(fail(run), false, `before ${seconds} s`);
        pass(1);
        assert.equal(fail(run), true, `after ${seconds} s`);
      }
      pass(60_000);
      // It is started, and holds for as long.
      run.open().close();
      pass(60_000);
      assert.deepEqual([fail(run), fail(run), fail(run)], [true, true, false]);
    });
  });

  const GET_DATA = { name: "proxy_get_shared_data", params: Array(5).fill(I32), results: [I32] };
  const SET_DATA = { name: "proxy_set_shared_data", params: Array(5).fill(I32), results: [I32] };
  // The second time that it is configured there is shared data, and it answers so.
  const configure = (second: readonly (readonly number[])[]): TestFunction => ({
    name: "proxy_on_configure",
    params: [I32, I32],
    results: [I32],
    body: [
      ...[DATA, 1, 512, 516, 520].map((value) => op.i32(value)),
      ...[op.call(0), [0x45], [0x04, 0x40], ...second, [0x0b]],
      ...[DATA, 1, DATA, 1, 0].map((value) => op.i32(value)),
      ...[op.call(1), op.drop, op.i32(1)],
    ],
  });
  for (const [name, second] of [
    ["refuses its configuration", [op.i32(0), [0x0f]]],
    ["traps while it is configured", [op.unreachable]],
  ] as const)
    test(`and is none while it ${name}: tried after longer and longer`, async () => {
      const run = await HostRun.of({ imports: [GET_DATA, SET_DATA], data: "k", functions: [trap, configure(second)] });
      clock((pass) => {
        assert.equal(fail(run), true);
        assert.equal(run.plugin.failures, 1);
        assert.equal(fail(run), true, "started at once, in vain");
        assert.deepEqual(run.take(), ["response 503 end", "response 503 end"]);
        for (const seconds of [1, 2, 4]) {
          pass(seconds * 1000 - 1);
          assert.equal(fail(run), false);
          pass(1);
          assert.equal(fail(run), true);
          assert.deepEqual(
            run.take(),
            ["response 503 end", "response 503 end"],
            "no stream passes a filter that is none",
          );
        }
      });
    });
});
