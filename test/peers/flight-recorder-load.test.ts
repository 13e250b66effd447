/**
 * The flight recorder under 5 000 requests a second for ten minutes: memory, what a dump holds, and how long requests take while one is
 * written. `TAPLINE_FLIGHT_SECONDS` makes it shorter: below half of that memory is still growing to its size, and only told.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { writeHttpBootstrap } from "../support/http-bootstrap.ts";
import { skipUnless } from "../support/needs.ts";
import { until } from "../support/proxy-harness.ts";
import { startTapline } from "../support/tapline-process.ts";
import { makeTemporaryFolder } from "../support/temporary-folder.ts";

const SECONDS = Number(process.env["TAPLINE_FLIGHT_SECONDS"] ?? 0) || 600;
const RATE = Number(process.env["TAPLINE_FLIGHT_RATE"] ?? 0) || 5000;
const CONNECTIONS = 50;
const DUMPS = Math.max(2, Math.floor(SECONDS / 30));
const AFTER_MILLIS = 1000;

const folder = makeTemporaryFolder();
after(folder.remove);

test(`${SECONDS} s of ${RATE} requests a second, and ${DUMPS} dumps`, {
  skip: skipUnless("h2load", "curl"),
  timeout: (SECONDS + 300) * 1000,
}, async (context) => {
  const service = createServer((request, response) => {
    if (request.url!.startsWith("/fail")) response.statusCode = 503;
    response.end("x".repeat(200));
  });
  service.keepAliveTimeout = 0;
  await once(service.listen(0, "127.0.0.1"), "listening");
  context.after(() => {
    service.closeAllConnections();
    service.close();
  });
  const config = join(folder.path, "envoy.yaml");
  writeFileSync(config, writeHttpBootstrap((service.address() as AddressInfo).port, []));
  const keep = ["--keep-last", "10m", "--keep-last-bytes", "64M", "--dump-to", join(folder.path, "dump.ndjson")];
  const when = ["--dump-when", "response.code >= 500", "--dump-after", `${AFTER_MILLIS}ms`, "--dump-every", "0s"];
  // Its own executable says how Node forwards best.
  const proxy = startTapline(["proxy", "-c", config, ...keep, ...when]);
  context.after(() => proxy.stop("SIGKILL"));
  await until(() => proxy.output().includes('"msg":"listening"'), "it listens");
  const [, port] = /"listener":"front","address":"127\.0\.0\.1:(\d+)"/.exec(proxy.output())!;
  const url = `http://127.0.0.1:${port}`;
  const log = join(folder.path, "latencies");
  const load = promisify(execFile)("h2load", [
    ...["--h1", "-c", String(CONNECTIONS), "--rps", String(RATE / CONNECTIONS), "-D", String(SECONDS)],
    ...["--log-file", log, `${url}/steady`],
  ]);
  const sizes: number[] = [];
  const sampler = setInterval(() => sizes.push(residentBytes(proxy.child.pid!)), 500);
  const windows: [number, number][] = [];
  for (let dump = 0; dump < DUMPS; dump++) {
    await delay((SECONDS * 1000) / (DUMPS + 1) - AFTER_MILLIS);
    const failed = Date.now();
    // Another program, as the load is: the books cannot be held against a part of the clients.
    await promisify(execFile)("curl", ["-s", "-o", "/dev/null", `${url}/fail/${dump}`]);
    await until(() => proxy.output().includes(`(GET /fail/${dump}`), "the dump", 60_000);
    windows.push([failed + AFTER_MILLIS, Date.now()]);
    putAside(dump);
  }
  const { stdout } = await load;
  clearInterval(sampler);
  assert.match(stdout, / 0 failed, 0 errored, 0 timeout/, stdout);
  assert.equal(await proxy.stop(), 0);
  // Reading so much would hold up the service, which is in this process, while requests wait for it.
  for (let dump = 0; dump < DUMPS; dump++) checkDump(dump);

  const latencies = readFileSync(log, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => line.split("\t").map(Number) as [number, number, number]);
  const isWriting = ([start]: readonly number[]) =>
    windows.some(([from, to]) => from <= start! / 1000 && start! / 1000 <= to);
  const [writing, quiet] = [latencies.filter(isWriting), latencies.filter((one) => !isWriting(one))].map((some) =>
    percentile99(some.map(([, , micros]) => micros)),
  ) as [number, number];
  const [middle, end] = [medianOf(sizes, 0.45, 0.55), medianOf(sizes, 0.9, 1)];
  context.diagnostic(
    `${latencies.length} requests; p99 ${quiet} µs, while a dump is written ${writing} µs; RSS in the middle ${middle}, at the end ${end}`,
  );
  assert.ok(latencies.length >= 0.95 * RATE * SECONDS, "the load was what it says");
  assert.ok(writing <= 1.2 * quiet + 1000, "requests while a dump is written");
  if (SECONDS >= 300) assert.ok(end <= 1.05 * middle, "RSS");
});

/** There is one file, under a name that says which. */
function putAside(dump: number): void {
  const [name, ...others] = readdirSync(folder.path).filter((file) => file.startsWith("dump-"));
  assert.deepEqual(others, []);
  renameSync(join(folder.path, name!), join(folder.path, `aside-${dump}`));
}

/** The failed one whole, and what came before it; the file is removed. */
function checkDump(dump: number): void {
  const path = join(folder.path, `aside-${dump}`);
  const text = readFileSync(path, "utf8");
  rmSync(path);
  const at = text.indexOf(`"operation":"GET /fail/${dump}"`);
  const line = text.slice(text.lastIndexOf("\n", at) + 1, text.indexOf("\n", at));
  const { request, response, quality } = JSON.parse(line);
  assert.deepEqual(
    [request.target, response.status, response.body.size, quality],
    [`/fail/${dump}`, 503, 200, "complete"],
  );
  assert.ok(text.slice(0, at).split("\n").length > 1000, "what came before it");
  assert.ok(text.slice(at).split("\n").length > 100, "what came after it");
}

function residentBytes(pid: number): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1024;
}

function percentile99(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * 0.99)]!;
}

function medianOf(values: readonly number[], from: number, to: number): number {
  const some = values.slice(Math.floor(values.length * from), Math.ceil(values.length * to)).toSorted((a, b) => a - b);
  return some[Math.floor(some.length / 2)]!;
}
