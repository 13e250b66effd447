/** The cost of 10 000 idle, tapped connections: memory, CPU, and how the proxy serves others meanwhile. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { findFreePorts, waitForPort } from "../test/support/processes.ts";
import { listChildren, median, readCpuSeconds, readResidentMebibytes } from "./support/process-usage.ts";
import { ProxyPeers } from "./support/proxy-peers.ts";

const CONNECTIONS = 10_000;
/** Descriptors a process needs beside its connections; each takes two descriptors. */
const OTHER_DESCRIPTORS = 1000;
const IDLE_SECONDS = 5;

if (process.platform !== "linux") console.log("skipped: CPU times are read from /proc");
else await main();

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "tapline-bench-"));
  const peers = new ProxyPeers(folder);
  const taps = join(folder, "taps");
  try {
    const [service, port] = (await findFreePorts(2)) as [number, number];
    await peers.startIdleService(service);
    const processes = Math.ceil((2 * CONNECTIONS) / (readDescriptorLimit() - OTHER_DESCRIPTORS));
    const { pid } = await peers.startTapline("tapline+tap", port, service, taps, processes);
    const pids = processes === 1 ? [pid] : listChildren(pid);
    if (processes > 1)
      console.log(`over ${pids.length} processes, because each may open ${readDescriptorLimit()} files`);
    const memory = () => pids.reduce((sum, each) => sum + readResidentMebibytes(each), 0);
    const cpu = () => pids.reduce((sum, each) => sum + readCpuSeconds(each), 0);
    const empty = memory();
    const opening = cpu();
    const clients = startClients(port);
    await once(clients.stdout, "data");
    const opened = cpu();
    console.log(
      `${CONNECTIONS} connections opened: ${(((opened - opening) / CONNECTIONS) * 1e6).toFixed(0)} µs of CPU each`,
    );
    const full = memory();
    console.log(
      `memory: ${full.toFixed(0)} MiB, ${(((full - empty) * 1024) / CONNECTIONS).toFixed(1)} KiB a connection`,
    );
    await sleep(IDLE_SECONDS * 1000);
    const idle = cpu() - opened;
    console.log(`idle: ${((idle / IDLE_SECONDS) * 1000).toFixed(1)} ms of CPU a second`);
    console.log(`a round trip meanwhile: ${(await timeRoundTrip(port)).toFixed(2)} ms`);
    clients.stdin.end();
    await once(clients, "exit");
    for (let wait = 0; countTraces(taps) < CONNECTIONS && wait < 100; wait++) await sleep(100);
    console.log(`traces written: ${countTraces(taps)}`);
  } finally {
    peers.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function startClients(port: number) {
  const script = join(import.meta.dirname, "support/idle-clients.ts");
  return spawn(process.execPath, [script, `${port}`, `${CONNECTIONS}`], { stdio: ["pipe", "pipe", "inherit"] });
}

/** How many files a process may have open: Node raises its own limit to the hard one. */
function readDescriptorLimit(): number {
  return Number(/^Max open files\s+\d+\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"))![1]);
}

/** The median of a connection, a request and its answer, in milliseconds. */
async function timeRoundTrip(port: number): Promise<number> {
  await waitForPort(port);
  const times: number[] = [];
  for (let round = 0; round < 51; round++) {
    const start = performance.now();
    const socket = connect(port, "127.0.0.1");
    socket.write("hello\n");
    await once(socket, "data");
    times.push(performance.now() - start);
    socket.destroy();
  }
  return median(times);
}

function countTraces(taps: string): number {
  return readdirSync(taps).filter((name) => name.endsWith(".pb")).length;
}
