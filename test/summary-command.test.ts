/** `tapline summary`, `read --summary`, and tshark's statistics, as their users run them. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { EXCHANGE_CODEC } from "../src/analysis/protocols/index.ts";
import { documentLine } from "../src/wire/ndjson/index.ts";
import { buildExchange, type ExchangeParts } from "./support/build-exchange.ts";
import { runProgram } from "./support/run-program.ts";
import { MAIN } from "./support/tapline-main.ts";
import { makeTemporaryFolder } from "./support/temporary-folder.ts";

process.env["TZ"] = "UTC";
const { path: folder, remove } = makeTemporaryFolder();
after(remove);
const FILE = join(folder, "all.ndjson");

/** One a second, of so many milliseconds. */
function at(seconds: number, millis: number, parts: ExchangeParts): string {
  const requestStart = { seconds: 1_769_860_800 + seconds, nanos: 0 };
  const responseEnd = { seconds: requestStart.seconds, nanos: millis * 1e6 };
  return documentLine(
    EXCHANGE_CODEC.writeDocument(buildExchange({ ...parts, exchange: { times: { requestStart, responseEnd } } })),
  );
}

const lines = Array.from({ length: 20 }, (_, i) =>
  at(i, i + 1, { target: `/users/${i}`, status: i === 7 ? 503 : 200 }),
);
writeFileSync(
  FILE,
  [
    ...lines,
    at(20, 900, { target: "/report?token=s3cr3tt0ken99", authority: "api.example", responseBody: "x".repeat(1000) }),
  ].join(""),
);

const run = (...args: string[]) => runProgram(process.execPath, [MAIN, ...args, "-q"]);
const text = (stdout: string) => Buffer.from(stdout, "latin1").toString();

test("the numbers, groups, failures, the slowest and the largest", async () => {
  const { stdout, code } = await run("summary", FILE);
  assert.equal(code, 0);
  const shown = text(stdout);
  assert.match(
    shown,
    /^2026-01-31 12:00:00\.000 to 2026-01-31 12:00:20\.000 \(20 s\)\n21 requests, 1\.[01]\/s; 1 error \(4\.8 %\); /,
  );
  assert.match(shown, /\nexample\.com +GET \/users\/\{id\} +20 +\S+ +1 \(5\.0 %\) +(?:\d[\d.]* ms +){4}/);
  assert.match(shown, /\n503 × 1: 2026-01-31 12:00:07\.000 {2}example\.com {2}GET \/users\/7 {2}503 {2}8\.0 ms/);
  assert.match(shown, /\nslowest\n2026-01-31 12:00:20\.000 {2}api\.example {2}GET \/report {2}200 {2}900 ms/);
  assert.match(shown, /\nlargest\n\S+ \S+ {2}api\.example {2}GET \/report {2}200 {2}900 ms {2}1\.\d kB/);
  assert.ok(!shown.includes("s3cr3t"));
});

test("groups by what is asked for, in an order that is asked for, of what matches", async () => {
  const csv = await run(
    "summary",
    FILE,
    "--by",
    "response.code,request.host",
    "--sort",
    "p99",
    "-o",
    "csv",
    "-Y",
    "response.code == 200",
  );
  assert.equal(csv.code, 0, csv.stderr);
  const [titles, first, second, end] = csv.stdout.split("\n");
  assert.match(titles!, /^response\.code,request\.host,requests,errors,p50_seconds,/);
  assert.match(first!, /^200,api\.example,1,0,0\.9,/);
  assert.match(second!, /^200,example\.com,19,0,0\.01\d*,/);
  assert.equal(end, "");
});

test("documents", async () => {
  const { stdout } = await run("read", FILE, "--summary", "-o", "json", "--top", "1");
  const document = JSON.parse(stdout);
  assert.deepEqual(
    [document.type, document.requests, document.errors, document.groups.length, document.groupsInAll],
    ["summary", 21, 1, 1, 2],
  );
  assert.equal(document.latencyMs.max, 900);
  assert.equal(
    document.timeline.buckets.reduce((sum: number, { requests }: { requests: number }) => sum + requests, 0),
    21,
  );
});

test("in a pipe a summary comes at the end, as text alone", async () => {
  const input = lines.join("");
  const { stdout } = await runProgram(process.execPath, [MAIN, "summary", "-", "-q", "-o", "markdown"], { input });
  assert.match(stdout, /\| SERVICE \| ROUTE \| REQUESTS \|/);
  assert.match(stdout, /\| example\.com \| GET \/users\/\\\{id\\\} \| 20 \|/);
  assert.ok(!stdout.includes("\u001b"));
});

