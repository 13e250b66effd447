/** `tapline diff`, as its users run it. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { EXCHANGE_CODEC } from "../src/analysis/protocols/index.ts";
import type { HttpExchange } from "../src/model/index.ts";
import { documentLine } from "../src/wire/ndjson/index.ts";
import { buildExchange } from "./support/build-exchange.ts";
import { drawTraffic } from "./support/drawn-traffic.ts";
import { runProgram } from "./support/run-program.ts";
import { MAIN } from "./support/tapline-main.ts";
import { makeTemporaryFolder } from "./support/temporary-folder.ts";

process.env["TZ"] = "UTC";
const { path: folder, remove } = makeTemporaryFolder();
after(remove);

function write(name: string, exchanges: readonly HttpExchange[]): string {
  const path = join(folder, name);
  writeFileSync(path, exchanges.map((one) => documentLine(EXCHANGE_CODEC.writeDocument(one))).join(""));
  return path;
}

const EVIL = '<b>&"\u001b[31m';
const failing = Array.from({ length: 60 }, (_, i) =>
  buildExchange({
    method: "POST",
    target: `/pay${encodeURIComponent("|")}${EVIL}`,
    status: 502,
    connection: { id: BigInt(900 + i) },
  }),
);
const USUAL = { requests: 600, connections: 30 };
const BEFORE = write("before.ndjson", drawTraffic(1, USUAL));
const SAME = write("same.ndjson", drawTraffic(2, USUAL));
const AFTER = write("after.ndjson", [...drawTraffic(2, { ...USUAL, without: "price" }), ...failing]);
const BOTH = write("both.ndjson", [
  ...drawTraffic(1, USUAL),
  ...drawTraffic(2, USUAL).map((one) => ({
    ...one,
    times: {
      ...one.times,
      requestStart: { ...one.times.requestStart!, seconds: one.times.requestStart!.seconds + 3600 },
      responseEnd: { ...one.times.responseEnd!, seconds: one.times.responseEnd!.seconds + 3600 },
    },
    response: { ...one.response!, headers: [{ name: "x-new", value: "1" }] },
  })),
]);

const run = (...args: string[]) => runProgram(process.execPath, [MAIN, "diff", ...args]);
const text = (stdout: string) => Buffer.from(stdout, "latin1").toString();

test("what differs is listed, gravest first, and the exit code says that there is something", async () => {
  const { stdout, stderr, code } = await run(BEFORE, AFTER);
  const shown = text(stdout);
  assert.equal(code, 5, stderr);
  assert.match(shown, /^A {2}.*before\.ndjson: 600 requests, \d+ errors/m);
  assert.match(shown, /^B {2}.*after\.ndjson: 660 requests/m);
  assert.match(shown, /ROUTES THAT CAME.*\n.*POST \/pay.* 0 of 600 {2}60 of 660: 502 100 % +new +< 1e-6/);
  assert.match(shown, /JSON OF RESPONSES.*\n.*GET \/items\/\{id\} {2}price number +\d+ of \d+ +0 of \d+ +gone/);
  assert.ok(shown.indexOf("ROUTES THAT CAME") < shown.indexOf("JSON OF RESPONSES"));
  assert.ok(!shown.includes("\u001b"));
  assert.match(stderr, /^nothing lost: 1260 records/m);
});

test("halves of the same differ in nothing, and the exit code is 0", async () => {
  const { stdout, code } = await run(BEFORE, SAME, "-q");
  assert.equal(code, 0);
  assert.match(text(stdout), /^no difference that is certain$/m);
});

test("one file has both sides: by a moment, or by filters", async () => {
  const byTime = await run(BOTH, "--at", "2023-11-14 23:00", "--tz", "UTC", "-q");
  assert.match(text(byTime.stdout), /x-new +0 of \d+ +\d+ of \d+ +new/, byTime.stderr);
  assert.match(text(byTime.stdout), /GET \/\w+\/\{id\} and 3 more {2}x-new/);
  const sides = ["--filter-a", "!('x-new' in response.headers)", "--filter-b", "'x-new' in response.headers"];
  const byFilter = await run(BOTH, ...sides, "-Y", "request.path.startsWith('/cart')", "-q", "-o", "json");
  const document = JSON.parse(text(byFilter.stdout));
  assert.deepEqual([document.groupsCompared, byFilter.code], [1, 5]);
  assert.deepEqual(
    document.differences
      .filter(({ name }: { name?: string }) => name === "x-new")
      .map(({ aspect, key, ratio }: never) => [aspect, key, ratio]),
    [["response-header", { service: "example.com", route: "GET /cart/{id}" }, null]],
  );
});

test("JUnit and Markdown hold whatever was asked for", async () => {
  const junit = text((await run(BEFORE, AFTER, "-q", "-o", "junit")).stdout);
  assert.match(
    junit,
    /^<\?xml version="1\.0" encoding="UTF-8"\?>\n<testsuites name="tapline diff" tests="\d+" failures="\d+">/,
  );
  assert.match(junit, /<testcase classname="routes that came" name="[^"<>]*POST \/pay[^"<>]*&lt;b&gt;&amp;[^"<>]*">/);
  assert.match(junit, /<testcase classname="no difference" name="[^"]*GET \/cart\/\{id\}"\/>/);
  const open = [...junit.matchAll(/<(testsuites|testsuite|testcase|failure)\b[^>]*[^/]>/g)].length;
  assert.equal(open, [...junit.matchAll(/<\/(testsuites|testsuite|testcase|failure)>/g)].length);
  const markdown = text((await run(BEFORE, AFTER, "-q", "-o", "markdown")).stdout);
  assert.match(
    markdown,
    /^\| routes that came \| A \| B \| CHANGE \| BY CHANCE \|\n\|---\|---:\|---:\|---:\|---:\|\n\| .*POST \/pay/m,
  );
  assert.ok(!markdown.includes("<b>"));
});

test("a pipe is one of the sides", async () => {
  const { readFileSync } = await import("node:fs");
  const { code, stdout } = await runProgram(process.execPath, [MAIN, "diff", BEFORE, "-", "-q"], {
    input: readFileSync(SAME, "utf8"),
  });
  assert.equal(code, 0, text(stdout));
});

for (const [args, expected] of [
  [[BEFORE], /is to be compared with what\?.*--at 14:05/],
  [["-", "-"], /stdin can be read once only/],
  [[BEFORE, SAME, "--threshold", "much"], /Expected a part, such as 20% or 0\.2/],
  [[BEFORE, SAME, "--filter-a", "request.nothing"], /request\.nothing/],
  [[BEFORE, SAME, "--by", "request.nothing"], /request\.nothing/],
  [[BEFORE, SAME, "-o", "csv"], /Allowed choices are table, markdown, json, junit/],
] as const)
  test(`wrong usage: ${args.map((one) => (one.startsWith("/") ? "FILE" : one)).join(" ")}`, async () => {
    const { stderr, stdout, code } = await run(...args);
    assert.deepEqual([code, stdout], [2, ""]);
    assert.match(text(stderr), expected);
  });

test("a side that is empty, or not there, is an error, and nothing is printed", async () => {
  const empty = await run(BEFORE, SAME, "--filter-b", "response.code == 599");
  assert.deepEqual([empty.code, empty.stdout], [1, ""]);
  assert.match(text(empty.stderr), /same\.ndjson \(response\.code == 599\): nothing is there to compare/);
  const missing = await run(BEFORE, join(folder, "none.pcap"));
  assert.deepEqual([missing.code, missing.stdout], [1, ""]);
  assert.match(text(missing.stderr), /none\.pcap/);
});
