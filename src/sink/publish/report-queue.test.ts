import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Ledger, MemoryBudget } from "../../model/index.ts";
import { Backoff } from "./backoff.ts";
import { type Delivery, type Report, ReportQueue, type ReportQueueOptions } from "./report-queue.ts";

/** A queue whose attempts a test answers by hand, and whose pauses are a millisecond. */
function createQueue(options: Partial<ReportQueueOptions> = {}) {
  const ledger = new Ledger();
  const book = ledger.book("published");
  const budget = new MemoryBudget(100);
  const attempts: { report: Report; done: (delivery: Delivery) => void }[] = [];
  const changes: string[] = [];
  const queue = new ReportQueue({
    send: (report, done) => void attempts.push({ report, done }),
    book,
    budget,
    maxQueued: 4,
    maxUnderWay: 2,
    maxAttempts: 3,
    mode: "live",
    backoff: new Backoff(1, 1, () => 0),
    onChange: ({ failing, reason }) => void changes.push(failing ? `failing ${reason}` : "well"),
    ...options,
  });
  const add = (id: string, bytes = 10) => {
    book.enter(1);
    return queue.add("x".repeat(bytes), id);
  };
  const sent = () => attempts.map(({ report }) => report.requestId);
  const answer = (delivery: Delivery, at = attempts.length - 1) => attempts[at]!.done(delivery);
  const pause = () => new Promise((resolve) => setTimeout(resolve, 20));
  return { queue, book, budget, attempts, changes, add, sent, answer, pause, text: () => book.format() };
}

const TAKEN: Delivery = { kind: "taken" };
const DOWN: Delivery = { kind: "unavailable", reason: "connection" };

describe("reports on their way", () => {
  test("so many are under way at once, oldest first, and nothing is left when all are taken", () => {
    const { add, sent, answer, text, budget, queue } = createQueue();
    for (const id of ["a", "b", "c"]) add(id);
    assert.deepEqual(sent(), ["a", "b"]);
    answer(TAKEN, 1);
    assert.deepEqual(sent(), ["a", "b", "c"]);
    answer(TAKEN, 0);
    answer(TAKEN, 2);
    assert.deepEqual([text(), budget.used, queue.length], ["published: 3 in = 3 handled", 0, 0]);
  });

  test("live: what is too much goes, the oldest first", () => {
    const { add, text, queue, answer, sent } = createQueue();
    for (const id of ["a", "b", "c", "d", "e"]) add(id);
    assert.equal(queue.length, 4);
    assert.match(text(), /dropped \(queue-full 1\)/);
    answer(TAKEN, 0);
    assert.deepEqual(sent(), ["a", "b", "d"]);
  });

  test("live: memory for a new one is made of the old ones, and one that is larger than all is dropped", () => {
    const { add, text, budget } = createQueue({ maxUnderWay: 1 });
    add("under way", 40);
    add("old", 40);
    add("new", 60);
    assert.equal(budget.used, 100);
    assert.equal(add("huge", 200), "memory-budget");
    assert.match(text(), /dropped \(memory-budget 1, queue-full 2\)|dropped \(queue-full 2, memory-budget 1\)/);
  });

  test("a backend that is down gets one attempt at a time until it takes one", async () => {
    const { add, sent, answer, pause, changes, queue } = createQueue();
    for (const id of ["a", "b", "c"]) add(id);
    answer(DOWN, 0);
    answer(DOWN, 1);
    await pause();
    assert.deepEqual(sent(), ["a", "b", "b"]);
    answer(TAKEN);
    assert.deepEqual(sent(), ["a", "b", "b", "a", "c"]);
    answer(TAKEN);
    answer(TAKEN, 3);
    assert.deepEqual([changes, queue.length, queue.retries], [["failing connection", "well"], 0, 2]);
  });

  test("one report is tried so often", async () => {
    const { add, answer, pause, text, attempts } = createQueue();
    add("a");
    for (let times = 0; times < 3; times++) {
      answer(DOWN);
      await pause();
    }
    assert.equal(attempts.length, 3);
    assert.equal(text(), "published: 1 in = 0 handled + 1 dropped (connection 1)");
  });

  test("what is refused is not tried again", async () => {
    const { add, answer, pause, text, attempts } = createQueue();
    add("a");
    answer({ kind: "refused", reason: "refused-404" });
    await pause();
    assert.equal(attempts.length, 1);
    assert.equal(text(), "published: 1 in = 0 handled + 1 dropped (refused-404 1)");
  });

  test("the backend says how long to wait", async () => {
    const { add, answer, pause, attempts, queue } = createQueue();
    add("a");
    answer({ ...DOWN, retryAfterMillis: 60_000 } as Delivery);
    await pause();
    assert.equal(attempts.length, 1);
    queue.close();
  });

  test("lossless: says that it is full, and gives everything up when attempts in a row have failed", async () => {
    const { add, answer, pause, text, queue, budget } = createQueue({ mode: "lossless" });
    for (const id of ["a", "b", "c", "d", "e"]) add(id);
    assert.equal(queue.isFull, true);
    assert.equal(queue.length, 5);
    answer(DOWN, 0);
    answer(DOWN, 1);
    await pause();
    answer(DOWN);
    assert.equal(queue.givenUp, "connection");
    assert.equal(add("f"), "connection");
    assert.deepEqual([queue.isFull, budget.used], [false, 0]);
    assert.equal(text(), "published: 6 in = 0 handled + 6 dropped (connection 6)");
  });

  test("closing drops what waits, and what is under way with its answer", () => {
    const { add, answer, text, queue } = createQueue({ maxUnderWay: 1 });
    add("a");
    add("b");
    queue.close();
    assert.equal(queue.length, 1);
    answer(DOWN);
    assert.equal(add("c"), "closed");
    assert.equal(text(), "published: 3 in = 0 handled + 3 dropped (closed 3)");
  });

  test("many that come and go keep no memory of those that are gone", () => {
    const { add, answer, queue, attempts } = createQueue({ maxQueued: 1e6, budget: new MemoryBudget(1e9) });
    for (let i = 0; i < 5000; i++) add(String(i));
    for (let i = 0; i < 5000; i++) answer(TAKEN, i);
    assert.equal(queue.length, 0);
    assert.equal(attempts.at(-1)!.report.requestId, "4999");
  });
});

test("pauses double, with their upper half drawn, up to the longest", () => {
  const least = new Backoff(100, 1000, () => 0);
  const most = new Backoff(100, 1000, () => 0.999);
  assert.deepEqual(
    [1, 2, 3, 9].map((failures) => least.delay(failures)),
    [50, 100, 200, 500],
  );
  assert.ok(most.delay(1) > 99 && most.delay(1) < 100);
});
