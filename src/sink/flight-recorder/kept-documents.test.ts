import assert from "node:assert/strict";
import { test } from "node:test";
import { Random } from "../../../test/support/random.ts";
import { Ledger, MemoryBudget } from "../../model/index.ts";
import { type KeepLimits, KeptDocuments, mostHeld } from "./kept-documents.ts";

function keep(limits: KeepLimits) {
  const ledger = new Ledger();
  const clock = { now: 0 };
  const budget = new MemoryBudget(mostHeld(limits.bytes));
  const kept = new KeptDocuments(limits, ledger.book("kept"), budget, () => clock.now);
  const texts = (): string[] => {
    const { chunks } = kept.lend();
    const all = chunks.map(({ bytes }) => Buffer.from(bytes).toString()).join("");
    kept.release(chunks, false);
    return all.split("\n").slice(0, -1);
  };
  return { kept, clock, texts, budget, book: ledger.book("kept") };
}

test("what came within the time is kept, in its order; older documents are skipped", () => {
  const { kept, clock, texts, book } = keep({ bytes: 1 << 20, millis: 6400 });
  for (; clock.now < 20_000; clock.now += 100) kept.add(`${clock.now}\n`);
  const all = texts();
  assert.equal(all.at(-1), "19900");
  // A 64th of the time at most stays longer.
  assert.ok(Number(all[0]) >= 20_000 - 6400 - 100 && Number(all[0]) <= 20_000 - 6400 + 100, all[0]);
  assert.deepEqual(
    all,
    all.toSorted((a, b) => Number(a) - Number(b)),
  );
  assert.equal(
    book.format(),
    `kept: 200 in = 0 handled + ${200 - all.length} skipped (older ${200 - all.length}) + ${all.length} buffered`,
  );
});

test("what does not fit any more makes room, the oldest first, and is a loss", () => {
  const { kept, texts, book } = keep({ bytes: 6400, millis: 1e9 });
  for (let i = 0; i < 1000; i++) kept.add(`${String(i).padStart(99, "0")}\n`);
  const all = texts();
  assert.ok(all.length >= 62 && all.length <= 64, String(all.length));
  assert.deepEqual(
    all.map(Number),
    Array.from({ length: all.length }, (_, i) => 1000 - all.length + i),
  );
  assert.equal(book.droppedBy.get("keep-limit"), 1000 - all.length);
});

test("a document that is larger than all is not kept, and nothing makes room for it", () => {
  const { kept, texts, book } = keep({ bytes: 1000 });
  assert.equal(kept.add("small\n"), true);
  assert.equal(kept.add(`${"x".repeat(1000)}\n`), false);
  assert.deepEqual(texts(), ["small"]);
  assert.equal(book.dropped, 1);
});

test("sizes are counted in octets of UTF-8", () => {
  const { kept, texts } = keep({ bytes: 1000 });
  kept.add(`${"ü€😀".repeat(50)}\n`);
  assert.deepEqual(texts(), ["ü€😀".repeat(50)]);
  assert.ok(kept.bytes >= 450 + 1);
});

test("a quiet hour keeps what it needs, and no chunk for each of its parts", () => {
  const { kept, clock, texts } = keep({ bytes: 64 << 20, millis: 3_600_000 });
  for (; clock.now < 3_600_000; clock.now += 60_000) kept.add("quiet\n");
  assert.equal(texts().length, 60);
  assert.ok(kept.bytes <= 60 * 6, String(kept.bytes));
});

test("what is being written is counted once, whatever becomes of it meanwhile", () => {
  for (const isWritten of [true, false]) {
    const { kept, book } = keep({ bytes: 64 });
    for (const text of ["a\n", "b\n"]) kept.add(text);
    const { chunks } = kept.lend();
    const written = chunks.map(({ bytes }) => Buffer.from(bytes).toString()).join("");
    for (let i = 0; i < 100; i++) kept.add("0123456789\n");
    assert.equal(book.buffered - 2 >= 0, true, "what is lent is not settled");
    kept.release(chunks, isWritten);
    assert.equal(written, "a\nb\n");
    kept.clear();
    assert.equal(book.handled, isWritten ? 2 : 0);
    assert.equal(book.imbalance, 0);
    assert.equal(book.buffered, 0);
  }
});

