/**
 * The cost of the kernel's programs to those that they watch: requests a second of a server with the agent, divided by those without, in pairs
 * that follow one another. The server has one core, the load and the agent the other. As root, with wrk, nginx and openssl.
 *
 *     npm run bench -- agent                     every row, nine pairs, and the start: about five minutes on an idle machine
 *     ROWS=floor,nginx-12 PAIRS=3 npm run bench -- agent
 *     NICE=10 npm run bench -- agent             with another niceness of the agent than its default
 *
 * A line a row: requests a second without and with (medians), their quotient (median, least and most of the pairs) and what is wanted of it;
 * the same by the server's own CPU a request, which tells more on a machine that does other things; seconds of the agent's CPU a second of
 * load, its memory (wanted: ≤ 200 MiB), and records for which the kernel's ring had no room.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { createCertificates } from "../test/support/certificates.ts";
import { findProgram } from "../test/support/needs.ts";
import { findFreePorts, type StartedProgram, startProgram, waitForPort } from "../test/support/processes.ts";
import { MAIN } from "../test/support/tapline-main.ts";
import { median, readCpuSeconds, readResidentMebibytes, readRunNanos } from "./support/process-usage.ts";

const PAIRS = Number(process.env["PAIRS"] ?? 9);
const SECONDS = Number(process.env["SECONDS"] ?? 1);
const NICE = process.env["NICE"];
const WANTED = process.env["ROWS"]?.split(",");
const [SERVER_CORE, OTHER_CORE] = ["0", "1"];

interface Row {
  readonly name: string;
  readonly server: "nginx" | "node";
  readonly path: string;
  readonly tls?: true;
  /** Flags of `agent --show`; PID stands for the server's, IDLE for that of a process that does nothing. */
  readonly flags: readonly string[];
  /** The least quotient, given those of the rows before. */
  readonly wanted: (before: ReadonlyMap<string, number>) => number | undefined;
  /** Requests a second that the load is held to; otherwise as many as there can be. */
  readonly rate?: number;
}

const atLeast = (quotient: number) => () => quotient;

const ROWS: readonly Row[] = [
  // Its connections are followed, and nothing of them is told.
  { name: "floor", server: "nginx", path: "/12", flags: ["--pid", "PID", "--port", "1"], wanted: () => undefined },
  {
    name: "nginx-12",
    server: "nginx",
    path: "/12",
    flags: ["--pid", "PID", "--message-bytes", "256"],
    wanted: (before) => Math.max(0.78, (before.get("floor") ?? 0) - 0.03),
  },
  { name: "other-process", server: "nginx", path: "/12", flags: ["--pid", "IDLE"], wanted: atLeast(0.9) },
  { name: "nginx-64k", server: "nginx", path: "/64k", flags: ["--pid", "PID"], wanted: atLeast(0.65) },
  // The same, with a ring that is always full.
  {
    name: "overload",
    server: "nginx",
    path: "/64k",
    flags: ["--pid", "PID", "--ring", "65536"],
    wanted: (before) => 0.95 * (before.get("nginx-64k") ?? 0),
  },
  {
    name: "node-tls-12",
    server: "node",
    path: "/",
    tls: true,
    flags: ["--pid", "PID", "--message-bytes", "256"],
    wanted: atLeast(0.65),
  },
  {
    name: "nginx-tls-12",
    server: "nginx",
    path: "/12",
    tls: true,
    flags: ["--pid", "PID", "--message-bytes", "256"],
    wanted: atLeast(0.45),
  },
  {
    name: "steady",
    server: "nginx",
    path: "/12",
    rate: 10_000,
    flags: ["--pid", "PID"],
    wanted: () => undefined,
  },
];

const NODE_SERVER = `
const { readFileSync } = require("node:fs");
const [, port, key, cert] = process.argv;
require("node:https").createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (q, r) => r.end("hello world\\n")).listen(+port, "127.0.0.1");
`;

const missing = ["wrk", "h2load", "nginx", "openssl", "taskset"].filter((one) => findProgram(one) === undefined);
if (missing.length > 0) console.log(`missing: ${missing.join(", ")}`);
else if (process.getuid?.() !== 0) console.log("the kernel's programs want root");
else await measure();

async function measure(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "tapline-agent-bench-"));
  const [plain, tls, node] = (await findFreePorts(3)) as [number, number, number];
  const { key, certificate } = createCertificates(folder).server;
  writeFileSync(join(folder, "64k"), "x".repeat(65_536));
  writeFileSync(join(folder, "nginx.conf"), makeNginxConfig(folder, plain, tls, certificate, key));
  const servers = {
    nginx: startOn(SERVER_CORE!, "nginx", ["-c", join(folder, "nginx.conf"), "-p", folder]),
    idle: startOn(OTHER_CORE!, "sleep", ["3600"]),
    node: startOn(SERVER_CORE!, process.execPath, ["-e", NODE_SERVER, String(node), key, certificate]),
  };
  try {
    for (const port of [plain, tls, node]) await waitForPort(port);
    const quotients = new Map<string, number>();
    for (const row of ROWS) {
      if (WANTED !== undefined && !WANTED.includes(row.name)) continue;
      const port = row.server === "node" ? node : row.tls ? tls : plain;
      const url = `http${row.tls ? "s" : ""}://127.0.0.1:${port}${row.path}`;
      quotients.set(row.name, await measureRow(row, servers[row.server], servers.idle, url, row.wanted(quotients)));
    }
  } finally {
    for (const server of Object.values(servers)) await server.stop();
    rmSync(folder, { recursive: true });
  }
}

