import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { buildExchange } from "../../../test/support/build-exchange.ts";
import { findFreePorts } from "../../../test/support/processes.ts";
import { Ledger, MemoryBudget } from "../../model/index.ts";
import { CollectorSender } from "./collector-sender.ts";

async function open(limit: number, spool?: string, mode: "live" | "lossless" = "live", patienceMillis?: number) {
  const [port] = await findFreePorts(1);
  const [ledger, budget] = [new Ledger(), new MemoryBudget(limit)];
  const url = `grpc://127.0.0.1:${port}`;
  const sender = new CollectorSender({
    ...{ url, token: undefined, ledger, budget, spool, name: "test", mode },
    ...(patienceMillis !== undefined && { patienceMillis }),
  });
  const book = ledger.book("sent");
  const batches = () => ledger.book("spooled-batches").facts;
  const settled = () => [Object.fromEntries(book.droppedBy), Object.fromEntries(book.skippedBy), book.handled];
  return { sender, book, budget, settled, batches };
}

test("where nobody listens, what the budget has no room for is dropped at once, the rest at the end", async () => {
  const { sender, book, budget, settled } = await open(20_000);
  const { exchanges } = sender.sinks;
  const verdicts = Array.from({ length: 100 }, () => exchanges.submit(buildExchange()));
  const dropped = verdicts.filter((verdict) => typeof verdict === "object").length;
  assert.ok(dropped > 0 && dropped < 100, `${dropped} dropped`);
  assert.deepEqual(settled(), [{ "collector-slow": dropped }, {}, 0]);
  await sender.close(performance.now() + 1);
  assert.deepEqual(settled(), [{ "collector-slow": dropped, "not-acknowledged": 100 - dropped }, {}, 0]);
  assert.deepEqual([book.entered, book.buffered, budget.used], [100, 0, 0]);
});

test("whoever can wait is asked to before anything is dropped, and waits no longer for a collector that is away", async () => {
  const { sender, book, settled } = await open(40_000, undefined, "lossless", 50);
  const { exchanges } = sender.sinks;
  let taken = 0;
  for (let verdict: unknown; verdict !== "full"; taken++) verdict = exchanges.submit(buildExchange());
  assert.equal(book.dropped, 0);
  await exchanges.whenReady();
  await exchanges.flush();
  while (typeof exchanges.submit(buildExchange()) === "string") taken++;
  assert.deepEqual(settled(), [{ "collector-slow": 1 }, {}, 0]);
  await sender.close(performance.now() + 1);
  assert.deepEqual(exchanges.submit(buildExchange()), { dropped: "closed" });
  assert.deepEqual(settled(), [{ "collector-slow": 1, "not-acknowledged": taken, closed: 1 }, {}, 0]);
});

test("a close lets go of whoever waits", async () => {
  const { sender } = await open(40_000, undefined, "lossless");
  const { exchanges } = sender.sinks;
  while (exchanges.submit(buildExchange()) !== "full");
  const ready = exchanges.whenReady();
  await sender.close(performance.now() + 1);
  await ready;
});

test("what lies in the spool is left there", async (context) => {
  const spool = mkdtempSync(join(tmpdir(), "tapline-spool-"));
  context.after(() => rmSync(spool, { recursive: true }));
  const { sender, budget, settled } = await open(1_000_000, spool);
  for (let i = 0; i < 7; i++) sender.sinks.exchanges.submit(buildExchange());
  await sender.close(performance.now() + 1);
  assert.deepEqual(settled(), [{}, { "left-in-spool": 7 }, 0]);
  assert.equal(budget.used, 0);
  assert.ok(readdirSync(spool, { recursive: true }).length > 0);
});

test("what is gone from the spool is lost, and not left in it", async (context) => {
  const spool = mkdtempSync(join(tmpdir(), "tapline-spool-"));
  context.after(() => rmSync(spool, { recursive: true }));
  const { sender, budget, settled } = await open(1_000_000, spool);
  for (const documents of [1, 2, 3, 4]) {
    for (let i = 0; i < documents; i++) sender.sinks.exchanges.submit(buildExchange());
    await sender.sinks.exchanges.flush?.();
  }
  const [, second, third] = readdirSync(spool)
    .filter((name) => name.endsWith(".ndjson"))
    .sort()
    .map((name) => join(spool, name));
  rmSync(second!);
  const whole = readFileSync(third!);
  writeFileSync(third!, whole.subarray(0, whole.indexOf("\n") + 20));
  await sender.close(performance.now() + 1);
  assert.deepEqual(settled(), [{ "spool-unreadable": 2 + 2 }, { "left-in-spool": 1 + 1 + 4 }, 0]);
  assert.equal(budget.used, 0);
});

test("batches that an earlier run left and that are gone are counted", async (context) => {
  const spool = mkdtempSync(join(tmpdir(), "tapline-spool-"));
  context.after(() => rmSync(spool, { recursive: true }));
  const before = await open(1_000_000, spool);
  for (let i = 0; i < 5; i++) {
    before.sender.sinks.exchanges.submit(buildExchange());
    await before.sender.sinks.exchanges.flush?.();
  }
  await before.sender.close(performance.now() + 1);
  assert.equal(before.batches().entered, 0);
  const files = readdirSync(spool)
    .filter((name) => name.endsWith(".ndjson"))
    .sort();
  for (const gone of [files[1]!, files[3]!]) rmSync(join(spool, gone));
  const { sender, settled, batches } = await open(1_000_000, spool);
  await sender.close(performance.now() + 1);
  assert.deepEqual(settled(), [{}, { "left-in-spool": 3 }, 0]);
  const { entered, handled, buffered, dropped } = batches();
  assert.deepEqual(
    { entered, handled, buffered, dropped },
    { entered: 5, handled: 3, buffered: 0, dropped: { missing: 2 } },
  );
});
