/** Filters that are written for one thing each, and what the host makes of them. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { DATA, I32, I64, op, type TestModule } from "../../test/support/wasm/build-module.ts";
import {
  CALL,
  CONTINUE_STREAM,
  callback,
  EFFECTIVE,
  event,
  GO,
  HostRun,
  LOCAL,
  LOG,
  PAUSE,
  SET_BUFFER,
  TICK,
} from "../../test/support/wasm/host-run.ts";
import { encodePairs, octetsOf, type Pair } from "./pairs.ts";

const GET: Pair[] = [[":path", "/"]];
const OK: Pair[] = [[":status", "200"]];
const bytes = (text: string): Uint8Array => Buffer.from(text);

describe("a filter that does nothing", () => {
  test("lets everything pass, in its order", async () => {
    const run = await HostRun.of({});
    const stream = run.open();
    stream.requestHeaders(GET, false);
    stream.requestBody(bytes("a"), false);
    stream.requestBody(bytes(""), false);
    stream.requestTrailers([["t", "1"]]);
    stream.responseHeaders(OK, false);
    stream.responseBody(bytes("b"), true);
    stream.close();
    stream.close();
    assert.deepEqual(run.take(), [
      "request /",
      'request "a"',
      "request trailers t=1",
      "response 200",
      'response "b" end',
    ]);
    assert.equal(run.plugin.machine.contexts, 1);
  });
});

describe("a filter that pauses", () => {
  test("at the headers sees no body until it continues, and the waiting one in one piece then", async () => {
    const run = await HostRun.of({
      imports: [LOG, CONTINUE_STREAM, TICK, EFFECTIVE],
      data: "body",
      functions: [
        callback("proxy_on_request_headers", op.i32(5), op.call(2), op.drop, PAUSE),
        callback("proxy_on_request_body", op.i32(2), op.i32(DATA), op.get(1), op.call(0), op.drop, GO),
        event("proxy_on_tick", 1, op.i32(2), op.call(3), op.drop, op.i32(0), op.call(1), op.drop),
      ],
    });
    const stream = run.open();
    stream.requestHeaders(GET, false);
    stream.requestBody(bytes("a"), false);
    stream.requestBody(bytes("bc"), true);
    assert.deepEqual([run.take(), run.logs], [[], []]);
    run.ticks[0]!.run();
    assert.deepEqual(run.take(), ["request /", 'request "abc" end']);
    assert.deepEqual(run.logs, ["bod"], "it was called once, with three bytes");
    run.ticks[0]!.run();
    assert.deepEqual(run.take(), [], "continued twice, it passes once");
  });

  test("in the body sees all that it held with the next part, and may put another in its place", async () => {
    const run = await HostRun.of({
      imports: [SET_BUFFER],
      data: "new",
      functions: [
        // Continues with the end of the stream: pause is 1 - end.
        callback(
          "proxy_on_response_body",
          ...[op.i32(1), op.i32(0), op.get(1), op.i32(DATA), op.i32(3), op.call(0), op.drop],
          ...[op.i32(1), op.get(2), [0x6b]],
        ),
      ],
    });
    const stream = run.open();
    stream.requestHeaders(GET, true);
    stream.responseHeaders(OK, false);
    stream.responseBody(bytes("0123456"), false);
    assert.deepEqual(run.take(), ["request / end", "response 200"]);
    stream.responseBody(bytes("89"), true);
    assert.deepEqual(run.take(), ['response "new" end']);
  });

  test("at trailers holds the body before them too", async () => {
    const run = await HostRun.of({
      imports: [CONTINUE_STREAM],
      functions: [callback("proxy_on_request_body", PAUSE), callback("proxy_on_request_trailers", GO)],
    });
    const stream = run.open();
    stream.requestHeaders(GET, false);
    stream.requestBody(bytes("a"), false);
    assert.deepEqual(run.take(), ["request /"]);
    stream.requestTrailers([["t", "1"]]);
    assert.deepEqual(run.take(), ['request "a"', "request trailers t=1"]);
  });

  test("and holds too much: 413 for a request, a reset for a response", async () => {
    for (const side of ["request", "response"] as const) {
      const run = await HostRun.of({ functions: [callback(`proxy_on_${side}_body`, PAUSE)] }, { bufferLimit: 10 });
      const stream = run.open();
      stream.requestHeaders(GET, side === "response");
      if (side === "response") stream.responseHeaders(OK, false);
      run.take();
      for (let part = 0; part < 5; part++)
        if (side === "request") stream.requestBody(bytes("1234"), false);
        else stream.responseBody(bytes("1234"), false);
      assert.deepEqual(run.take(), side === "request" ? ["response 413 end"] : ["reset buffer-limit"]);
      stream.close();
      assert.equal(run.plugin.machine.contexts, 1);
    }
  });

  test("and whose client goes away is cleaned up", async () => {
    const run = await HostRun.of({
      imports: [CONTINUE_STREAM, EFFECTIVE, TICK],
      functions: [
        callback("proxy_on_request_headers", op.i32(5), op.call(2), op.drop, PAUSE),
        event("proxy_on_tick", 1, op.i32(2), op.call(1), op.drop, op.i32(0), op.call(0), op.drop),
      ],
    });
    const stream = run.open();
    stream.requestHeaders(GET, true);
    stream.close();
    run.ticks[0]!.run();
    assert.deepEqual([run.take(), run.plugin.machine.contexts, run.plugin.machine.failure], [[], 1, undefined]);
  });
});

describe("a filter that answers by itself", () => {
  const answer = [
    op.i32(403),
    op.i32(0),
    op.i32(0),
    op.i32(DATA),
    op.i32(2),
    op.i32(0),
    op.i32(0),
    op.i32(-1),
    op.call(0),
    op.drop,
  ];
  const note = [op.i32(2), op.i32(DATA), op.i32(1), op.call(1), op.drop];

  for (const [where, functions, before] of [
    ["the request's headers", [callback("proxy_on_request_headers", ...answer, PAUSE)], []],
    ["the request's body", [callback("proxy_on_request_body", ...answer, PAUSE)], ["request /"]],
  ] as const)
    test(`at ${where}: through its own response callbacks, and nothing of the request comes after`, async () => {
      const run = await HostRun.of({
        imports: [LOCAL, LOG],
        data: "no",
        functions: [...functions, callback("proxy_on_response_body", ...note, GO)],
      });
      const stream = run.open();
      stream.requestHeaders(GET, false);
      stream.requestBody(bytes("a"), true);
      stream.responseHeaders(OK, true);
      assert.deepEqual(run.take(), [...before, "response 403", 'response "no" end']);
      assert.deepEqual(run.logs, ["n"]);
      assert.ok(stream.isAnswered);
    });

  test("at the response's headers: in the place of the service's", async () => {
    const run = await HostRun.of({
      imports: [LOCAL, LOG],
      data: "no",
      // Only to 200: its own answer comes this way too, and has another number of headers.
      functions: [
        callback("proxy_on_response_headers", op.get(1), op.i32(1), [0x46, 0x04, 0x40], ...answer, [0x0b], GO),
      ],
    });
    const stream = run.open();
    stream.requestHeaders(GET, true);
    stream.responseHeaders(OK, false);
    stream.responseBody(bytes("yes"), true);
    assert.deepEqual(run.take(), ["request / end", "response 403", 'response "no" end']);
  });
});

describe("timers", () => {
  test("are the plugin's: a new period takes the place of the old, 0 stops", async () => {
    const set = (millis: number) => [op.i32(millis), op.call(0), op.drop];
    const run = await HostRun.of({
      imports: [TICK],
      functions: [
        { name: "proxy_on_configure", params: [I32, I32], results: [I32], body: [...set(100), op.i32(1)] },
        callback("proxy_on_request_headers", ...set(200), GO),
        callback("proxy_on_response_headers", ...set(0), GO),
      ],
    });
    assert.deepEqual(
      run.ticks.map(({ millis }) => millis),
      [100],
    );
    const stream = run.open();
    stream.requestHeaders(GET, true);
    assert.deepEqual(
      run.ticks.map(({ millis }) => millis),
      [200],
    );
    stream.responseHeaders(OK, true);
    assert.deepEqual(run.ticks, []);
  });
});

describe("calls", () => {
  const pairs = encodePairs([
    [":method", "GET"],
    [":path", "/"],
    [":authority", "a"],
  ]);
  const module: TestModule = {
    imports: [CALL, LOG],
    data: `c${octetsOf(pairs)}`,
    functions: [
      callback(
        "proxy_on_request_headers",
        ...[
          op.i32(DATA),
          op.i32(1),
          op.i32(DATA + 1),
          op.i32(pairs.length),
          op.i32(0),
          op.i32(0),
          op.i32(0),
          op.i32(0),
        ],
        ...[op.i32(50), op.i32(512), op.call(0), op.drop, GO],
      ),
      // Logs as many bytes as the answer has.
      event("proxy_on_http_call_response", 5, op.i32(2), op.i32(DATA), op.get(3), op.call(1), op.drop),
    ],
  };

  test("are answered after the callback that made them, once, to the plugin", async () => {
    const run = await HostRun.of(module);
    const stream = run.open();
    stream.requestHeaders(GET, true);
    assert.deepEqual(
      run.calls.map(({ cluster, timeoutMillis }) => [cluster, timeoutMillis]),
      [["c", 50]],
    );
    stream.close();
    assert.equal(run.plugin.machine.callsUnderWay, 1);
    run.answers[0]!({ headers: OK, body: bytes("x"), trailers: [] });
    run.answers[0]!({ headers: OK, body: bytes("x"), trailers: [] });
    assert.deepEqual(run.logs, ["c"]);
    assert.equal(run.plugin.machine.callsUnderWay, 0);
  });

  test("that fail are told with nothing", async () => {
    const run = await HostRun.of(module);
    run.open().requestHeaders(GET, true);
    run.answers[0]!(undefined);
    assert.deepEqual(run.logs, [""]);
  });

  test("are given up with the plugin", async () => {
    const run = await HostRun.of(module);
    const stream = run.open();
    stream.requestHeaders(GET, true);
    stream.close();
    run.plugin.close();
    assert.equal(run.cancelled, 1);
    run.answers[0]!({ headers: OK, body: bytes("x"), trailers: [] });
    assert.deepEqual(run.logs, []);
  });
});

describe("a filter that fails", () => {
  const broken: TestModule = { functions: [callback("proxy_on_request_body", op.unreachable)] };

  for (const [failure, passed] of [
    ["open", ["request /", 'request "a" end', "response 200 end"]],
    ["closed", ["response 503 end"]],
  ] as const)
    test(`${failure}: what comes afterwards ${failure === "open" ? "passes" : "is answered with 503"}, until it runs again`, async () => {
      const run = await HostRun.of(broken, { failure });
      const other = run.open();
      const stream = run.open();
      stream.requestHeaders(GET, false);
      run.take();
      stream.requestBody(bytes("a"), true);
      assert.match(run.plugin.machine.failure!.message, /failed in proxy_on_request_body: unreachable/);
      assert.equal(run.plugin.failures, 1);
      // Others on the same machine have lost it too.
      other.requestHeaders(GET, true);
      run.take();
      // The first time it is started again at once, the second time not before a second has passed.
      const again = run.open();
      again.requestHeaders(GET, false);
      assert.deepEqual(run.take(), ["request /"]);
      assert.equal(run.plugin.machine.failure, undefined);
      again.requestBody(bytes("a"), true);
      run.take();
      const third = run.open();
      third.requestHeaders(GET, false);
      third.requestBody(bytes("a"), true);
      third.responseHeaders(OK, true);
      assert.deepEqual(run.take(), passed);
      assert.equal(run.plugin.failures, 2);
      for (const one of [other, stream, again, third]) one.close();
    });

  test("for its memory, which has a limit", async () => {
    const run = await HostRun.of(
      { functions: [callback("proxy_on_request_headers", op.grow(20), op.drop, GO)] },
      { memoryLimit: 65536 * 10 },
    );
    run.open().requestHeaders(GET, true);
    assert.match(run.plugin.machine.failure!.message, /1376256 bytes of memory: more than its limit, 655360/);
  });

  for (const callback of ["proxy_on_vm_start", "proxy_on_configure"])
    test(`and refuses in ${callback} is no plugin`, async () => {
      const refusing = { name: callback, params: [I32, I32], results: [I32], body: [op.i32(0)] };
      await assert.rejects(HostRun.of({ functions: [refusing] }), {
        code: "configuration",
        message: new RegExp(callback),
      });
      const trapping = { ...refusing, body: [op.unreachable] };
      await assert.rejects(HostRun.of({ functions: [trapping] }), { code: "configuration", message: /unreachable/ });
    });
});

test("the configuration can be read while the module is configured, and no longer", async () => {
  const GET_BUFFER = { name: "proxy_get_buffer_bytes", params: Array(5).fill(I32), results: [I32] };
  const METRIC = { name: "proxy_record_metric", params: [I32, I64], results: [I32] };
  const read = [op.i32(7), op.i32(0), op.i32(99), op.i32(512), op.i32(516), op.call(0)];
  const run = await HostRun.of(
    {
      imports: [GET_BUFFER, METRIC, LOG],
      functions: [
        // Logs as many bytes from 4096 on as the status says: the configuration lies there, of which none are wanted of status 0.
        {
          name: "proxy_on_configure",
          params: [I32, I32],
          results: [I32],
          body: [...read, op.drop, op.i32(2), op.i32(4096), op.get(1), op.call(2), op.drop, op.i32(1)],
        },
        callback("proxy_on_request_headers", op.i32(2), op.i32(4096), ...read, op.call(2), op.drop, GO),
      ],
    },
    { configuration: bytes("settings") },
  );
  assert.deepEqual(run.logs, ["settings"]);
  run.open().requestHeaders(GET, true);
  assert.deepEqual(run.logs, ["settings", "s"], "status 1, not found: one byte is logged");
});