/** Gives the quotient. */
async function measureRow(
  { name, flags, rate }: Row,
  server: StartedProgram,
  idle: StartedProgram,
  url: string,
  wanted: number | undefined,
): Promise<number> {
  // The load is held: what counts is the agent, over a longer time.
  const [pairs, seconds] = rate === undefined ? [PAIRS, SECONDS] : [Math.min(3, PAIRS), 3];
  const without: Load[] = [];
  const with_: Load[] = [];
  const cpu: number[] = [];
  let memory = 0;
  let lost = 0;
  runLoad(url, rate, seconds, server);
  for (let pair = 0; pair < pairs; pair++) {
    without.push(runLoad(url, rate, seconds, server));
    const agent = await startAgent(flags, server, idle);
    const { pid } = agent.child;
    const before = readCpuSeconds(pid!);
    with_.push(runLoad(url, rate, seconds, server));
    await delay(200);
    cpu.push((readCpuSeconds(pid!) - before) / seconds);
    memory = Math.max(memory, readResidentMebibytes(pid!));
    await agent.stop("SIGTERM");
    lost += Number(/^records:.*ring-full (\d+)/m.exec(agent.output())?.[1] ?? 0);
  }
  const ratios = with_.map((load, pair) => load.rate / without[pair]!.rate);
  const byCpu = with_.map((load, pair) => without[pair]!.micros / load.micros);
  const quotient = median(ratios);
  const judged =
    wanted === undefined ? "" : `; wanted ≥ ${wanted.toFixed(2)}: ${quotient >= wanted ? "met" : "MISSED"}`;
  const steady =
    rate === undefined ? "" : ` (wanted ≤ 0.3, none lost: ${median(cpu) <= 0.3 && lost === 0 ? "met" : "MISSED"})`;
  const figures = [
    `${median(without.map((one) => one.rate)).toFixed(0)} → ${median(with_.map((one) => one.rate)).toFixed(0)} requests/s`,
    `${quotient.toFixed(3)} (${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}${judged})`,
    `server's CPU ${median(without.map((one) => one.micros)).toFixed(1)} → ${median(with_.map((one) => one.micros)).toFixed(1)} µs a request: ${median(byCpu).toFixed(3)}`,
    `agent ${median(cpu).toFixed(2)} cores, ${Math.round(memory)} MiB, ${lost} records lost${steady}`,
  ];
  console.log(`${name.padEnd(14)} ${figures.join(" | ")}`);
  return quotient;
}

async function startAgent(
  flags: readonly string[],
  server: StartedProgram,
  idle: StartedProgram,
): Promise<StartedProgram> {
  const named = flags.map((flag) =>
    flag === "PID" ? String(server.child.pid) : flag === "IDLE" ? String(idle.child.pid) : flag,
  );
  // Exchanges are analysed and filtered; none is printed.
  const args = [
    "--disable-warning=ExperimentalWarning",
    MAIN,
    "agent",
    "--show",
    "-Y",
    "response.code == 599",
    ...named,
    ...(NICE === undefined ? [] : ["--nice", NICE]),
  ];
  const agent = startOn(OTHER_CORE!, process.execPath, args);
  for (let waited = 0; !agent.output().includes("watching"); waited += 50) {
    if (waited > 60_000) throw new Error(`the agent does not watch: ${agent.output()}`);
    await delay(50);
  }
  await delay(300);
  return agent;
}

function startOn(core: string, program: string, args: readonly string[]): StartedProgram {
  return startProgram("taskset", ["-c", core, findProgram(program) ?? program, ...args]);
}

interface Load {
  /** Requests a second. */
  readonly rate: number;
  /** The server's CPU a request. */
  readonly micros: number;
}

function runLoad(url: string, rate: number | undefined, seconds: number, server: StartedProgram): Load {
  const held = ["h2load", "--h1", "-c10", "-t1", "-D", String(seconds), `--rps=${(rate ?? 0) / 10}`];
  const load = rate === undefined ? ["wrk", "-t1", "-c16", `-d${seconds}s`] : held;
  const before = readRunNanos(server.child.pid!);
  const text = execFileSync("taskset", ["-c", OTHER_CORE!, ...load, url], { encoding: "utf8" });
  const nanos = readRunNanos(server.child.pid!) - before;
  // wrk's lines, or h2load's: `finished in 3.00s, 10000.00 req/s, …`.
  const [, wrks, h2loads] = /Requests\/sec:\s+([\d.]+)|([\d.]+) req\/s/.exec(text)!;
  const requests = Number(
    /(\d+) requests in|requests: (\d+) total/
      .exec(text)!
      .slice(1)
      .find((one) => one !== undefined),
  );
  return { rate: Number(wrks ?? h2loads), micros: nanos / 1000 / requests };
}

function makeNginxConfig(folder: string, plain: number, tls: number, certificate: string, key: string): string {
  return `daemon off; master_process off; error_log /dev/null; pid ${folder}/nginx.pid; events {}
http {
  access_log off; keepalive_requests 100000000; sendfile off;
  server {
    listen 127.0.0.1:${plain}; listen 127.0.0.1:${tls} ssl;
    ssl_certificate ${certificate}; ssl_certificate_key ${key}; root ${folder};
    location /12 { return 200 "hello world\\n"; }
  }
}`;
}
