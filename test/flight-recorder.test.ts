/** The flight recorder as its user meets it: in the proxy, by signal, filter and admin listener, and behind a pipe. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { writeHttpBootstrap } from "./support/http-tap-harness.ts";
import { until } from "./support/proxy-harness.ts";
import { runProgram } from "./support/run-program.ts";
import { startTaplineProxy } from "./support/tapline-process.ts";
import { makeTemporaryFolder } from "./support/temporary-folder.ts";

const TAPLINE = join(import.meta.dirname, "../bin/tapline");

let folder: string;
let cleanups: (() => unknown)[] = [];
beforeEach(() => {
  const temporary = makeTemporaryFolder();
  folder = temporary.path;
  cleanups = [temporary.remove];
});
afterEach(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
});

/** Targets in each dump, in the order of their names; with who wrote it. */
const dumps = () =>
  readdirSync(folder)
    .filter((file) => file.startsWith("dump"))
    .sort()
    .map((file) =>
      readFileSync(join(folder, file), "utf8")
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line).request.target),
    );

async function startService() {
  const server = createServer((request, response) => {
    response.statusCode = request.url!.startsWith("/bad") ? 503 : 200;
    response.end(request.url);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  cleanups.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

async function startProxy(...flags: string[]) {
  const config = join(folder, "envoy.yaml");
  writeFileSync(config, writeHttpBootstrap(await startService(), []));
  const proxy = await startTaplineProxy(config, [
    ...flags,
    ...(flags.length === 0 ? [] : ["--dump-to", join(folder, "dump.ndjson")]),
  ]);
  cleanups.push(() => proxy.stop("SIGKILL"));
  const port = proxy.ports["front"] ?? Object.values(proxy.ports)[0]!;
  const get = async (path: string) =>
    (
      await fetch(`http://127.0.0.1:${port}${path}`, { headers: { authorization: "Bearer planted-1a2b3c4d5e" } })
    ).text();
  const admin = Number(/"address":"127\.0\.0\.1:(\d+)","msg":"admin listening"/.exec(proxy.output())?.[1]);
  const post = (path: string) => fetch(`http://127.0.0.1:${admin}${path}`, { method: "POST" });
  return { proxy, get, post };
}

test("a proxy that prints nothing keeps the last, and writes them when one fails, without credentials", async () => {
  const { proxy, get } = await startProxy(
    "--keep-last",
    "10m",
    "--dump-when",
    "response.code >= 500",
    "--dump-after",
    "0s",
  );
  for (const path of ["/1", "/2", "/bad"]) await get(path);
  await until(() => dumps().length === 1, "the dump");
  assert.equal(await proxy.stop(), 0);
  assert.deepEqual(dumps(), [["/1", "/2", "/bad"]]);
  const text = readdirSync(folder)
    .filter((file) => file.startsWith("dump"))
    .map((file) => readFileSync(join(folder, file), "utf8"))
    .join("");
  assert.doesNotMatch(text, /planted/);
  assert.match(text, /Bearer redacted-bearer-/);
  assert.match(proxy.output(), /kept in the last 1 s: 3, written to .*dump-.*\.ndjson \(GET \/bad\)/);
  assert.match(proxy.output(), /^nothing lost: 3 kept, 1 dumps, /m);
});

test("SIGUSR2 and POST /dump write what is kept now", async () => {
  const { proxy, get, post } = await startProxy("--keep-last", "10m");
  await get("/1");
  proxy.kill("SIGUSR2");
  await until(() => dumps().length === 1, "the dump of the signal");
  await get("/2");
  const response = await post("/dump");
  const answer = (await response.json()) as { file: string; documents: number };
  assert.deepEqual([response.status, answer.documents], [200, 2]);
  assert.equal(readFileSync(answer.file, "utf8").split("\n").length, 3);
  await proxy.stop();
  assert.deepEqual(dumps(), [["/1"], ["/1", "/2"]]);
});

test("where nothing is kept there is no POST /dump", async () => {
  const { proxy, post } = await startProxy();
  assert.equal((await post("/dump")).status, 404);
  await proxy.stop();
});

test("what is kept is bounded, and what made room is told", async () => {
  const { proxy, get, post } = await startProxy("--keep-last-bytes", "8k");
  for (let i = 0; i < 30; i++) await get(`/${i}?${"x".repeat(200)}`);
  const { documents } = (await (await post("/dump")).json()) as { documents: number };
  await proxy.stop();
  assert.ok(documents > 2 && documents < 30, String(documents));
  assert.match(
    proxy.output(),
    new RegExp(`^kept: 30 in = ${documents} handled \\+ ${30 - documents} dropped \\(keep-limit`, "m"),
  );
});

test("behind a pipe: what a filter of the dump finds is written while it is read", async () => {
  const documents = Array.from({ length: 20 }, (_, index) => exchangeDocument(`/${index}`, index === 10 ? 500 : 200));
  const args = ["read", "-", "-q", "--keep-last", "1h", "--dump-when", "5xx", "--dump-after", "1h"];
  const child = spawn(TAPLINE, [...args, "--dump-to", join(folder, "dump.ndjson")]);
  child.stdin.end(documents.join(""));
  child.stdout.resume();
  let told = "";
  child.stderr.on("data", (text) => {
    told += text;
  });
  const [code] = await once(child, "close");
  assert.equal(code, 0, told);
  assert.deepEqual(dumps(), [Array.from({ length: 20 }, (_, index) => `/${index}`)]);
});

test("wrong flags are refused before anything is read", async () => {
  for (const [args, expected] of [
    [
      ["--dump-when", "5xx"],
      /--dump flags say when and where to write what is kept, and nothing is; add --keep-last 10m/,
    ],
    [["--keep-last", "soon"], /Expected a time with its unit/],
    [["--keep-last", "10"], /Expected a time with its unit/],
    [["--keep-last", "0s"], /Expected a time above 0/],
    [["--keep-last", "10m", "--dump-when", "response.code >"], /response\.code >/],
    [["--keep-last", "10m", "--dump-to", "dump.txt"], /does not say what to write/],
    [["--keep-last-bytes", "lots"], /lots/],
  ] as const) {
    const { code, stderr } = await runProgram(TAPLINE, ["read", "/nothing/there.pcap", ...args]);
    assert.equal(code, 2, stderr);
    assert.match(stderr, expected);
  }
});

function exchangeDocument(target: string, status: number): string {
  const time = "2026-01-31T12:00:00.000000000Z";
  return `${JSON.stringify({
    type: "exchange",
    version: 1,
    protocol: "http/1.1",
    kind: "http",
    connection: { id: "1", role: "server", local: "10.0.0.2:80", remote: "10.0.0.1:4000" },
    request: { method: "GET", target, headers: [] },
    response: { status, headers: [] },
    times: { requestStart: time },
  })}\n`;
}
