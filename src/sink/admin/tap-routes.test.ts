/** Envoy's tests of `/tap` (A2 to A10 of its admin handler), and what goes beyond Envoy, over real connections. */
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { setTimeout as delay, setImmediate as nextTurn } from "node:timers/promises";
import { until } from "../../../test/support/proxy-harness.ts";
import {
  attach,
  CONNECTION,
  numbersIn,
  openTrace,
  type Setup,
  STREAMING,
  setUp,
  tapRequest,
  trace,
} from "../../../test/support/tap-routes.ts";
import { isTaken } from "../../model/index.ts";
import type { TraceSinkHandle } from "../../tap/index.ts";
import type { TraceWrapper } from "../../wire/envoy/index.ts";

describe("what is refused", async () => {
  const { admin } = await setUp();
  const ONLY_JSON = "streaming admin output only supports JSON formats";
  const NOT_PLAIN = "buffered admin output only supports JSON or length delimited proto binary formats";
  const BUFFERED = "buffered_admin: { max_traces: 1 }";
  const ROWS: readonly (readonly [name: string, body: string, answer: string | RegExp])[] = [
    ["A2 NoBody", "", "/tap requires a JSON/YAML body"],
    ["A3 BadBody", "hello", "Unable to convert YAML as JSON: hello"],
    ["a list", "[1]", "Unable to convert YAML as JSON: [1]"],
    ["broken YAML", "a: [", /^1:\d+: /],
    [
      "A4 UnknownConfigId",
      tapRequest(STREAMING, undefined, "other"),
      "Unknown config id 'other'. No extension has registered with this id.",
    ],
    ["an unknown field", "config_id: one\nextra: 1", /has unknown fields/],
    ["no config_id", "tap_config: {}", /ConfigId: value length must be at least 1 characters/],
    ["no tap_config", "config_id: one", /TapConfig: value is required/],
    [
      "no sink",
      "config_id: one\ntap_config: { match: { any_match: true }, output_config: { sinks: [] } }",
      /exactly 1 item/,
    ],
    ["streaming PROTO_BINARY", tapRequest(STREAMING, "PROTO_BINARY"), new RegExp(`${ONLY_JSON}$`)],
    ["streaming length delimited", tapRequest(STREAMING, "PROTO_BINARY_LENGTH_DELIMITED"), new RegExp(`${ONLY_JSON}$`)],
    ["streaming PROTO_TEXT", tapRequest(STREAMING, "PROTO_TEXT"), new RegExp(`${ONLY_JSON}$`)],
    ["buffered PROTO_BINARY", tapRequest(BUFFERED, "PROTO_BINARY"), new RegExp(`${NOT_PLAIN}$`)],
    ["buffered PROTO_TEXT", tapRequest(BUFFERED, "PROTO_TEXT"), new RegExp(`${NOT_PLAIN}$`)],
    ["max_traces 0", tapRequest("buffered_admin: { max_traces: 0 }"), /max_traces/],
    ["more than a megabyte", `# ${"x".repeat(1024 * 1024)}`, "the body is longer than 1048576 bytes"],
  ];
  for (const [name, body, answer] of ROWS)
    test(name, async () => {
      const { status, text } = await admin.ask("POST", "/tap", { body });
      assert.equal(status, 400, text);
      if (typeof answer === "string") assert.equal(text, answer);
      else assert.match(text, answer);
    });

  test("another method", async () => {
    const { status, text } = await admin.ask("GET", "/tap");
    assert.deepEqual([status, text], [405, "Method GET not allowed, POST required."]);
  });

  test("without an extension there is no /tap", async () => {
    const setup = await setUp();
    setup.registry.configure([]);
    const { status, text } = await setup.admin.ask("POST", "/tap", { body: tapRequest(STREAMING) });
    assert.equal(status, 404);
    assert.doesNotMatch(text, /tap filter control/);
  });

  test("a body whose sender leaves", async () => {
    const setup = await setUp();
    const sent = request({
      host: "127.0.0.1",
      ...setup.admin.target,
      method: "POST",
      path: "/tap",
      headers: { "content-length": 100 },
    });
    sent.on("error", () => {}).write("config_id");
    await delay(20);
    sent.destroy();
    assert.equal((await setup.admin.ask("GET", "/tap/status")).status, 200);
  });

  test("more taps than there may be", async () => {
    const setup = await setUp();
    while (setup.registry.attachedCount < 64) await attach(setup, tapRequest(STREAMING));
    const { status, text } = await setup.admin.ask("POST", "/tap", { body: tapRequest(STREAMING) });
    assert.deepEqual([status, text], [503, "64 taps are attached, and no more are taken. Detach one."]);
  });
});

