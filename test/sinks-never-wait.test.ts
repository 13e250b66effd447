/** A sink never throws, never waits, and books what it did (`Sink` in src/model): every one there is, with each fault of its output. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { type Submission, settlesBy } from "../src/model/index.ts";
import { FILE_SINKS } from "./support/sinks/file-sinks.ts";
import { NETWORK_SINKS } from "./support/sinks/network-sinks.ts";
import type { Fault, FaultySink } from "./support/sinks/sink-case.ts";
import { STREAM_SINKS } from "./support/sinks/stream-sinks.ts";

const SINKS = [...STREAM_SINKS, ...NETWORK_SINKS, ...FILE_SINKS];
const FAULTS: readonly Fault[] = ["fails", "slow", "closed"];
/** More than any of them may keep. */
const ITEMS = 1500;
/** Turns of the event loop between two heaps of items: what is under way fails in them. */
const TURNS = 20;

for (const { file, name, whenSlow, afterClose, open } of SINKS)
  describe(`${name} (${file})`, () => {
    for (const fault of FAULTS)
      test(fault, { timeout: 60_000 }, async (context) => {
        const sink = await open(fault, context);
        if (fault === "closed") {
          submitMany(sink);
          await settles(sink.close());
        }
        const given = new Set(submitMany(sink));
        if (fault === "slow" && whenSlow === "waits") await checkThatItWaits(sink, given);
        for (let turn = 0; turn < TURNS; turn++) await nextTurn();
        for (const word of submitMany(sink)) given.add(word);
        if (fault === "slow" && whenSlow === "drops") assert.ok(given.has("dropped") || dropped(sink) > 0);
        if (fault === "slow" && whenSlow === "sums") assert.deepEqual([...given], ["taken"]);
        if (fault === "closed" && afterClose === undefined) assert.deepEqual([...given], ["dropped"]);
        if (given.has("full") && fault !== "slow") await settles(sink.whenReady!());
        sink.heal?.();
        await settles(sink.close());
        await settles(sink.close());
        const { ledger, budget } = sink;
        assert.ok(ledger.balanced, ledger.format().join("\n"));
        assert.deepEqual(ledger.unsettled, [], ledger.format().join("\n"));
        assert.equal(budget.used, 0);
      });
  });

/** It says so once there is enough, and is not ready until its output goes on. */
async function checkThatItWaits(sink: FaultySink, given: ReadonlySet<string>): Promise<void> {
  assert.ok(given.has("full"), [...given].join());
  const ready = sink.whenReady!();
  if (sink.heal !== undefined) {
    assert.equal(await settlesBy(ready, performance.now() + 20), false, "it is not ready");
    sink.heal();
  }
  await ready;
}

function submitMany(sink: FaultySink): string[] {
  return Array.from({ length: ITEMS }, () => wordOf(sink.submit()));
}

function wordOf(submission: Submission): string {
  if (typeof submission === "object") assert.match(submission.dropped, /^[a-z0-9-]+$/);
  else assert.ok(submission === "taken" || submission === "full", String(submission));
  return typeof submission === "object" ? "dropped" : submission;
}

function dropped({ ledger }: FaultySink): number {
  return [...ledger.books].reduce((sum, book) => sum + book.dropped, 0);
}

/** A promise of a sink whose output fails may fail, where nothing may be lost: but it ends. */
async function settles(promise: Promise<unknown>): Promise<void> {
  await promise.catch((error: unknown) => assert.ok(error instanceof Error));
}

test("every sink of the sources is in the table", () => {
  const SINK =
    /(?:implements |\): )(?:ExchangeSink|FlowSink|TraceSink|CaptureSink|Sink<\w+>|MatchedFile|MonitorOutput)\b|\bsubmit(?:\([^)]*\): Submission \{|: \(\w*\) =>)/;
  const root = join(import.meta.dirname, "../src");
  const found = readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts") && !file.startsWith("cli/"))
    .filter((file) => SINK.test(readFileSync(join(root, file), "utf8")))
    .filter((file) => !WITHOUT_OUTPUT.has(file));
  const known = new Set(SINKS.map(({ file }) => join("sink", file)));
  assert.deepEqual(found.filter((file) => !known.has(file)).sort(), []);
});

/** They hand on to those in the table, or hold nothing: the status line leaves a stream alone that has not taken its last one. */
const WITHOUT_OUTPUT: ReadonlySet<string> = new Set([
  "sink/file/har-trace.ts",
  "sink/file/pcapng-trace.ts",
  "sink/flow/flow-sinks.ts",
  "sink/tap-sinks.ts",
  "sink/publish/trace-exporters.ts",
  "sink/terminal/summary/status-line.ts",
]);
