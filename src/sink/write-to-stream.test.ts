import assert from "node:assert/strict";
import { PassThrough, Writable } from "node:stream";
import { describe, test } from "node:test";
import { BatchWriter, batchInto } from "./terminal/batch-writer.ts";
import { whenWritable, writeToStream } from "./write-to-stream.ts";

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Whether the promise is settled after some turns of the event loop. */
async function settles(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  void promise.then(() => {
    settled = true;
  });
  for (let i = 0; i < 10; i++) await turn();
  return settled;
}

describe("waiting for a slow reader", () => {
  test("resolves at once where there is room, and with the reader where there is none", async () => {
    const stream = new PassThrough({ highWaterMark: 16 });
    assert.ok(await settles(whenWritable(stream)));
    const written = writeToStream(stream, Buffer.alloc(100));
    assert.ok(!(await settles(written)));
    stream.resume();
    await written;
  });

  test("a stream that has emptied before anybody waited wakes whoever waits", async () => {
    const stream = new PassThrough({ highWaterMark: 16 });
    const writer = new BatchWriter(stream);
    writer.write("x".repeat(1000));
    writer.flush();
    assert.ok(writer.isFull);
    const drained = new Promise((resolve) => stream.once("drain", resolve));
    stream.resume();
    await drained;
    assert.ok(!writer.isFull);
    assert.ok(await settles(writer.drain()));
  });

  test("several wait at once, and leave no listener behind", async () => {
    const stream = new PassThrough({ highWaterMark: 16 });
    stream.write(Buffer.alloc(100));
    const before = stream.listenerCount("close");
    const waiting = Promise.all([whenWritable(stream), whenWritable(stream), whenWritable(stream)]);
    stream.resume();
    await waiting;
    await turn();
    stream.pause();
    assert.deepEqual(stream.listenerCount("drain"), 0);
    assert.equal(stream.listenerCount("close"), before);
  });

  const ENDINGS: readonly (readonly [string, (stream: Writable) => void])[] = [
    ["is destroyed", (stream) => stream.destroy()],
    ["fails", (stream) => stream.destroy(new Error("EPIPE"))],
    ["ends", (stream) => stream.end()],
  ];
  for (const [what, finish] of ENDINGS)
    test(`nobody waits for a stream that ${what}`, async () => {
      const stream = new Writable({ highWaterMark: 16, write: () => {} });
      stream.on("error", () => {});
      stream.write(Buffer.alloc(100));
      const waiting = whenWritable(stream);
      finish(stream);
      if (what === "ends") assert.ok(await settles(whenWritable(stream)));
      else await waiting;
      assert.ok(what === "ends" || (await settles(whenWritable(stream))));
    });
});

test("a sink over a batch writer says full while its reader is slow, takes what comes, and loses nothing", async () => {
  const stream = new PassThrough({ highWaterMark: 1024 });
  const writer = new BatchWriter(stream);
  const sink = batchInto<string>(writer, {
    write: (text) => {
      if (text === "") return "empty";
      writer.write(text);
      return undefined;
    },
    end: () => writer.write("end"),
  });
  const answers = new Set<string>();
  let sent = 0;
  for (let i = 0; i < 1000; i++) {
    const answer = sink.submit("x".repeat(1000));
    sent += 1000;
    answers.add(typeof answer === "string" ? answer : answer.dropped);
  }
  assert.deepEqual(sink.submit(""), { dropped: "empty" });
  assert.deepEqual([...answers].sort(), ["full", "taken"]);
  assert.ok(!(await settles(sink.whenReady())));
  let received = "";
  stream.on("data", (chunk) => {
    received += chunk;
  });
  await sink.whenReady();
  await sink.close(Number.POSITIVE_INFINITY);
  await sink.close(Number.POSITIVE_INFINITY);
  await turn();
  assert.equal(received.length, sent + "end".length);
});
