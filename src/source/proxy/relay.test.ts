import assert from "node:assert/strict";
import { test } from "node:test";
import { Ledger, MemoryBudget, type SocketEvent } from "../../model/index.ts";
import type { Channel, ChannelHandler } from "./channel/channel.ts";
import { Relay } from "./relay.ts";
import { TappedConnection } from "./tapped-connection.ts";

/** A channel whose socket takes as many bytes as the test allows, and that writes down what is done to it. */
class ScriptedChannel implements Channel {
  readonly calls: string[] = [];
  handler!: ChannelHandler;
  backlog = 0;
  /** How many bytes the socket still takes. */
  room = Number.POSITIVE_INFINITY;
  /** Its socket is destroyed, and the end was not told yet. */
  takesNothing = false;
  #waiting: Uint8Array[] = [];

  get full(): boolean {
    return this.backlog > 0;
  }
  handleWith(handler: ChannelHandler): void {
    this.handler = handler;
  }
  write(bytes: Uint8Array): number {
    if (this.takesNothing) return 0;
    const taken = Math.min(bytes.length, this.room);
    this.room -= taken;
    this.calls.push(`write ${Buffer.from(bytes)} took ${taken}`);
    if (taken < bytes.length) this.#waiting.push(bytes.slice(taken));
    this.backlog += bytes.length - taken;
    return taken;
  }
  flush(): void {
    for (const bytes of this.#waiting.splice(0)) {
      this.backlog -= bytes.length;
      this.handler.flushed(bytes);
    }
  }
  end(): void {
    this.calls.push("end");
  }
  pause(): void {
    this.calls.push("pause");
  }
  resume(): void {
    this.calls.push("resume");
  }
  destroy(): void {
    this.calls.push("destroy");
  }
  reset(): void {
    this.calls.push("reset");
  }
}

function makeCounters() {
  return { faults: { value: 0 }, readBytes: { value: 0 }, writtenBytes: { value: 0 } };
}

function makeRelay(budget = new MemoryBudget(1 << 20), takesEndApart = false) {
  const ledger = new Ledger();
  const log: string[] = [];
  const side = (name: "down" | "up") => {
    const observe = (event: SocketEvent) =>
      log.push(
        event.kind === "data"
          ? `${name} ${event.direction} @${event.offset} ${Buffer.from(event.data)}${event.endStream ? " end" : ""}`
          : `${name} ${event.kind}${event.kind === "close" ? ` ${event.how}${event.by ? ` ${event.by}` : ""}` : ""}`,
      );
    const connection = { id: 0n, transport: "tcp", local: undefined, remote: undefined, role: "unknown" } as const;
    const tapped = new TappedConnection(
      { ...connection },
      [{ attach: () => ({ observe, takesEndApart }) }],
      makeCounters(),
    );
    return { tapped, channel: new ScriptedChannel(), received: ledger.book(name) };
  };
  const down = side("down");
  const up = side("up");
  const overflows = { value: 0 };
  let closed = 0;
  const relay = new Relay(down, up, { budget, overflows, onClosed: () => closed++ });
  relay.start();
  return { relay, down: down.channel, up: up.channel, log, ledger, overflows, budget, closedTimes: () => closed };
}

