/** Functions of the host beside those for messages: metrics, shared state, logs, clocks, streams. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { HostCaller, OUT, OUT_SIZE } from "../../../test/support/wasm/host-caller.ts";
import { Status } from "../abi.ts";
import { encodePairs } from "../pairs.ts";

describe("metrics", () => {
  const caller = new HostCaller();
  const define = (kind: number, name: string) => {
    assert.equal(caller.call("proxy_define_metric", kind, name, OUT), Status.Ok);
    return caller.uint32(OUT);
  };
  test("count up, go up and down, and are recorded", () => {
    const [counter, gauge, histogram] = [define(0, "c"), define(1, "g"), define(2, "h")] as const;
    assert.equal(define(0, "c"), counter);
    assert.equal(caller.call("proxy_increment_metric", counter, 3n), Status.Ok);
    assert.equal(caller.call("proxy_increment_metric", counter, -1n), Status.BadArgument);
    assert.equal(caller.call("proxy_record_metric", counter, 1n), Status.BadArgument);
    assert.equal(caller.call("proxy_record_metric", gauge, 5n), Status.Ok);
    assert.equal(caller.call("proxy_increment_metric", gauge, -2n), Status.Ok);
    assert.equal(caller.call("proxy_record_metric", histogram, 9n), Status.Ok);
    assert.equal(caller.call("proxy_get_metric", histogram, OUT), Status.BadArgument);
    for (const [metric, value] of [
      [counter, 3n],
      [gauge, 3n],
    ] as const) {
      assert.equal(caller.call("proxy_get_metric", metric, OUT), Status.Ok);
      assert.equal(new DataView(caller.memory.buffer).getBigUint64(OUT, true), value);
    }
    assert.equal(caller.call("proxy_define_metric", 3, "x", OUT), Status.BadArgument);
    assert.equal(caller.call("proxy_increment_metric", 99, 1n), Status.NotFound);
  });
});

describe("data and queues that machines share", () => {
  const caller = new HostCaller();
  test("data changes only from the version that is named", () => {
    assert.equal(caller.call("proxy_get_shared_data", "k", OUT, OUT_SIZE, 72), Status.NotFound);
    assert.equal(caller.call("proxy_set_shared_data", "k", "1", 0), Status.Ok);
    assert.equal(caller.call("proxy_get_shared_data", "k", OUT, OUT_SIZE, 72), Status.Ok);
    const version = caller.uint32(72);
    assert.equal(caller.text, "1");
    assert.equal(caller.call("proxy_set_shared_data", "k", "2", version + 1), Status.CasMismatch);
    assert.equal(caller.call("proxy_set_shared_data", "k", "2", version), Status.Ok);
    assert.equal(caller.call("proxy_set_shared_data", "k", "3", version), Status.CasMismatch);
  });

  test("a queue tells who made it, and gives what was put in, in order", () => {
    assert.equal(caller.call("proxy_register_shared_queue", "q", OUT), Status.Ok);
    const queue = caller.uint32(OUT);
    assert.equal(caller.call("proxy_resolve_shared_queue", "vm", "q", OUT), Status.Ok);
    assert.equal(caller.uint32(OUT), queue);
    assert.equal(caller.call("proxy_resolve_shared_queue", "other", "q", OUT), Status.NotFound);
    for (const text of ["a", "b"]) assert.equal(caller.call("proxy_enqueue_shared_queue", queue, text), Status.Ok);
    assert.deepEqual(caller.calls, [`queue ${queue}`, `queue ${queue}`]);
    for (const text of ["a", "b"]) {
      assert.equal(caller.call("proxy_dequeue_shared_queue", queue, OUT, OUT_SIZE), Status.Ok);
      assert.equal(caller.text, text);
    }
    assert.equal(caller.call("proxy_dequeue_shared_queue", queue, OUT, OUT_SIZE), Status.Empty);
    assert.equal(caller.call("proxy_dequeue_shared_queue", 99, OUT, OUT_SIZE), Status.NotFound);
  });
});

describe("the rest", () => {
  test("logs from their level on, WASI's output too", () => {
    const caller = new HostCaller();
    caller.call("proxy_log", 1, "debug");
    caller.call("proxy_log", 3, "warned");
    assert.equal(caller.call("proxy_log", 9, "x"), Status.BadArgument);
    new Uint8Array(caller.memory.buffer).set(Buffer.from("out\n"), 300);
    const view = new DataView(caller.memory.buffer);
    view.setUint32(200, 300, true);
    view.setUint32(204, 4, true);
    assert.equal(caller.call("fd_write", 1, 200, 1, OUT), 0);
    assert.equal(caller.uint32(OUT), 4);
    assert.equal(caller.call("fd_write", 2, 200, 1, OUT), 0);
    assert.equal(caller.call("fd_write", 5, 200, 1, OUT), 8);
    assert.deepEqual(caller.logs, ["warn: warned", "info: out", "error: out"]);
    caller.call("proxy_get_log_level", OUT);
    assert.equal(caller.uint32(OUT), 2);
  });

  test("clocks, random bytes, contexts, timers, streams", () => {
    const caller = new HostCaller();
    const time = () => new DataView(caller.memory.buffer).getBigUint64(OUT, true);
    assert.equal(caller.call("proxy_get_current_time_nanoseconds", OUT), 0);
    assert.equal(time(), 1_700_000_000_000_000_001n);
    assert.equal(caller.call("clock_time_get", 0, 1n, OUT), 0);
    assert.equal(caller.call("random_get", 300, 16), 0);
    assert.equal(caller.call("random_get", 300, 70_000), 28);
    assert.equal(caller.call("proxy_set_effective_context", 2), Status.Ok);
    assert.equal(caller.call("proxy_set_effective_context", 3), Status.BadArgument);
    caller.call("proxy_set_tick_period_milliseconds", 100);
    caller.call("proxy_continue_stream", 0);
    caller.call("proxy_continue_response");
    caller.call("proxy_close_stream", 1);
    assert.equal(caller.call("proxy_continue_stream", 9), Status.BadArgument);
    assert.equal(caller.call("proxy_send_local_response", 403, "why", "no", encodePairs([["a", "b"]]), -1), Status.Ok);
    assert.equal(caller.call("proxy_send_local_response", 9, "", "", "", -1), Status.BadArgument);
    assert.deepEqual(caller.calls, ["tick 1 100", "continue 0", "continue 1", "close 1", "respond 403 no"]);
    assert.throws(() => caller.call("proc_exit", 3), /exit 3/);
  });
});