for (const [statistic, title] of [
  ["http,tree", "REQUEST.METHOD  RESPONSE.CODE"],
  ["http_req,tree", "REQUEST.HOST"],
  ["io,stat", "PROTOCOL"],
  ["io,stat,5", "TIME"],
  ["conv,tcp", "SOURCE.ADDRESS  SOURCE.PORT  DESTINATION.ADDRESS  DESTINATION.PORT"],
] as const)
  test(`-z ${statistic}, as tshark has it`, async () => {
    const { stdout, code } = await run("read", FILE, "-z", statistic);
    assert.equal(code, 0);
    assert.ok(text(stdout).includes(`\n${title}`), stdout);
  });

for (const [args, says] of [
  [["summary"], /missing required argument/],
  [["summary", FILE, "--sort", "name"], /Allowed choices are requests, errors, p50/],
  [["summary", FILE, "--by", "request.nothing"], /request\.nothing/],
  [["read", FILE, "--summary", "-o", "har"], /a summary is printed as table, json, ndjson, csv, markdown, not as har/],
  [["read", FILE, "--summary", "-w", "x.pcap"], /-w is of single exchanges/],
  [["read", FILE, "--top", "3"], /--by and --top go with --summary/],
] as const)
  test(`${args.slice(0, 1)} ${args.slice(2).join(" ")} is refused`, async () => {
    const { code, stderr } = await run(...args);
    assert.equal(code, 2);
    assert.match(stderr, says);
  });

test("io,stat has a group for each interval, in the order of time, and all of them", async () => {
  const { stdout } = await run("read", FILE, "-z", "io,stat,0.5", "-o", "csv");
  const times = stdout.trim().split("\n").slice(1);
  assert.equal(times.length, 21);
  assert.match(times[0]!, /^2026-01-31 12:00:00\.000,1,/);
  assert.match(times[20]!, /^2026-01-31 12:00:20\.000,1,/);
});

test("what tshark's statistics take and these do not is refused, with the way to ask for it", async () => {
  for (const [statistic, told] of [
    ["io,stat,often", /-z io,stat,often: an interval is a number of seconds; -z io,stat,60/],
    ["io,stat,-1", /an interval is a number of seconds/],
    ["io,stat,60,tcp", /io,stat takes no filter here; -z io,stat,60 -Y 'tcp'/],
    ["http,tree,http.host", /http,tree takes no filter here/],
  ] as const) {
    const { code, stderr, stdout } = await run("read", FILE, "-z", statistic);
    assert.deepEqual([code, stdout], [2, ""]);
    assert.match(stderr, told);
  }
});

test("where nothing matches that is all that is said", async () => {
  const { stdout, code } = await run("summary", FILE, "-Y", "response.code == 418");
  assert.deepEqual([stdout, code], ["no requests\n", 0]);
  assert.equal((await run("summary", FILE, "-Y", "response.code == 418", "--fail-empty")).code, 3);
});

test("secrets in what groups and examples are named by are hidden in every format", async () => {
  const file = join(folder, "secrets.ndjson");
  const secrets = [
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJtaWEifQ.c2lnbmF0dXJl",
    "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
    "hunter2hunter",
  ];
  const targets = [`/reset/${secrets[0]}`, `/x/${secrets[1]}/12345`, `/a;password=${secrets[2]}/b`];
  const authority = "mia:passw0rdOfMia@shop.example";
  writeFileSync(
    file,
    targets
      .flatMap((target, i) => [0, 1].map((n) => at(2 * i + n, 5, { target, authority, status: 500 * n || 200 })))
      .join(""),
  );
  for (const format of ["table", "json", "ndjson", "csv", "markdown"])
    for (const by of [[], ["--by", "request.path,request.host"]]) {
      const { stdout, code } = await run("summary", file, "-o", format, ...by);
      assert.equal(code, 0);
      assert.ok(stdout.includes("redacted"), stdout);
      for (const secret of [...secrets, "passw0rd"]) assert.ok(!stdout.includes(secret), `${format}: ${secret}`);
    }
});

test("a rate of a few in weeks is no rate of a few a second, and long times are told in days", async () => {
  const file = join(folder, "weeks.ndjson");
  writeFileSync(file, [0, 30, 60].map((days) => at(days * 86_400, 1, {})).join(""));
  const shown = text((await run("summary", file)).stdout);
  assert.match(shown, /^2026-01-31 12:00:00\.000 to 2026-04-01 12:00:00\.000 \(60d 0h\)\n3 requests, <0\.001\/s; /);
  assert.match(shown, /\nexample\.com +GET \/ +3 +<0\.001 /);
});