/** Until no write is held back any more. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setImmediate(resolve));
}

test("bytes are handed on, and each side sees its own reads and writes", async () => {
  const { down, up, log, ledger } = makeRelay();
  down.handler.received(Buffer.from("request"));
  up.handler.received(Buffer.from("response"));
  down.handler.received(Buffer.from("again"));
  assert.deepEqual(up.calls, ["resume", "write request took 7", "write again took 5"]);
  assert.deepEqual(down.calls, ["resume", "write response took 8"]);
  await settle();
  assert.deepEqual(log, [
    "down read @0 request",
    "up write @0 request",
    "up read @0 response",
    "down write @0 response",
    "down read @7 again",
    "up write @7 again",
  ]);
  assert.deepEqual(ledger.format(), ["down: 12 in = 12 handled", "up: 8 in = 8 handled"]);
});

test("a slow receiver holds its sender back, and nothing counts as written before it is", async () => {
  const { down, up, log, ledger, budget } = makeRelay();
  up.room = 3;
  down.handler.received(Buffer.from("request"));
  assert.deepEqual(down.calls, ["resume", "pause"]);
  assert.equal(budget.used, 4);
  assert.equal(ledger.book("down").buffered, 4);
  up.flush();
  assert.deepEqual(down.calls, ["resume", "pause", "resume"]);
  assert.equal(budget.used, 0);
  await settle();
  assert.deepEqual(log, ["down read @0 request", "up write @0 req", "up write @3 uest"]);
  assert.ok(ledger.balanced);
});

test("a half-close goes with the bytes that came right before it, and only with those", async () => {
  const { down, up, log } = makeRelay();
  down.handler.received(Buffer.from("one"));
  await settle();
  down.handler.received(Buffer.from("two"));
  down.handler.ended();
  up.handler.received(Buffer.from("reply"));
  await settle();
  up.handler.ended();
  assert.deepEqual(log, [
    "down read @0 one",
    "up write @0 one",
    "down read @3 two",
    "up write @3 two end",
    "up read @0 reply",
    "down write @0 reply",
  ]);
});

test("an observer that has enough is told at once", () => {
  const events: string[] = [];
  const observe = (event: SocketEvent) => events.push(event.kind);
  const connection = { id: 0n, transport: "tcp", local: undefined, remote: undefined, role: "unknown" } as const;
  const sated = { attach: () => ({ observe, wants: () => false }) };
  const tapped = new TappedConnection({ ...connection }, [sated], makeCounters());
  tapped.wrote(Buffer.from("x"), false);
  assert.deepEqual(events, ["data"]);
});

test("an observer that takes a half-close apart is told of writes at once, of bytes that are still lent", () => {
  const events: string[] = [];
  const told: Uint8Array[] = [];
  const apart = {
    attach: () => ({
      takesEndApart: true,
      observe: (event: SocketEvent) => {
        if (event.kind === "data") told.push(event.data);
        events.push(
          event.kind === "data" ? `@${event.offset} ${event.data}${event.endStream ? " end" : ""}` : event.kind,
        );
      },
    }),
  };
  const connection = { id: 0n, transport: "tcp", local: undefined, remote: undefined, role: "unknown" } as const;
  const tapped = new TappedConnection({ ...connection }, [apart], makeCounters());
  const lent = Buffer.from("x");
  tapped.wrote(lent, false);
  assert.equal(told[0], lent);
  tapped.writeEnded();
  tapped.closed("fin");
  tapped.writeEnded();
  assert.deepEqual(events, ["@0 x", "@1  end", "close"]);
});

test("who takes a half-close apart is told of both, of that of the peer when it came", () => {
  const { down, up, log } = makeRelay(undefined, true);
  down.handler.received(Buffer.from("ask"));
  down.handler.ended();
  up.handler.ended();
  down.handler.closed(undefined);
  up.handler.closed(undefined);
  assert.deepEqual(log, [
    "down read @0 ask",
    "up write @0 ask",
    "down read @3  end",
    "up write @3  end",
    "up read @0  end",
    "down write @0  end",
    "down close fin",
    "up close fin",
  ]);
});

test("a half-close is handed on, and goes with bytes that were still waiting", async () => {
  const { down, up, log, closedTimes } = makeRelay();
  up.room = 0;
  down.handler.received(Buffer.from("last"));
  down.handler.ended();
  assert.ok(up.calls.includes("end"));
  up.flush();
  up.handler.received(Buffer.from("reply"));
  await settle();
  assert.deepEqual(log, ["down read @0 last", "up write @0 last end", "up read @0 reply", "down write @0 reply"]);
  up.handler.ended();
  down.handler.closed(undefined);
  assert.equal(closedTimes(), 0);
  up.handler.closed(undefined);
  assert.equal(closedTimes(), 1);
  assert.deepEqual(log.slice(-2), ["down close fin", "up close fin"]);
  assert.ok(!down.calls.includes("reset") && !up.calls.includes("reset"));
});

test("a connection that breaks breaks the other one, and what was waiting is counted as lost", () => {
  const { down, up, log, ledger, budget, closedTimes } = makeRelay();
  up.room = 1;
  down.handler.received(Buffer.from("request"));
  up.handler.closed(Object.assign(new Error("reset"), { code: "ECONNRESET" }));
  assert.ok(down.calls.includes("reset"));
  down.handler.received(Buffer.from("late"));
  down.handler.closed(undefined);
  assert.equal(closedTimes(), 1);
  assert.equal(budget.used, 0);
  assert.deepEqual(ledger.format(), [
    "down: 11 in = 1 handled + 10 dropped (receiver-closed 10)",
    "up: 0 in = 0 handled",
  ]);
  assert.deepEqual(log.slice(2), ["up close reset read", "down read @7 late", "down close reset write"]);
});

test("what a channel that is going does not take any more is counted as lost at once", () => {
  const { down, up, ledger, budget } = makeRelay();
  up.room = 2;
  down.handler.received(Buffer.from("held"));
  up.takesNothing = true;
  down.handler.received(Buffer.from("late"));
  assert.deepEqual(ledger.format()[0], "down: 8 in = 2 handled + 4 dropped (receiver-closed 4) + 2 buffered");
  up.handler.closed(undefined);
  down.handler.closed(undefined);
  assert.deepEqual(ledger.format()[0], "down: 8 in = 2 handled + 6 dropped (receiver-closed 6)");
  assert.equal(budget.used, 0);
});

test("a relay that the memory budget refuses is closed", () => {
  const { down, up, ledger, overflows, budget, closedTimes } = makeRelay(new MemoryBudget(3));
  up.room = 0;
  down.handler.received(Buffer.from("request"));
  assert.equal(overflows.value, 1);
  assert.equal(closedTimes(), 1);
  assert.ok(up.calls.includes("destroy") && down.calls.includes("destroy"));
  assert.equal(budget.used, 0);
  assert.deepEqual(ledger.format()[0], "down: 7 in = 0 handled + 7 dropped (receiver-closed 7)");
});

test("an observer that throws is let go and counted, and the bytes go on", () => {
  const counters = makeCounters();
  let calls = 0;
  const failing = {
    attach: () => ({
      observe: () => {
        calls++;
        throw new Error("a bug in a tap");
      },
    }),
  };
  const connection = { id: 0n, transport: "tcp", local: undefined, remote: undefined, role: "unknown" } as const;
  const tapped = new TappedConnection({ ...connection }, [failing], counters);
  tapped.read(Buffer.from("a"));
  tapped.read(Buffer.from("b"));
  tapped.closed("fin");
  assert.deepEqual([calls, counters.faults.value, counters.readBytes.value], [1, 1, 2]);
});
