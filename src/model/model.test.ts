import assert from "node:assert/strict";
import { test } from "node:test";
import {
  addNanos,
  formatEndpoint,
  formatError,
  formatTimestamp,
  Ledger,
  MemoryBudget,
  nanosBetween,
  TaplineError,
} from "./index.ts";

test("a ledger balances when all that entered is settled or buffered, and says what became of it", () => {
  const ledger = new Ledger();
  const bytes = ledger.book("bytes");
  bytes.enter(100);
  bytes.settleHandled(60);
  bytes.settleSkipped("not-http", 10);
  bytes.settleDropped("memory-budget", 5);
  assert.equal(bytes.buffered, 25);
  // @ts-expect-error Nothing is settled with a reason that stands in no table, and so on no page.
  new Ledger().book("x").settleDropped("no-such-reason", 1);
  assert.ok(ledger.balanced);
  assert.deepEqual(ledger.format(), [
    "bytes: 100 in = 60 handled + 10 skipped (not-http 10) + 5 dropped (memory-budget 5) + 25 buffered",
  ]);
});

test("a balance is one line where nothing was lost, and else a line a book", () => {
  const ledger = new Ledger();
  assert.deepEqual(ledger.formatBalance("all"), []);
  for (const name of ["packets", "bytes", "idle", "shown"]) ledger.book(name);
  assert.deepEqual(ledger.formatBalance("all"), ["nothing lost: nothing came"]);
  assert.deepEqual(ledger.formatBalance("used"), []);
  for (const [name, amount] of [
    ["packets", 3],
    ["bytes", 90],
    ["shown", 2],
  ] as const) {
    ledger.book(name).enter(amount);
    ledger.book(name).settleHandled(amount);
  }
  ledger.book("bytes").enter(10);
  ledger.book("bytes").settleSkipped("headers", 10);
  for (const which of ["all", "used"] as const)
    assert.deepEqual(ledger.formatBalance(which), ["nothing lost: 3 packets, 100 bytes"]);
  assert.deepEqual(ledger.formatBalance("lossy"), []);
  ledger.book("bytes").enter(1);
  const whole = "packets: 3 in = 3 handled";
  assert.deepEqual(ledger.formatBalance("used"), [
    whole,
    "bytes: 101 in = 90 handled + 10 skipped (headers 10) + 1 buffered",
  ]);
  ledger.book("bytes").settleDropped("ring-full", 1);
  const lost = "bytes: 101 in = 90 handled + 10 skipped (headers 10) + 1 dropped (ring-full 1)";
  assert.deepEqual(ledger.formatBalance("used"), [whole, lost]);
  assert.deepEqual(ledger.formatBalance("lossy"), [lost]);
});

test("a reason for nothing is no loss, and is not told", () => {
  const ledger = new Ledger();
  const book = ledger.book("bytes");
  book.enter(3);
  book.settleHandled(3);
  book.settleTruncated("unfinished", 0);
  book.settleDropped("corrupt", 0);
  assert.equal(book.hasLoss, false);
  assert.equal(book.format(), "bytes: 3 in = 3 handled");
});

test("settling more than entered does not balance", () => {
  const ledger = new Ledger();
  ledger.book("records").settleHandled(1);
  assert.ok(!ledger.balanced);
  assert.match(ledger.format()[0]!, /DOES NOT BALANCE/);
});

test("a budget refuses beyond its own limit and beyond its parent's, and counts that", () => {
  const process = new MemoryBudget(100);
  const one = process.child(80);
  const two = process.child(80);
  assert.ok(one.tryReserve(70));
  assert.ok(!one.tryReserve(20));
  assert.ok(!two.tryReserve(40));
  assert.ok(two.tryReserve(30));
  assert.deepEqual([process.used, one.refusals, two.refusals, process.refusals], [100, 1, 1, 1]);
  one.releaseAll();
  assert.deepEqual([process.used, process.peak, one.used], [30, 100, 0]);
});

test("timestamps are exact over the second's boundary and printed with as few digits as are exact", () => {
  const time = { seconds: 1_525_820_614, nanos: 999_999_999 };
  assert.deepEqual(addNanos(time, 2), { seconds: 1_525_820_615, nanos: 1 });
  assert.deepEqual(addNanos({ seconds: 1, nanos: 0 }, -1), { seconds: 0, nanos: 999_999_999 });
  assert.equal(nanosBetween(time, addNanos(time, 12345)), 12345);
  assert.equal(formatTimestamp({ seconds: 0, nanos: 500_000_000 }), "1970-01-01T00:00:00.500Z");
  assert.equal(formatTimestamp({ seconds: 0, nanos: 1_000 }), "1970-01-01T00:00:00.000001Z");
  assert.equal(formatTimestamp({ seconds: 0, nanos: 0 }), "1970-01-01T00:00:00Z");
  assert.equal(formatTimestamp({ seconds: 253_402_300_800, nanos: 0 }), "9999-12-31T23:59:59.999999999Z");
  for (const seconds of [2 ** 53, 1e16, Number.POSITIVE_INFINITY])
    assert.equal(formatTimestamp({ seconds, nanos: 5 }), "9999-12-31T23:59:59.999999999Z");
  for (const seconds of [-62_135_596_801, -1e16])
    assert.equal(formatTimestamp({ seconds, nanos: 5 }), "0001-01-01T00:00:00Z");
});

test("an error names its place, what is wrong and what to do, on one line", () => {
  const error = new TaplineError("configuration", "unknown key 'foo'", {
    place: { file: "a.yaml", line: 3, column: 5 },
    hint: "did you mean 'for'?",
  });
  assert.equal(formatError(error), "a.yaml:3:5: unknown key 'foo'; did you mean 'for'?");
  assert.equal(error.exitCode, 2);
  assert.equal(
    formatError(new TaplineError("input", "cut short", { place: { file: "a.pb", offset: 7 } })),
    "a.pb: at byte 7: cut short",
  );
});

test("endpoints", () => {
  assert.equal(formatEndpoint({ kind: "ip", address: "::1", port: 80 }), "[::1]:80");
  assert.equal(formatEndpoint({ kind: "pipe", path: "@x" }), "@x");
  assert.equal(formatEndpoint(undefined), "-");
});