test("A5: several taps are attached at once, on one id too, and each gets every trace", async () => {
  const setup = await setUp();
  const taps = [
    await attach(setup, tapRequest(STREAMING)),
    await attach(setup, tapRequest(STREAMING)),
    await attach(setup, tapRequest(STREAMING, undefined, "two"), { id: "two" }),
  ];
  const { text } = await setup.admin.ask("GET", "/tap/status");
  assert.deepEqual(JSON.parse(text), {
    config_ids: [
      { config_id: "one", attached: 2 },
      { config_id: "two", attached: 1 },
    ],
  });
  for (const id of ["one", "two"])
    for (const { sink } of setup.registry.active(id)) sink.open({ id: 1n, connection: CONNECTION }).submit(trace(1));
  await until(() => taps.every((tap) => numbersIn(tap.text()).length === 1), "each has read its trace");
  taps[0]!.leave();
  await until(() => setup.registry.active("one").length === 1, "the first is detached");
  assert.equal(openTrace(setup).submit(trace(2)), "taken");
  await until(() => numbersIn(taps[1]!.text()).length === 2, "the second reads on");
  for (const tap of taps) tap.leave();
});

test("A6 CloseMidStream: what a stream submits after its tap was detached is dropped, and counted", async () => {
  const setup = await setUp();
  const tap = await attach(setup, tapRequest(STREAMING));
  const handle = openTrace(setup);
  assert.equal(handle.submit(trace(1)), "taken");
  tap.leave();
  await until(() => setup.registry.active("one").length === 0, "it is detached");
  assert.ok(!isTaken(handle.submit(trace(2))));
  handle.close();
  assert.equal(
    setup.ledger.book("admin-documents").format(),
    "admin-documents: 2 in = 1 handled + 1 dropped (detached 1)",
  );
  await until(() => setup.budget.used === 0, "the budget has its bytes back");
});

