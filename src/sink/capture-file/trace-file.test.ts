import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { makeTemporaryFolder } from "../../../test/support/temporary-folder.ts";
import { type Exchange, Ledger } from "../../model/index.ts";
import { createTraceReader } from "../../source/capture-file/create-trace-reader.ts";
import { WRITABLE_FORMATS } from "../../wire/formats.ts";
import { openTraceFile } from "./trace-file.ts";

/** Two events of 5 and 2 bytes, and an empty one. */
const TRACE = JSON.stringify({
  socket_buffered_trace: {
    trace_id: "1",
    connection: {
      local_address: { socket_address: { address: "127.0.0.1", port_value: 80 } },
      remote_address: { socket_address: { address: "127.0.0.1", port_value: 1000 } },
    },
    events: [
      { timestamp: "2024-01-01T00:00:00Z", read: { data: { as_bytes: "aGVsbG8=" } } },
      { timestamp: "2024-01-01T00:00:01Z", write: { data: { as_bytes: "aGk=" } } },
      { timestamp: "2024-01-01T00:00:02Z", closed: {} },
    ],
  },
});

test("what is read and what is written of it are booked apart, whatever the file's format", async () => {
  const { path: folder, remove } = makeTemporaryFolder();
  for (const format of WRITABLE_FORMATS) {
    const ledger = new Ledger();
    const path = join(folder, `out-${format.name}`);
    const file = openTraceFile(path, format, ledger);
    const reader = createTraceReader("tap", {
      ledger,
      observer: { observe: () => {} },
      problem: (problem) => assert.fail(problem),
      record: (record) => void file.records?.submit(record),
    });
    reader.push(Buffer.from(TRACE));
    reader.end();
    await file.exchanges?.exchanges?.close(Number.POSITIVE_INFINITY);
    await file.finish();
    const entered = (name: string) => ledger.book(name).entered;
    assert.deepEqual([entered("events"), entered("payload")], [3, 7], format.name);
    const written = format.kind === "packets" ? [3, 7] : [0, 0];
    assert.deepEqual([entered("written-events"), entered("written-payload")], written, format.name);
    assert.equal(entered("file-bytes"), TRACE.length);
    assert.ok(ledger.balanced && ledger.unsettled.length === 0, ledger.format().join("\n"));
    assert.ok(statSync(path).size > 0 || format.kind === "exchanges", format.name);
  }
  remove();
});

test("exchanges come into a file that takes them, and its end with the close", async () => {
  const { path: folder, remove } = makeTemporaryFolder();
  const format = WRITABLE_FORMATS.find(({ name }) => name === "har")!;
  const file = openTraceFile(join(folder, "z.har"), format, new Ledger());
  assert.equal(file.records, undefined);
  await file.exchanges!.exchanges!.close(Number.POSITIVE_INFINITY);
  await file.exchanges!.exchanges!.close(Number.POSITIVE_INFINITY);
  await file.finish();
  assert.deepEqual(
    (JSON.parse(readFileSync(join(folder, "z.har"), "utf8")) as { log: { entries: Exchange[] } }).log.entries,
    [],
  );
  remove();
});
