/** Several plugins in one machine, and several machines that share their state. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { DATA, I32, op, type TestModule } from "../../../test/support/wasm/build-module.ts";
import { CALL, callback, EFFECTIVE, event, GO, HostRun, LOG, TICK } from "../../../test/support/wasm/host-run.ts";
import { encodePairs, octetsOf, type Pair } from "../pairs.ts";
import { SharedState } from "../shared-state.ts";

const GET: Pair[] = [[":path", "/"]];

/** Logs the letter that stands at DATA and so many behind it: the number on the stack. */
const letter = (log: number): (readonly number[])[] => [
  [0x22, 0x00],
  op.i32(DATA),
  [0x6a],
  [0x21, 0x00],
  op.i32(2),
  op.get(0),
  op.i32(1),
  op.call(log),
  op.drop,
];

describe("two plugins in one machine", () => {
  const pairs = encodePairs([
    [":method", "GET"],
    [":path", "/"],
    [":authority", "a"],
  ]);
  const module: TestModule = {
    imports: [TICK, LOG, CALL],
    data: `0123456789c${octetsOf(pairs)}`,
    functions: [
      // The period is a hundred times the context's number.
      {
        name: "proxy_on_configure",
        params: [I32, I32],
        results: [I32],
        body: [op.get(0), op.i32(100), [0x6c], op.call(0), op.drop, op.i32(1)],
      },
      event("proxy_on_tick", 1, op.get(0), ...letter(1)),
      callback(
        "proxy_on_request_headers",
        ...[DATA + 10, 1, DATA + 11, pairs.length, 0, 0, 0, 0, 50, 512].map((value) => op.i32(value)),
        ...[op.call(2), op.drop, GO],
      ),
      event("proxy_on_http_call_response", 5, op.get(0), ...letter(1)),
    ],
  };
  async function startTwo() {
    const first = await HostRun.of(module);
    const second = await HostRun.of(module, {}, { machine: first.plugin.machine });
    return { first, second };
  }

  test("have a timer each, and hear of their own", async () => {
    const { first, second } = await startTwo();
    assert.deepEqual(
      first.ticks.map(({ millis }) => millis),
      [100, 200],
    );
    first.ticks[1]!.run();
    first.ticks[0]!.run();
    assert.deepEqual(first.logs, ["2", "1"]);
    second.plugin.close();
    assert.deepEqual(
      first.ticks.map(({ millis }) => millis),
      [100],
      "one that ends takes its own timer with it",
    );
    first.ticks[0]!.run();
    assert.deepEqual(first.logs, ["2", "1", "1"]);
  });

  test("are answered each what it asked; one that ends gives up its own calls alone", async () => {
    const { first, second } = await startTwo();
    for (const run of [first, second]) {
      const stream = run.open();
      stream.requestHeaders(GET, true);
      stream.close();
    }
    const answer = { headers: [[":status", "200"] as const], body: Buffer.from("x"), trailers: [] };
    second.plugin.close();
    assert.equal(first.cancelled, 1);
    first.answers[1]!(answer);
    assert.deepEqual(first.logs, []);
    first.answers[0]!(answer);
    assert.deepEqual(first.logs, ["1"]);
  });

  test("fail together: each counts it, and each has a machine of its own then", async () => {
    const broken = { functions: [callback("proxy_on_request_headers", op.unreachable)] };
    const first = await HostRun.of(broken);
    const second = await HostRun.of(broken, {}, { machine: first.plugin.machine });
    first.open().requestHeaders(GET, true);
    assert.deepEqual([first.plugin.failures, second.plugin.failures], [1, 1]);
    second.open().requestHeaders(GET, true);
    second.open().requestHeaders(GET, true);
    assert.deepEqual([first.plugin.failures, second.plugin.failures], [1, 2]);
    assert.notEqual(first.plugin.machine, second.plugin.machine);
  });

  test("one that refuses its configuration leaves the other's timer alone", async () => {
    // The second context's number is 2: it answers 2 & 1.
    const refusing: TestModule = {
      imports: [TICK],
      functions: [
        {
          name: "proxy_on_configure",
          params: [I32, I32],
          results: [I32],
          body: [op.i32(100), op.call(0), op.drop, op.get(0), op.i32(1), [0x71]],
        },
      ],
    };
    const first = await HostRun.of(refusing);
    const beside = { machine: first.plugin.machine };
    await assert.rejects(HostRun.of(refusing, {}, beside), { code: "configuration", message: /refuses/ });
    assert.deepEqual([first.ticks.length, first.plugin.machine.contexts], [1, 1]);
  });
});

