/**
 * The cost of the kernel's programs to those that they watch: requests a second of a server with the agent, divided by those without, in pairs
 * that follow one another. The server has one core, the load and the agent the other. As root, with wrk, nginx and openssl.
 *
 *     npm run bench -- agent                     every row, nine pairs: about twelve minutes
 *     ROWS=floor,nginx-12 PAIRS=3 npm run bench -- agent
 *
 * A line a row: requests a second without and with (medians), their quotient (median, least and most of the pairs), seconds of the agent's
 * CPU a second of load, its memory, and records for which the kernel's ring had no room.
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
import { median, readCpuSeconds, readResidentMebibytes } from "./support/process-usage.ts";

const PAIRS = Number(process.env["PAIRS"] ?? 9);
const SECONDS = Number(process.env["SECONDS"] ?? 3);
const WANTED = process.env["ROWS"]?.split(",");
const [SERVER_CORE, OTHER_CORE] = ["0", "1"];

interface Row {
  readonly name: string;
  readonly server: "nginx" | "node";
  readonly path: string;
  readonly tls?: true;
  /** Flags of `agent --show`; PID stands for the server's. */
  readonly flags: readonly string[];
  readonly wanted: string;
  /** Requests a second that the load is held to; otherwise as many as there can be. */
  readonly rate?: number;
}

const ROWS: readonly Row[] = [
  // Its connections are followed, and nothing of them is told.
  { name: "floor", server: "nginx", path: "/12", flags: ["--pid", "PID", "--port", "1"], wanted: "the floor" },
  {
    name: "nginx-12",
    server: "nginx",
    path: "/12",
    flags: ["--pid", "PID", "--message-bytes", "256"],
    wanted: "floor − 0.03, ≥ 0.78",
  },
  { name: "other-process", server: "nginx", path: "/12", flags: ["--pid", "SELF"], wanted: "≥ 0.90" },
  { name: "nginx-64k", server: "nginx", path: "/64k", flags: ["--pid", "PID"], wanted: "≥ 0.65" },
  {
    name: "node-tls-12",
    server: "node",
    path: "/",
    tls: true,
    flags: ["--pid", "PID", "--message-bytes", "256"],
    wanted: "≥ 0.65",
  },
  {
    name: "nginx-tls-12",
    server: "nginx",
    path: "/12",
    tls: true,
    flags: ["--pid", "PID", "--message-bytes", "256"],
    wanted: "≥ 0.45",
  },
  {
    name: "steady",
    server: "nginx",
    path: "/12",
    rate: 10_000,
    flags: ["--pid", "PID"],
    wanted: "nothing lost, agent ≤ 0.3 cores",
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
    node: startOn(SERVER_CORE!, process.execPath, ["-e", NODE_SERVER, String(node), key, certificate]),
  };
  try {
    for (const port of [plain, tls, node]) await waitForPort(port);
    for (const row of ROWS) {
      if (WANTED !== undefined && !WANTED.includes(row.name)) continue;
      const port = row.server === "node" ? node : row.tls ? tls : plain;
      await measureRow(row, servers[row.server], `http${row.tls ? "s" : ""}://127.0.0.1:${port}${row.path}`);
    }
  } finally {
    for (const server of Object.values(servers)) await server.stop();
    rmSync(folder, { recursive: true });
  }
}

async function measureRow({ name, flags, wanted, rate }: Row, server: StartedProgram, url: string): Promise<void> {
  const without: number[] = [];
  const with_: number[] = [];
  const cpu: number[] = [];
  let memory = 0;
  let lost = 0;
  runLoad(url, rate);
  for (let pair = 0; pair < PAIRS; pair++) {
    without.push(runLoad(url, rate));
    const agent = await startAgent(flags, server);
    const { pid } = agent.child;
    const before = readCpuSeconds(pid!);
    with_.push(runLoad(url, rate));
    await delay(300);
    cpu.push((readCpuSeconds(pid!) - before) / SECONDS);
    memory = Math.max(memory, readResidentMebibytes(pid!));
    await agent.stop("SIGTERM");
    lost += Number(/^records:.*ring-full (\d+)/m.exec(agent.output())?.[1] ?? 0);
  }
  const ratios = with_.map((value, pair) => value / without[pair]!);
  const figures = [
    `${Math.round(median(without))} → ${Math.round(median(with_))} requests/s`,
    `${median(ratios).toFixed(3)} (${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}; wanted ${wanted})`,
    `agent ${median(cpu).toFixed(2)} cores, ${Math.round(memory)} MiB, ${lost} records lost`,
  ];
  console.log(`${name.padEnd(14)} ${figures.join(" | ")}`);
}

async function startAgent(flags: readonly string[], server: StartedProgram): Promise<StartedProgram> {
  const named = flags.map((flag) =>
    flag === "PID" ? String(server.child.pid) : flag === "SELF" ? String(process.pid) : flag,
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

/** Requests a second. */
function runLoad(url: string, rate: number | undefined): number {
  const held = ["h2load", "--h1", "-c10", "-t1", "-D", String(SECONDS), `--rps=${(rate ?? 0) / 10}`];
  const load = rate === undefined ? ["wrk", "-t1", "-c16", `-d${SECONDS}s`] : held;
  const text = execFileSync("taskset", ["-c", OTHER_CORE!, ...load, url], { encoding: "utf8" });
  // wrk's line, or h2load's: `finished in 3.00s, 10000.00 req/s, …`.
  return Number(
    /Requests\/sec:\s+([\d.]+)|([\d.]+) req\/s/
      .exec(text)!
      .slice(1)
      .find((one) => one !== undefined),
  );
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
