/**
 * The cost of exporting every exchange: CPU a request (64 keep-alive connections, replies of 1 KiB) with reports that a backend takes,
 * with credentials taken out and without, and with a backend that is not there or answers nothing, beside an HTTP tap that writes to one file and the proxy
 * without a tap, in turns in one run; then the same with replies of JSON and of HTML, each another one, in which redaction has most to look at.
 * What waits is sent before the time is read. Last, the cost of receiving such reports. Needs nginx and wrk.
 */
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { findProgram } from "../test/support/needs.ts";
import { findFreePorts, startProgram, waitForPort } from "../test/support/processes.ts";
import { median, readCpuSeconds } from "./support/process-usage.ts";
import { type Peer, ProxyPeers } from "./support/proxy-peers.ts";

const ROUNDS = 5;
const SECONDS = 2;
const EXPORTER = "type.googleapis.com/tapline.filters.http.trace_exporter.v1.TraceExporter";
const MAIN = join(import.meta.dirname, "../src/cli/main.ts");

const missing = ["nginx", "wrk"].filter((program) => findProgram(program) === undefined);
if (missing.length > 0) console.log(`missing: ${missing.join(", ")}`);
else if (process.platform !== "linux") console.log("skipped: CPU times are read from /proc");
else {
  await measureExporter();
  await measureReceiver();
}

async function measureExporter(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "tapline-bench-"));
  const peers = new ProxyPeers(folder);
  try {
    const ports = await findFreePorts(12);
    const next = () => ports.pop()!;
    const service = next();
    await peers.startNginx(service, 0);
    const admins = new Map<string, number>();
    const exporter = async (name: string, fields: string) => {
      const admin = next();
      admins.set(name, admin);
      const bounds = "max_queued: 1000000, max_memory_bytes: 200000000, max_connections: 128";
      const filter = `{name: exporter, typed_config: {"@type": ${EXPORTER}, ${bounds}, ${fields}}}, `;
      return peers.startHttpProxy(name, next(), service, filter, admin);
    };
    const file = `{format: PROTO_BINARY_LENGTH_DELIMITED, file_per_tap: {path_prefix: ${join(folder, "tap")}, single_file: true, roll: {max_bytes: 67108864}, keep: 2}}`;
    const backend = `backend: "http://127.0.0.1:${service}"`;
    const proxies = [
      await peers.startHttpTap("no tap", next(), service),
      await peers.startHttpTap("tap to one file", next(), service, file),
      await exporter("exporter", backend),
      await exporter("exporter, unredacted", `${backend}, redact: false`),
      await exporter("backend not there", 'backend: "http://127.0.0.1:1", max_attempts: 1000000'),
      await exporter("backend silent", `backend: "http://127.0.0.1:${await startSilent(next())}"`),
    ];
    console.log("CPU a request, µs; latency at 50 % and 99 %, ms; failed requests (medians; the proxies take turns)");
    await compare("1 KiB of one letter", "/small", proxies, admins);
    const reporting = proxies.slice(1, 4);
    await compare("1 KiB of JSON", "/json", reporting, admins);
    await compare("1 KiB of HTML", "/html", reporting, admins);
    for (const [name, admin] of admins)
      console.log(
        `  ${name}: ${readStats(admin)
          .split("\n")
          .filter((line) => line.startsWith("# published"))
          .join()}`,
      );
  } finally {
    peers.stop();
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 });
  }
}

async function compare(
  replies: string,
  path: string,
  proxies: readonly Peer[],
  admins: ReadonlyMap<string, number>,
): Promise<void> {
  const costs = new Map(proxies.map(({ name }) => [name, [] as number[]]));
  const latencies = new Map(proxies.map(({ name }) => [name, [] as Latency[]]));
  for (let round = -1; round < ROUNDS; round++)
    for (const proxy of proxies) {
      const { cost, latency } = await costOfRequest(proxy, path, admins.get(proxy.name));
      if (round < 0) continue;
      costs.get(proxy.name)!.push(cost);
      latencies.get(proxy.name)!.push(latency);
    }
  console.log(` replies of ${replies}`);
  const tap = median(costs.get("tap to one file")!);
  for (const [name, values] of costs) {
    const of = (pick: (latency: Latency) => number) => median(latencies.get(name)!.map(pick)).toFixed(2).padStart(8);
    const failed = latencies.get(name)!.reduce((sum, one) => sum + one.failed, 0);
    const cost = (median(values) * 1e6).toFixed(1).padStart(6);
    const beyond = name === "exporter" ? `, ${((median(values) - tap) * 1e6).toFixed(1)} beyond the tap` : "";
    console.log(`  ${name.padEnd(22)} ${cost} ${of(({ half }) => half)} ${of(({ tail }) => tail)}  ${failed}${beyond}`);
  }
}