test("a second dump of the same documents counts them no second time", () => {
  const { kept, book } = keep({ bytes: 1000 });
  kept.add("one\n");
  for (let i = 0; i < 2; i++) kept.release(kept.lend().chunks, true);
  kept.clear();
  assert.equal(book.format(), "kept: 1 in = 1 handled");
});

test("drawn sizes, times and dumps: never more than the bytes, always a run up to the newest, every document counted once", () => {
  const random = new Random();
  for (let run = 0; run < 200; run++) {
    const limits = { bytes: 200 + random.below(5000), millis: 1 + random.below(3000) };
    const { kept, clock, book, budget } = keep(limits);
    let count = 0;
    const refused = new Set<number>();
    let lent: ReturnType<KeptDocuments["lend"]>["chunks"] | undefined;
    for (let step = 0; step < 300; step++) {
      clock.now += random.below(30);
      const text = `${String(count).padEnd(random.below(400), " ")}\n`;
      if (!kept.add(text)) refused.add(count);
      count++;
      assert.ok(kept.bytes <= limits.bytes, `${random.seed}: ${kept.bytes} of ${limits.bytes}`);
      assert.ok(budget.used >= kept.bytes && !budget.isExceeded, `${random.seed}: ${budget.used} held`);
      if (random.below(20) > 0) continue;
      if (lent !== undefined) kept.release(lent, random.below(2) === 0);
      lent = kept.lend().chunks;
      const numbers = lent.flatMap(({ bytes }) => Buffer.from(bytes).toString().trimEnd().split("\n").map(Number));
      const wanted = [];
      for (let i = count - 1; wanted.length < numbers.length; i--) if (!refused.has(i)) wanted.unshift(i);
      assert.deepEqual(numbers, wanted, String(random.seed));
    }
    if (lent !== undefined) kept.release(lent, true);
    kept.clear();
    assert.deepEqual([book.entered, book.buffered, book.imbalance], [count, 0, 0], String(random.seed));
    assert.equal(budget.used, 0, String(random.seed));
  }
});

test("memory of what is forgotten is used again, and not what is being written", () => {
  const { kept } = keep({ bytes: 6400 });
  const places = new Set<ArrayBufferLike>();
  const line = `${"x".repeat(99)}\n`;
  const look = (): void => {
    const { chunks } = kept.lend();
    for (const { bytes } of chunks) places.add(bytes.buffer);
    kept.release(chunks, false);
  };
  for (let i = 0; i < 1000; i++) {
    kept.add(line);
    look();
  }
  // 64 chunks, and those that wait to be used again.
  assert.ok(places.size <= 64 + 4 + 1, String(places.size));
  const { chunks } = kept.lend();
  const before = chunks.map(({ bytes }) => Buffer.from(bytes).toString());
  for (let i = 0; i < 1000; i++) kept.add(`${"y".repeat(99)}\n`);
  assert.deepEqual(
    chunks.map(({ bytes }) => Buffer.from(bytes).toString()),
    before,
  );
  kept.release(chunks, true);
});

test("what was forgotten while a dump was written is used again by the next one", () => {
  const { kept, budget } = keep({ bytes: 6400 });
  const line = `${"x".repeat(99)}\n`;
  const fill = (count: number): void => {
    for (let i = 0; i < count; i++) kept.add(line);
  };
  fill(64);
  const held: number[] = [];
  for (const forgotten of [40, 40, 40, 64, 64, 10, 10]) {
    const { chunks } = kept.lend();
    fill(forgotten);
    held.push(budget.used);
    kept.release(chunks, true);
  }
  assert.deepEqual(
    held.map((bytes) => bytes / 100),
    [104, 104, 104, 128, 128, 128, 128],
  );
});

test("places are not made anew for each dump", () => {
  const { kept } = keep({ bytes: 6400 });
  const places = new Set<ArrayBufferLike>();
  for (let dump = 0; dump < 20; dump++) {
    for (let i = 0; i < 200; i++) kept.add(`${"x".repeat(99)}\n`);
    const { chunks } = kept.lend();
    for (let i = 0; i < 50; i++) kept.add(`${"y".repeat(99)}\n`);
    for (const { bytes } of chunks) places.add(bytes.buffer);
    kept.release(chunks, true);
  }
  assert.ok(places.size <= 64 + 50 + 4, String(places.size));
});
