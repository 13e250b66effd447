import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { buildExchange } from "../../../test/support/build-exchange.ts";
import { skipUnless } from "../../../test/support/needs.ts";
import { until } from "../../../test/support/proxy-harness.ts";
import { makeTemporaryFolder } from "../../../test/support/temporary-folder.ts";
import { compileFilter } from "../../analysis/filter/index.ts";
import { Ledger, MemoryBudget } from "../../model/index.ts";
import { FlightRecorder, type FlightRecorderOptions } from "./flight-recorder.ts";
import { mostHeld } from "./kept-documents.ts";

let folder: ReturnType<typeof makeTemporaryFolder>;
beforeEach(() => {
  folder = makeTemporaryFolder();
});
afterEach(() => folder.remove());

function record(options: Partial<FlightRecorderOptions> = {}) {
  const ledger = new Ledger();
  const budget = new MemoryBudget(mostHeld(1 << 20));
  const told: string[] = [];
  const recorder = new FlightRecorder({
    keep: { bytes: 1 << 20, millis: 600_000 },
    trigger: compileFilter("response.code >= 500"),
    path: join(folder.path, "dump.ndjson"),
    format: "ndjson",
    afterMillis: 0,
    everyMillis: 0,
    maxDumps: 10,
    ledger,
    budget,
    tell: (text) => told.push(text),
    ...options,
  });
  let count = 0;
  const pass = (path: string, status = 200) => {
    const at = (nanos: number) => ({ seconds: 1_700_000_000 + count, nanos });
    const times = { requestStart: at(0), requestEnd: at(10), responseStart: at(20), responseEnd: at(30) };
    count++;
    recorder.output.exchanges!.submit(buildExchange({ target: path, status, exchange: { times } }));
  };
  const books = () => ledger.format("used");
  const close = async () => {
    await recorder.output.exchanges!.close(performance.now());
    assert.equal(budget.used, 0);
  };
  return { recorder, told, pass, books, close };
}

/** The targets in each of the dumps, in the order of their names. */
function dumps(): string[][] {
  return readdirSync(folder.path)
    .sort()
    .map((file) => {
      const lines = readFileSync(join(folder.path, file), "utf8").trimEnd().split("\n");
      return lines.map((line) => JSON.parse(line).request.target);
    });
}

test("a match writes what came before it and after it, once", async () => {
  const { told, pass, books, close } = record({ afterMillis: 100 });
  for (const path of ["/1", "/2"]) pass(path);
  pass("/failed", 503);
  pass("/3");
  await until(() => told.length > 0, "the dump");
  pass("/4");
  await close();
  assert.deepEqual(dumps(), [["/1", "/2", "/failed", "/3"]]);
  assert.match(told[0]!, /^kept in the last 1 s: 4, written to .*\/dump-\d{8}T\d{6}\.\d{3}Z\.ndjson \(GET \/failed\)$/);
  assert.deepEqual(books(), ["kept: 5 in = 4 handled + 1 skipped (not-dumped 1)", "dumps: 1 in = 1 handled"]);
  assert.equal(statSync(join(folder.path, readdirSync(folder.path)[0]!)).mode & 0o777, 0o600);
});

test("matches while one is waited for, and those too soon after it, have no dump of their own, and are counted", async () => {
  const { told, pass, books, close } = record({ afterMillis: 50, everyMillis: 3_600_000 });
  for (const path of ["/a", "/b", "/c"]) pass(path, 500);
  await until(() => told.length > 0, "the dump");
  for (const path of ["/d", "/e"]) pass(path, 500);
  await close();
  assert.deepEqual(dumps(), [["/a", "/b", "/c"]]);
  assert.deepEqual(books(), [
    "kept: 5 in = 3 handled + 2 skipped (not-dumped 2)",
    "dumps: 5 in = 3 handled + 2 dropped (rate-limit 2)",
  ]);
});