async function costOfRequest({ pid, port, name }: Peer, path: string, admin: number | undefined) {
  const before = readCpuSeconds(pid);
  const url = `http://127.0.0.1:${port}${path}`;
  const output = execFileSync("wrk", ["-t1", "-c64", "--latency", `-d${SECONDS}s`, url], { encoding: "utf8" });
  // Reports that nobody takes wait until the end.
  if (admin !== undefined && !/not there|silent/.test(name))
    while (Number(/trace_exporter\.queued: (\d+)/.exec(readStats(admin))?.[1] ?? 0) > 0) await delay(50);
  const requests = Number(/(\d+) requests in/.exec(output)![1]);
  const percentile = (share: number) => {
    const [, value, unit] = new RegExp(`${share}%\\s+([\\d.]+)(us|ms|s)`).exec(output)!;
    return Number(value) * { us: 0.001, ms: 1, s: 1000 }[unit as "us" | "ms" | "s"];
  };
  const failures = [...output.matchAll(/(?:Non-2xx or 3xx responses: |(?:connect|read|write|timeout) )(\d+)/g)];
  const failed = failures.reduce((sum, [, count]) => sum + Number(count), 0);
  const latency = { half: percentile(50), tail: percentile(99), failed };
  return { cost: (readCpuSeconds(pid) - before) / requests, latency };
}

interface Latency {
  readonly half: number;
  readonly tail: number;
  readonly failed: number;
}

/** A backend that takes connections, and answers nothing. */
async function startSilent(port: number): Promise<number> {
  const server = createServer((socket) => socket.on("error", () => {}).resume()).listen(port, "127.0.0.1");
  await once(server, "listening");
  server.unref();
  return port;
}

function readStats(admin: number): string {
  return execFileSync("curl", ["-s", `http://127.0.0.1:${admin}/stats`], { encoding: "utf8" });
}

async function measureReceiver(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "tapline-bench-"));
  const [port] = (await findFreePorts(1)) as [number];
  const receiver = startProgram("/bin/sh", [
    "-c",
    'exec "$0" "$@" > /dev/null',
    ...[process.execPath, MAIN, "receive-traces", "--listen", `127.0.0.1:${port}`],
  ]);
  try {
    await waitForPort(port);
    const script = join(folder, "post.lua");
    const pair = (name: string, value: string) => `["${name}","${value}"]`;
    const headers = [pair("host", "shop"), pair("user-agent", "wrk/4.1"), pair("accept", "*/*")].join();
    const body = Buffer.alloc(1024, "x").toString("base64");
    const rest = `"version":"HTTP/1.1","headers":[${headers}],"body":"${body}","truncated_body":false`;
    const scnRequest = `"scnt_request":{"method":"GET","path":"/small","host":"shop",${rest}}`;
    const document = `{"request_id":"","scheme":"http","destination_address":"10.0.0.9:80","destination_namespace":"","source_address":"10.0.0.5:PORT",${scnRequest},"scnt_response":{"status_code":"200",${rest}}}`;
    writeFileSync(
      script,
      `wrk.method = "POST"; local n = 0; request = function() n = n + 1; return wrk.format(nil, "/publish", nil, (string.gsub([==[${document}]==], "PORT", tostring(n % 60000)))) end`,
    );
    const rates: number[] = [];
    for (let round = -1; round < ROUNDS; round++) {
      const before = readCpuSeconds(receiver.child.pid!);
      const output = execFileSync("wrk", ["-t1", "-c32", `-d${SECONDS}s`, "-s", script, `http://127.0.0.1:${port}`], {
        encoding: "utf8",
      });
      const cost = (readCpuSeconds(receiver.child.pid!) - before) / Number(/(\d+) requests in/.exec(output)![1]);
      if (round >= 0) rates.push(1 / cost);
    }
    console.log(
      `receive-traces: ${Math.round(median(rates))} POSTs (${document.length} bytes) a second of CPU, printing a line each`,
    );
  } finally {
    await receiver.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
