/**
 * The HTTP tap under overload: as many requests as the machine can make, every one tapped to `/tap`, which one slow reader
 * attaches to. Shows how long `/ready` takes, what the process's memory comes to, what was lost and whether the ledger
 * balances, and how many requests failed, beside the same load untapped. Needs wrk.
 */
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { findProgram } from "../test/support/needs.ts";
import { findFreePorts, startProgram, waitForPort } from "../test/support/processes.ts";

const SECONDS = 10;
const CONNECTIONS = 192;
const BUDGET_MIB = 256;

if (findProgram("wrk") === undefined) console.log("missing: wrk (apt-get install wrk)");
else await measure();

async function measure(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "tapline-overload-"));
  const service = createServer((_request, response) => response.end("x".repeat(1024))).listen(0, "127.0.0.1");
  await once(service, "listening");
  const [listener, admin] = (await findFreePorts(2)) as [number, number];
  const config = join(folder, "envoy.yaml");
  writeFileSync(config, formatBootstrap(listener, admin, (service.address() as { port: number }).port));
  const proxy = startProgram(join(import.meta.dirname, "../bin/tapline"), [
    "proxy",
    "-c",
    config,
    "--memory",
    String(BUDGET_MIB),
    "-l",
    "warn",
  ]);
  try {
    await waitForPort(listener);
    const idle = readMemory(proxy.child.pid!);
    const untapped = await load(listener, admin, proxy.child.pid!);
    const reader = attachSlowReader(admin);
    await delay(200);
    const tapped = await load(listener, admin, proxy.child.pid!);
    reader.destroy();
    for (const [name, result] of [
      ["untapped", untapped],
      ["tapped, slow reader", tapped],
    ] as const) {
      console.log(
        `${name}: ${result.requests} requests in ${SECONDS} s, ${result.failed} failed; /ready median ${result.ready.median} ms, max ${result.ready.max} ms; RSS max ${result.memory} MiB`,
      );
    }
    console.log(`RSS idle ${idle} MiB, budget ${BUDGET_MIB} MiB`);
    const stats = await (await fetch(`http://127.0.0.1:${admin}/stats`)).text();
    console.log(
      stats
        .split("\n")
        .filter((line) => /^# (admin-documents|tap-)|rq_tapped/.test(line))
        .join("\n"),
    );
  } finally {
    await delay(200);
    console.log(`exit code ${await proxy.stop()} (4: the ledger does not balance)`);
    service.closeAllConnections();
    service.close();
    rmSync(folder, { recursive: true });
  }
}

async function load(listener: number, admin: number, pid: number) {
  const wrk = startProgram("wrk", [
    "-t",
    "2",
    "-c",
    String(CONNECTIONS),
    "-d",
    `${SECONDS}s`,
    `http://127.0.0.1:${listener}/`,
  ]);
  const ready: number[] = [];
  let memory = 0;
  const ended = once(wrk.child, "exit");
  while (wrk.child.exitCode === null && wrk.child.signalCode === null) {
    const started = performance.now();
    await (await fetch(`http://127.0.0.1:${admin}/ready`)).text();
    ready.push(performance.now() - started);
    memory = Math.max(memory, readMemory(pid));
    await delay(100);
  }
  await ended;
  const requests = Number(/(\d+) requests in/.exec(wrk.output())?.[1] ?? 0);
  const errors = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(wrk.output());
  const failed = (errors ?? []).slice(1).reduce((sum, count) => sum + Number(count), 0);
  ready.sort((a, b) => a - b);
  return {
    requests,
    failed,
    memory,
    ready: { median: Math.round(ready[ready.length >> 1]!), max: Math.round(ready.at(-1)!) },
  };
}

/** Attaches to `/tap` and reads for a millisecond each second. */
function attachSlowReader(admin: number) {
  const body =
    "config_id: one\ntap_config: { match: { any_match: true }, output_config: { sinks: [ { format: JSON_BODY_AS_STRING, streaming_admin: {} } ] } }";
  const socket = connect({ host: "127.0.0.1", port: admin }).resume();
  socket.write(`POST /tap HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
  const timer = setInterval(() => {
    socket.resume();
    setTimeout(() => socket.pause(), 1);
  }, 1000);
  socket.once("data", () => socket.pause()).on("error", () => {});
  socket.on("close", () => clearInterval(timer));
  return socket;
}

function readMemory(pid: number): number {
  return Math.round(Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024);
}

function formatBootstrap(listener: number, admin: number, service: number): string {
  return `admin: { address: { socket_address: { address: 127.0.0.1, port_value: ${admin} } } }
static_resources:
  listeners:
  - address: { socket_address: { address: 127.0.0.1, port_value: ${listener} } }
    filter_chains:
    - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: http
          route_config: { virtual_hosts: [ { name: all, domains: ["*"], routes: [ { match: { prefix: "/" }, route: { cluster: service } } ] } ] }
          http_filters:
          - { name: envoy.filters.http.tap, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.tap.v3.Tap, common_config: { admin_config: { config_id: one } } } }
          - { name: envoy.filters.http.router, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router } }
  clusters:
  - name: service
    connect_timeout: 2s
    load_assignment: { cluster_name: service, endpoints: [ { lb_endpoints: [ { endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: ${service} } } } } ] } ] }
`;
}