describe("a buffered tap", () => {
  test("A7: writes nothing before it is full, then one chunk a trace, and discards the rest", async () => {
    const setup = await setUp();
    const tap = await attach(setup, tapRequest("buffered_admin: { max_traces: 2 }"));
    const handle = openTrace(setup);
    assert.equal(handle.submit(trace(1)), "taken");
    await delay(50);
    assert.equal(tap.text(), "");
    assert.equal(handle.submit(trace(2)), "taken");
    assert.ok(!isTaken(handle.submit(trace(3))));
    await tap.ended;
    assert.deepEqual(numbersIn(tap.text()), [1, 2]);
    assert.equal(setup.registry.active("one").length, 0);
    assert.equal(setup.budget.used, 0);
    assert.ok(setup.ledger.balanced);
  });

  test("its time is over: it writes what there is, which may be nothing", async () => {
    for (const traces of [0, 1]) {
      const setup = await setUp();
      const tap = await attach(setup, tapRequest("buffered_admin: { max_traces: 5, timeout: 0.05s }"));
      for (let number = 0; number < traces; number++) openTrace(setup).submit(trace(number));
      await tap.ended;
      assert.equal(numbersIn(tap.text()).length, traces);
      assert.equal(setup.registry.active("one").length, 0);
    }
  });

  test("A8, A9, A10: whoever comes first, the last trace, the time or the end of the reader, it is written once", async () => {
    for (const first of ["full", "time", "left"]) {
      const setup = await setUp();
      const timeout = first === "time" ? ", timeout: 0.001s" : ", timeout: 0.03s";
      const tap = await attach(setup, tapRequest(`buffered_admin: { max_traces: 2${timeout} }`)).catch(() => undefined);
      const handle = tap === undefined || setup.registry.active("one").length === 0 ? undefined : openTrace(setup);
      handle?.submit(trace(1));
      if (first === "left") tap?.leave();
      if (first !== "left") handle?.submit(trace(2));
      if (first === "full") tap?.leave();
      handle?.submit(trace(3));
      await delay(60);
      handle?.submit(trace(4));
      await tap?.ended;
      assert.ok(numbersIn(tap?.text() ?? "").length <= 2, first);
      assert.equal(setup.registry.active("one").length, 0, first);
      assert.ok(setup.ledger.balanced, first);
      await until(() => setup.budget.used === 0, `the budget has its bytes back: ${first}`);
    }
  });

  test("one that is followed by another leaves nothing to it", async () => {
    const setup = await setUp();
    for (const round of [1, 2]) {
      const tap = await attach(setup, tapRequest("buffered_admin: { max_traces: 2 }"));
      for (const number of [0, 1, 2]) openTraceOf(setup)?.submit(trace(10 * round + number));
      await tap.ended;
      assert.deepEqual(numbersIn(tap.text()), [10 * round, 10 * round + 1]);
    }
  });

  test("more than a slow reader may have queued is written whole: it was collected within the budget", async () => {
    const setup = await setUp({ maxQueuedBytes: 1000 });
    const tap = await attach(setup, tapRequest("buffered_admin: { max_traces: 50 }"));
    for (let number = 0; number < 50; number++) openTrace(setup)?.submit(trace(number, 10_000));
    await tap.ended;
    assert.deepEqual(
      numbersIn(tap.text()),
      Array.from({ length: 50 }, (_, index) => index),
    );
    assert.equal(setup.budget.used, 0);
  });

  test("what the budget has no room for is lost, counted and told", async () => {
    const setup = await setUp({ memory: 25_000 });
    const tap = await attach(setup, tapRequest("buffered_admin: { max_traces: 3 }"), {
      accept: "application/x-ndjson",
    });
    for (let number = 0; number < 4; number++) openTrace(setup).submit(trace(number, number === 3 ? 0 : 10_000));
    await tap.ended;
    assert.deepEqual(numbersIn(tap.text()), [0, 1, 3]);
    assert.match(tap.text(), /\n\{"tapline":\{"lost_traces":"1"\}\}\n$/);
    assert.match(setup.ledger.book("admin-documents").format(), /1 dropped \(memory-budget 1\)$/);
  });

  test("length delimited messages", async () => {
    const setup = await setUp();
    const tap = await attach(setup, tapRequest("buffered_admin: { max_traces: 2 }", "PROTO_BINARY_LENGTH_DELIMITED"));
    assert.equal(tap.response.headers["content-type"], "application/x-protobuf");
    for (const number of [1, 2]) openTraceOf(setup)?.submit(trace(number));
    await tap.ended;
    const bytes = Buffer.from(tap.text(), "latin1");
    assert.deepEqual([bytes.length, bytes[0], bytes[bytes[0]! + 1]], [2 * (bytes[0]! + 1), bytes[0], bytes[0]]);
  });
});

