/** `tapline read` in other orders, of windows of time, of one trace, and in forms to hand on. */
import assert from "node:assert/strict";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { EXCHANGE_CODEC } from "../src/analysis/protocols/index.ts";
import { documentLine } from "../src/wire/ndjson/index.ts";
import { buildExchange, type ExchangeParts } from "./support/build-exchange.ts";
import { runProgram } from "./support/run-program.ts";
import { MAIN } from "./support/tapline-main.ts";
import { makeTemporaryFolder } from "./support/temporary-folder.ts";

const { path: folder, remove } = makeTemporaryFolder();
after(remove);
process.env["TZ"] = "UTC";
process.env["TMPDIR"] = folder;

/** One that begins so many seconds after 23:59:50 UTC of 30 January 2026. */
function at(seconds: number, millis: number, parts: ExchangeParts): string {
  const requestStart = { seconds: 1_769_817_590 + seconds, nanos: 0 };
  const responseEnd = { seconds: requestStart.seconds, nanos: millis * 1e6 };
  const exchange = buildExchange({ ...parts, exchange: { times: { requestStart, responseEnd } } });
  return documentLine(EXCHANGE_CODEC.writeDocument(exchange));
}

const trace = (id: string) => ({ traceparent: `00-${id.repeat(32)}-00f067aa0ba902b7-01` });
const FILE = join(folder, "all.ndjson");
writeFileSync(
  FILE,
  [
    at(5, 30, { target: "/b", status: 503, requestHeaders: trace("a") }),
    at(0, 500, { target: "/a", responseBody: "x".repeat(900) }),
    at(20, 10, { target: "/d|`", status: 404, method: "POST", requestBody: "a=1" }),
    at(6, 20, { target: '/c,"', requestHeaders: { ...trace("a"), "x-request-id": "R1" } }),
    at(15, 400, { target: "/e", requestHeaders: { "x-request-id": "R1" } }),
  ].join(""),
);

async function read(
  ...args: string[]
): Promise<{ stdout: string; stderr: string; code: number | null; paths: string[] }> {
  const result = await runProgram(process.execPath, [MAIN, "read", FILE, "-q", ...args]);
  const paths = result.stdout.match(/(?<=[ |,\t"])\/[a-e]|^\/[a-e]/gm) ?? [];
  return { ...result, paths };
}

for (const [args, paths] of [
  [["--sort", "time"], "abced"],
  [["--sort", "duration", "-c", "2"], "ae"],
  [["--sort", "size"], "adbce"],
  [["--sort", "status"], "bdace"],
  [["--sort", "status", "-T", "fields", "-e", "request.path"], "bdace"],
  [["--sort", "time", "-o", "csv", "--memory", "1"], "abced"],
  [["--since", "2026-01-31"], "de"],
  [["--since", "23:59:55", "--until", "2026-01-31T00:00:05Z"], "bc"],
  [["--until", "2026-01-31 09:00", "--tz", "Asia/Tokyo"], "bac"],
  [["--last", "14s"], "ced"],
  [["--last", "14s", "-Y", "request.path != '/d|`'"], "ce"],
  [["--last", "2"], "ed"],
  [["--trace", "a".repeat(32)], "bc"],
  [["--trace", "r1"], "ce"],
] as const)
  test(`${args.join(" ")}: ${paths}`, async () => {
    const result = await read(...args);
    assert.equal(result.code, 0, result.stderr);
    assert.deepEqual(result.paths.map((path) => path[1]).join(""), paths, result.stdout);
    assert.deepEqual(readdirSync(folder), ["all.ndjson"]);
  });

test("times say their day where there are two, the first ones too, in the zone that is asked for; titles with --header", async () => {
  const first = (text: string) =>
    text
      .trimEnd()
      .split("\n")
      .map((line) => /^\S+(?: \d\S+)?/.exec(line)![0]);
  assert.deepEqual(first((await read()).stdout).slice(0, 3), [
    "2026-01-30 23:59:55.000",
    "2026-01-30 23:59:50.000",
    "2026-01-31 00:00:10.000",
  ]);
  assert.deepEqual(first((await read("--sort", "time", "--header")).stdout).slice(0, 2), [
    "TIME",
    "2026-01-30 23:59:50.000",
  ]);
  assert.deepEqual(first((await read("--tz", "+01:00")).stdout)[0], "00:59:55.000");
});

test("one trace has a time line", async () => {
  const { stdout } = await read("--trace", "a".repeat(32));
  assert.deepEqual(Buffer.from(stdout, "latin1").toString().match(/\+.*$/gm), [
    "+0.0 µs   ━",
    `+1.0 s${" ".repeat(37)}━`,
  ]);
});

test("csv, markdown and columns of one's own", async () => {
  const csv = (await read("-o", "csv", "-c", "2")).stdout.split("\n");
  assert.equal(csv[0], "time,client,server,method,host,path,status,type,request-bytes,response-bytes,duration,quality");
  assert.equal(csv[1], "2026-01-30T23:59:55Z,10.0.0.1:1234,10.0.0.2:80,GET,example.com,/b,503,,0,0,0.03,complete");
  const quoted = await read(
    "-o",
    "csv",
    "--columns",
    "path,request.method,duration > duration('100ms')",
    "-Y",
    "request.path == '/c,\"'",
  );
  assert.equal(quoted.stdout, `path,request.method,duration > duration('100ms')\n"/c,""",GET,false\n`);
  const markdown = await read("-o", "markdown", "--columns", "path,status,duration", "-Y", "4xx");
  assert.equal(markdown.stdout, "| PATH | STATUS | DURATION |\n|---|---|---:|\n| /d\\|\\` | 404 | 10 ms |\n");
  const curl = await read("-o", "curl", "-Y", "4xx");
  assert.match(curl.stdout, /^# 2026-01-31T00:00:10Z: 404 .*, 10 ms\ncurl 'http:\/\/example\.com\/d%7C%60'|curl /);
});

for (const [args, says] of [
  [["--since", "soon"], /--since soon: expected a time; 2026-/],
  [["--last", "few"], /--last few: expected how long/],
  [["--last", "3", "--sort", "size"], /--last 3 is of those that began last/],
  [["--tz", "Mars"], /--tz Mars: there is no such time zone/],
  [["--columns", "nothing"], /--columns: there is no column nothing; time, ends, /],
  [["--columns", ","], /--columns needs names/],
  [["--columns", "time", "-o", "json"], /--columns are of table, csv and markdown/],
  [["-v", "-o", "json"], /-v is for the table/],
  [["--sort", "name"], /Allowed choices are time, duration, size, status/],
] as const)
  test(`${args.join(" ")} is refused`, async () => {
    const { code, stderr } = await read(...args);
    assert.equal(code, 2);
    assert.match(stderr, says);
  });