test("who asks gets a dump at once, however soon after another; those who ask while one is being written share the next", async () => {
  const { recorder, told, pass, close } = record({ everyMillis: 3_600_000 });
  pass("/1");
  const first = await recorder.dump("POST /dump");
  pass("/2");
  const [second, ...rest] = await Promise.all(["one", "two", "three"].map((why) => recorder.dump(why)));
  // The two that asked while one was being written.
  assert.deepEqual(dumps(), [["/1"], ["/1", "/2"], ["/1", "/2"]]);
  assert.deepEqual([first.documents, second!.documents], [1, 2]);
  assert.deepEqual(rest[0], rest[1]);
  assert.equal(told.length, 3);
  await close();
});

test("at the end what was asked for is written, though less came after", async () => {
  const { pass, close } = record({ afterMillis: 3_600_000 });
  pass("/before");
  pass("/failed", 503);
  await close();
  assert.deepEqual(dumps(), [["/before", "/failed"]]);
});

test("after its end nothing is taken, matched or written", async () => {
  const { recorder, pass, books, close } = record({ afterMillis: 0 });
  pass("/1");
  await close();
  pass("/failed", 503);
  assert.deepEqual(await recorder.dump("late"), { problem: "nothing is kept any more: the process ends" });
  assert.deepEqual(dumps(), []);
  assert.deepEqual(books(), [
    "kept: 2 in = 0 handled + 1 skipped (not-dumped 1) + 1 dropped (closed 1)",
    "dumps: 1 in = 0 handled + 1 dropped (closed 1)",
  ]);
});

test("no more dumps than the limit says", async () => {
  const { recorder, told, pass, books, close } = record({ maxDumps: 2 });
  pass("/1");
  for (const why of ["a", "b"]) await recorder.dump(why);
  assert.deepEqual(await recorder.dump("c"), { problem: "2 dumps have been written, which is the limit" });
  pass("/failed", 503);
  await close();
  assert.equal(dumps().length, 2);
  assert.equal(told.length, 2);
  assert.equal(books()[1], "dumps: 4 in = 2 handled + 2 dropped (dump-limit 2)");
});

test("a dump that cannot be written leaves nothing behind, is told, and the next one has it all", async () => {
  const gone = join(folder.path, "gone");
  const { recorder, told, pass, books, close } = record({ path: join(gone, "dump.ndjson") });
  pass("/1");
  const { problem } = await recorder.dump("asked");
  assert.match(problem!, /gone.*no such directory/);
  assert.equal(told[0], `no dump (asked): ${problem}`);
  mkdirSync(gone);
  assert.equal((await recorder.dump("asked again")).documents, 1);
  await close();
  assert.equal(readdirSync(gone).length, 1);
  assert.deepEqual(books(), ["kept: 1 in = 1 handled", "dumps: 2 in = 1 handled + 1 dropped (write-failed 1)"]);
  rmSync(gone, { recursive: true });
});

test("other formats: a HAR, and packets", { skip: skipUnless("tshark") }, async () => {
  for (const [format, name] of [
    ["har", "dump.har"],
    ["pcapng", "dump.pcapng"],
  ] as const) {
    const { recorder, pass, close } = record({ path: join(folder.path, name), format });
    pass("/one");
    pass("/two", 404);
    const { file } = await recorder.dump("asked");
    await close();
    if (format === "har") {
      const { log } = JSON.parse(readFileSync(file!, "utf8"));
      assert.deepEqual(
        log.entries.map(({ response }: { response: { status: number } }) => response.status),
        [200, 404],
      );
    } else {
      const fields = ["-T", "fields", "-e", "http.request.uri", "-e", "http.response.code"];
      const output = execFileSync("tshark", ["-r", file!, "-Y", "http", ...fields], { encoding: "utf8" });
      assert.deepEqual(
        output
          .split("\n")
          .filter((line) => line !== "")
          .map((line) => line.trim()),
        ["/one", "200", "/two", "404"],
      );
    }
  }
});

test("a match that is larger than all that may be kept has a dump of what came before it", async () => {
  const { told, pass, books, close } = record({ keep: { bytes: 2000 } });
  pass("/1");
  pass(`/failed${"x".repeat(3000)}`, 503);
  await until(() => told.length > 0, "the dump");
  await close();
  assert.deepEqual(dumps(), [["/1"]]);
  assert.deepEqual(books(), ["kept: 2 in = 1 handled + 1 dropped (keep-limit 1)", "dumps: 1 in = 1 handled"]);
});
