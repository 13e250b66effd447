/**
 * A million HTTP/2 streams on one connection, with a tap attached through `/tap` that reads all of them: the proxy's resident
 * memory after each 100 000, which has to stay flat. The number of streams may be given. Needs h2load and nghttpd.
 */
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { writeHttpBootstrap } from "../test/support/http-bootstrap.ts";
import { findProgram } from "../test/support/needs.ts";
import { findFreePorts, startProgram, waitForPort } from "../test/support/processes.ts";
import { readCpuSeconds, readResidentMebibytes } from "./support/process-usage.ts";

const STREAMS = Number(process.argv[2] ?? 1_000_000);
const STEP = 100_000;

const missing = ["h2load", "nghttpd"].filter((program) => findProgram(program) === undefined);
if (missing.length > 0) console.log(`missing: ${missing.join(", ")} (apt-get install nghttp2)`);
else if (process.platform !== "linux") console.log("skipped: memory is read from /proc");
else await main();

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "tapline-bench-"));
  const [service, listener, admin] = (await findFreePorts(3)) as [number, number, number];
  const nghttpd = startProgram(findProgram("nghttpd")!, ["--no-tls", `--htdocs=${folder}`, String(service)]);
  writeFileSync(join(folder, "page"), "x".repeat(1024));
  const config = join(folder, "envoy.yaml");
  const ports = [admin, listener];
  const bootstrap = writeHttpBootstrap(service, ["common_config: { admin_config: { config_id: test } }"]);
  writeFileSync(
    config,
    bootstrap.replace(/port_value: 0 /g, () => `port_value: ${ports.shift()} `),
  );
  const proxy = startProgram(join(import.meta.dirname, "../bin/tapline"), ["proxy", "-c", config, "-l", "warn"]);
  try {
    await waitForPort(service);
    await waitForPort(listener);
    await run(proxy.child.pid!, listener, admin);
  } finally {
    console.log(`exit code ${await proxy.stop("SIGINT")} (130; 4: the ledger does not balance)`);
    await nghttpd.stop();
    rmSync(folder, { recursive: true });
  }
}

async function run(pid: number, listener: number, admin: number): Promise<void> {
  const leave = new AbortController();
  const body =
    "config_id: test\ntap_config: { match: { any_match: true }, output_config: { sinks: [ { format: JSON_BODY_AS_STRING, streaming_admin: {} } ] } }";
  const tap = await fetch(`http://127.0.0.1:${admin}/tap`, { method: "POST", body, signal: leave.signal });
  const reading = readAll(tap);
  const load = startProgram("h2load", [
    "-n",
    String(STREAMS),
    "-c",
    "1",
    "-m",
    "100",
    `http://127.0.0.1:${listener}/page`,
  ]);
  const ended = once(load.child, "exit");
  let next = 0;
  while (load.child.exitCode === null) {
    const tapped = await readTapped(admin);
    if (tapped >= next) {
      console.log(`${String(tapped).padStart(8)} streams: ${readResidentMebibytes(pid).toFixed(0)} MiB resident`);
      next += STEP;
    }
    await delay(100);
  }
  await ended;
  console.log(
    `${String(await readTapped(admin)).padStart(8)} streams: ${readResidentMebibytes(pid).toFixed(0)} MiB resident`,
  );
  console.log(`${((readCpuSeconds(pid) / STREAMS) * 1e6).toFixed(1)} µs CPU a stream`);
  console.log(/^requests: .*$/m.exec(load.output())?.[0] ?? load.output());
  console.log((await (await fetch(`http://127.0.0.1:${admin}/stats`)).text()).match(/^# (admin|tap).*$/gm)?.join("\n"));
  leave.abort();
  await reading;
}

async function readTapped(admin: number): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${admin}/stats?filter=rq_tapped`)).text();
  return Number(/: (\d+)/.exec(text)?.[1] ?? 0);
}

/** Reads and forgets. */
async function readAll(response: Response): Promise<void> {
  const reader = response.body!.getReader();
  try {
    while (!(await reader.read()).done);
  } catch {
    // It was left.
  }
}