describe("two machines", () => {
  const queue = (name: string, params: number) => ({ name, params: Array(params).fill(I32), results: [I32] });
  const imports = [
    queue("proxy_register_shared_queue", 3),
    queue("proxy_resolve_shared_queue", 5),
    queue("proxy_enqueue_shared_queue", 3),
    queue("proxy_dequeue_shared_queue", 3),
    LOG,
  ];
  const load = (at: number): number[] => [...op.i32(at), 0x28, 0x02, 0x00];
  const receiver: TestModule = {
    imports,
    data: "q",
    functions: [
      {
        name: "proxy_on_configure",
        params: [I32, I32],
        results: [I32],
        body: [op.i32(DATA), op.i32(1), op.i32(512), op.call(0), op.drop, op.i32(1)],
      },
      event(
        "proxy_on_queue_ready",
        2,
        ...[op.get(1), op.i32(516), op.i32(520), op.call(3), op.drop],
        ...[op.i32(2), load(516), load(520), op.call(4), op.drop],
      ),
      callback("proxy_on_response_headers", op.unreachable),
    ],
  };
  const sender: TestModule = {
    imports,
    data: "vmqhello",
    functions: [
      callback(
        "proxy_on_request_headers",
        ...[op.i32(DATA), op.i32(2), op.i32(DATA + 2), op.i32(1), op.i32(512), op.call(1), op.drop],
        ...[load(512), op.i32(DATA + 3), op.i32(5), op.call(2), op.drop, GO],
      ),
    ],
  };

  test("share queues: what one puts in the other is told of, also once it has been started anew", async () => {
    const shared = new SharedState();
    const to = await HostRun.of(receiver, { vmId: "vm", failure: "open" }, { shared });
    const from = await HostRun.of(sender, { vmId: "other" }, { shared });
    from.open().requestHeaders(GET, true);
    assert.deepEqual([to.logs, from.logs], [["hello"], []]);
    const broken = to.open();
    broken.responseHeaders([[":status", "200"]], true);
    to.logs.length = 0;
    from.open().requestHeaders(GET, true);
    assert.deepEqual(to.logs, [], "nobody is there; what was put in stays");
    to.open();
    from.open().requestHeaders(GET, true);
    assert.deepEqual(to.logs, ["hello"], "the new machine has registered");
    assert.deepEqual(Buffer.from(shared.dequeue(1)!).toString(), "hello");
    assert.equal(shared.dequeue(1), null);
  });
});

test("a context that the module switches to holds for that callback; one that is not there is refused", async () => {
  const PAIRS = { name: "proxy_get_header_map_pairs", params: Array(3).fill(I32), results: [I32] };
  const look = [op.i32(0), op.i32(512), op.i32(516), op.call(1), ...letter(2)];
  const run = await HostRun.of({
    imports: [EFFECTIVE, PAIRS, LOG, TICK],
    data: "0123456789",
    functions: [
      event(
        "proxy_on_tick",
        1,
        ...look,
        ...[op.i32(2), op.call(0), ...letter(2)],
        ...look,
        ...[op.i32(77), op.call(0), ...letter(2)],
        ...look,
      ),
      {
        name: "proxy_on_configure",
        params: [I32, I32],
        results: [I32],
        body: [op.i32(5), op.call(3), op.drop, op.i32(1)],
      },
    ],
  });
  const stream = run.open();
  stream.requestHeaders(GET, true);
  const tick = () => {
    run.ticks[0]!.run();
    return run.logs.splice(0).join("");
  };
  // Not found; switched; found; bad argument; still found.
  assert.equal(tick(), "10020");
  assert.equal(tick(), "10020", "the next callback is of its own context again");
  stream.close();
  assert.equal(tick(), "12121", "a stream that has ended is not there");
});