describe("framing", () => {
  const ROWS = [
    ["application/json", "text/plain; charset=UTF-8", /^\{\n "http_buffered_trace": \{\n/],
    [
      "application/x-ndjson",
      "application/x-ndjson",
      /^\{"http_buffered_trace": .*\}\n\{"http_buffered_trace": .*\}\n$/,
    ],
    ["text/html, text/event-stream;q=0.9", "text/event-stream", /^data: \{.*\}\n\ndata: \{.*\}\n\n$/],
  ] as const;
  for (const [accept, type, shape] of ROWS)
    test(accept, async () => {
      const setup = await setUp();
      const tap = await attach(setup, tapRequest(STREAMING), { accept });
      assert.equal(tap.response.headers["content-type"], type);
      const handle = openTrace(setup);
      handle.submit(trace(1));
      handle.submit({
        trace: { kind: "http-buffered", request: { headers: [{ key: "n", value: '2"\n }' }], trailers: [] } },
      });
      await until(() => tap.text().match(/"key": "n"/g)?.length === 2, "both are read");
      assert.match(tap.text(), shape);
      if (accept === "application/x-ndjson")
        assert.equal(JSON.parse(tap.text().split("\n")[1]!).http_buffered_trace.request.headers[0].value, '2"\n }');
      tap.leave();
    });
});

describe("a reader that does not keep up", () => {
  test("loses traces, which are counted and told; nothing waits and nothing grows", async () => {
    const setup = await setUp({ maxQueuedBytes: 256 * 1024 });
    const tap = await attach(setup, tapRequest(STREAMING), { accept: "application/x-ndjson", reads: false });
    const handle = openTrace(setup);
    let lost = 0;
    const count = 2000;
    for (let number = 0; number < count; number++) {
      if (!isTaken(handle.submit(trace(number, 10_000)))) lost++;
      assert.ok(setup.budget.used <= 256 * 1024);
      if (number % 100 === 0) await nextTurn();
    }
    assert.ok(lost > 0, "some were lost");
    let text = "";
    tap.response.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
    });
    await until(() => setup.budget.used === 0 && text.includes("lost_traces"), "the rest is read");
    assert.equal(handle.submit(trace(count)), "taken");
    await until(() => text.includes(`"${count}"`), "it goes on");
    const told = [...text.matchAll(/^\{"tapline":\{"lost_traces":"(\d+)"\}\}$/gm)].reduce(
      (sum, [, n]) => sum + Number(n),
      0,
    );
    assert.equal(told, lost);
    assert.equal(text.match(/"http_buffered_trace"/g)?.length, count + 1 - lost);
    const book = setup.ledger.book("admin-documents");
    assert.deepEqual([book.entered, book.dropped, book.imbalance], [count + 1, lost, 0]);
    tap.leave();
  });

  test("gives its memory back when it leaves", async () => {
    const setup = await setUp();
    const tap = await attach(setup, tapRequest(STREAMING), { reads: false });
    const handle = openTrace(setup);
    for (let number = 0; number < 1000; number++) handle.submit(trace(number, 10_000));
    assert.ok(setup.budget.used > 0);
    tap.leave();
    await until(() => setup.budget.used === 0, "the budget has its bytes back");
    assert.equal(setup.registry.attachedCount, 0);
  });

  test("is not made a document for", async () => {
    const setup = await setUp({ maxQueuedBytes: 200 });
    const tap = await attach(setup, tapRequest(STREAMING));
    const handle = openTrace(setup);
    assert.ok(!isTaken(handle.submit(trace(1, 1000))), "larger than the queue");
    const unreadable = {
      get trace(): never {
        throw new Error("it was encoded");
      },
    };
    assert.equal(handle.submit(trace(2)), "taken");
    assert.ok(!isTaken(handle.submit(trace(3, 150))), "no room");
    assert.ok(!isTaken(handle.submit(unreadable as unknown as TraceWrapper)));
    await until(() => numbersIn(tap.text()).length > 0, "it was read");
    assert.match(tap.text(), /lost_traces":"1"[\s\S]*"2"[\s\S]*lost_traces":"2"/);
    tap.leave();
  });
});

test("on a Unix socket a reader that leaves is noticed", async () => {
  const socketPath = join(tmpdir(), `tapline-admin-${process.pid}.sock`);
  rmSync(socketPath, { force: true });
  const setup = await setUp({ socketPath });
  const tap = await attach(setup, tapRequest(STREAMING));
  assert.equal(setup.registry.attachedCount, 1);
  tap.leave();
  await until(() => setup.registry.attachedCount === 0, "it is detached");
});

test("a configuration without the id refuses new taps; those that are attached stay", async () => {
  const setup = await setUp();
  const tap = await attach(setup, tapRequest(STREAMING));
  setup.registry.configure([{ configId: "two", kind: "http" }]);
  assert.equal(setup.registry.active("one").length, 1);
  assert.equal((await setup.admin.ask("POST", "/tap", { body: tapRequest(STREAMING) })).status, 400);
  tap.leave();
});

function openTraceOf(setup: Setup): TraceSinkHandle | undefined {
  return setup.registry.active("one").length === 0 ? undefined : openTrace(setup);
}
