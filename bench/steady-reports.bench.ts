/**
 * 400 reports of 10 KB a second for a minute, to `receive-traces` and to a collector (trace exporter, B6): whether each is taken, how long
 * the answers take, and whether memory grows. The load is even: what is answered late is not asked later.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { findFreePorts, startProgram, waitForPort } from "../test/support/processes.ts";
import { median, readCpuSeconds, readResidentMebibytes } from "./support/process-usage.ts";

const RATE = 400;
const SECONDS = 60;
const BODY_BYTES = 7000;
const TICK_MILLIS = 10;
/** As many as exporters keep; a listener that is given hundreds at once, before it is warm, loses some. */
const CONNECTIONS = 64;
const MAIN = join(import.meta.dirname, "../src/cli/main.ts");

if (process.platform !== "linux") console.log("skipped: CPU times are read from /proc");
else {
  const folder = mkdtempSync(join(tmpdir(), "tapline-bench-"));
  const [receiver, page, ingest, grpc] = (await findFreePorts(4)).map((port) => `127.0.0.1:${port}`);
  try {
    await measure("receive-traces", receiver!, ["receive-traces", "--listen", receiver!]);
    const listens = ["--listen", page!, "--ingest", ingest!, "--grpc", grpc!];
    await measure("collector", ingest!, ["collector", ...listens, "--data", folder]);
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 });
  }
}

async function measure(name: string, address: string, args: readonly string[]): Promise<void> {
  const command = 'exec "$0" "$@" > /dev/null';
  const program = startProgram("/bin/sh", ["-c", command, process.execPath, MAIN, ...args]);
  try {
    await waitForPort(Number(address.split(":")[1]));
    const pid = program.child.pid!;
    await send(address, 5, () => {});
    const [cpu, memory] = [readCpuSeconds(pid), [] as number[]];
    const { statuses, millis } = await send(address, SECONDS, () => memory.push(readResidentMebibytes(pid)));
    const micros = ((readCpuSeconds(pid) - cpu) / millis.length) * 1e6;
    const third = Math.floor(memory.length / 3);
    const [early, late] = [memory.slice(0, third), memory.slice(-third)].map((part) => median(part).toFixed(0));
    const tail = millis.toSorted((left, right) => left - right)[Math.floor(millis.length * 0.99)]!;
    console.log(
      `${name.padEnd(15)} ${millis.length} reports: ${[...statuses].map(([status, count]) => `${count} answered ${status}`).join(", ")}; ` +
        `${median(millis).toFixed(1)} ms at 50 %, ${tail.toFixed(1)} at 99 %, CPU ${micros.toFixed(0)} µs each; ` +
        `resident ${early} MiB in the first third, ${late} in the last`,
    );
  } finally {
    await program.stop();
  }
  console.log(
    program
      .output()
      .split("\n")
      .filter((line) => / in = |^nothing lost: /.test(line))
      .map((line) => `  ${line}`)
      .join("\n"),
  );
}

async function send(address: string, seconds: number, eachSecond: () => void) {
  const [host, port] = address.split(":") as [string, string];
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const statuses = new Map<number | string, number>();
  const millis: number[] = [];
  const answers: Promise<void>[] = [];
  const post = (body: string) =>
    new Promise<void>((resolve) => {
      const began = performance.now();
      const end = (status: number | string) => {
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        millis.push(performance.now() - began);
        resolve();
      };
      request({ host, port, agent, method: "POST", path: "/publish" }, (response) =>
        response.resume().on("end", () => end(response.statusCode!)),
      )
        .on("error", (error: NodeJS.ErrnoException) => end(error.code ?? error.message))
        .end(body);
    });
  const began = performance.now();
  for (let sent = 0, second = 0; sent < RATE * seconds; await delay(TICK_MILLIS)) {
    const due = Math.min(RATE * seconds, Math.floor(((performance.now() - began) / 1000) * RATE));
    for (; sent < due; sent++) answers.push(post(report(sent)));
    if (sent < ++second * RATE) second--;
    else eachSecond();
  }
  await Promise.all(answers);
  agent.destroy();
  return { statuses, millis };
}

/** 10 KB: two headers and a body that are not those of the report before. */
function report(n: number): string {
  const body = Buffer.alloc(BODY_BYTES, `{"item":${n},"name":"x"},`).toString("base64");
  const message = { version: "HTTP/1.1", headers: [["host", "shop"]], body: "", truncated_body: false };
  return JSON.stringify({
    request_id: `steady-${process.pid}-${performance.now()}-${n}`,
    scheme: "http",
    destination_address: "10.0.0.9:80",
    destination_namespace: "",
    source_address: `10.0.0.5:${1024 + (n % 60_000)}`,
    scnt_request: { ...message, method: "GET", path: `/items/${n}`, host: "shop" },
    scnt_response: { ...message, status_code: "200", body },
  });
}
