import assert from "node:assert/strict";
import { Writable } from "node:stream";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { Ledger } from "../../model/index.ts";
import { LiveOutput } from "./live-output.ts";

/** A terminal whose system takes bytes when it is told to, or fails. */
function open() {
  const taken: string[] = [];
  const waiting: ((error?: Error) => void)[] = [];
  const stream = new Writable({
    decodeStrings: false,
    write(text: string, _encoding, done) {
      taken.push(text);
      waiting.push(done);
    },
  });
  const book = new Ledger().book("shown");
  const output = new LiveOutput(stream as unknown as NodeJS.WriteStream, book);
  const sink = output.createSink<string>((line) => output.write(line));
  const settled = () => [book.entered, book.handled, Object.fromEntries(book.droppedBy), book.buffered];
  return { stream, sink, taken, settled, settle: (error?: Error) => waiting.shift()!(error) };
}

test("lines of one turn go out in one piece, and are handled when the system has them", async () => {
  const { sink, taken, settled, settle } = open();
  for (const line of ["a\n", "b\n"]) assert.equal(sink.submit(line), "taken");
  await turn();
  assert.deepEqual([taken, settled()], [["a\nb\n"], [2, 0, {}, 2]]);
  settle();
  await turn();
  assert.deepEqual(settled(), [2, 2, {}, 0]);
});

test("a megabyte may wait, and what comes beyond is lost and counted", async () => {
  const { sink, settled } = open();
  const mebibyte = "x".repeat(1024 * 1024);
  assert.equal(sink.submit(mebibyte), "taken");
  // Just as much as may wait: one more is taken.
  assert.equal(sink.submit("y"), "taken");
  assert.deepEqual(sink.submit("z"), { dropped: "slow-terminal" });
  await turn();
  assert.deepEqual(sink.submit("z"), { dropped: "slow-terminal" });
  assert.deepEqual(settled(), [4, 0, { "slow-terminal": 2 }, 2]);
});

test("what the system has not taken by the deadline is lost and counted, once", async () => {
  const { sink, settled, settle } = open();
  for (const line of ["a", "b", "c"]) sink.submit(line);
  await sink.close(performance.now() + 1);
  assert.deepEqual(settled(), [3, 0, { "slow-terminal": 3 }, 0]);
  settle();
  await turn();
  assert.deepEqual(sink.submit("d"), { dropped: "closed" });
  assert.deepEqual(settled(), [4, 0, { "slow-terminal": 3, closed: 1 }, 0]);
});

test("what could not be written is lost and counted, and so is all that comes after it", async () => {
  const { sink, settled, settle, stream } = open();
  for (const line of ["a", "b"]) sink.submit(line);
  await turn();
  settle(new Error("no space"));
  await turn();
  assert.ok(stream.destroyed);
  assert.deepEqual(sink.submit("c"), { dropped: "output" });
  assert.deepEqual(settled(), [3, 0, { output: 3 }, 0]);
});
