/**
 * Runs inside of the virtual machine: a server and a client in namespaces of their own, over IPv4 and IPv6, while functions of the kernel are
 * watched by fentry, and then by kprobes. Prints what was seen, a JSON document a line.
 */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { Ledger, MemoryBudget } from "../../../src/model/index.ts";
import type { KernelOperation } from "../../../src/source/ebpf/events/kernel-operation.ts";
import { KernelAgent } from "../../../src/source/ebpf/kernel-agent.ts";
import { ProcessTable } from "../../../src/source/ebpf/processes/process-table.ts";

const ADDRESSES = ["10.77.0.1", "fd77::1"];

connectNamespaces();
const server = spawn("ip", ["netns", "exec", "server", "python3", "-c", makeServer()], { stdio: "inherit" });
await waitForServer();
for (const functions of ["fentry", "kprobe"] as const) await watch(functions);
server.kill();

async function watch(functions: "fentry" | "kprobe"): Promise<void> {
  const operations: KernelOperation[] = [];
  const flows: string[] = [];
  const begun = performance.now();
  const agent = await KernelAgent.start({
    observer: { observe() {} },
    ledger: new Ledger(),
    budget: new MemoryBudget(1e7),
    processes: new ProcessTable(),
    timings: true,
    functions: [functions],
    onOperation: (operation) => operations.push(operation),
    onFlow: ({ kind }) => flows.push(kind),
  });
  const millis = performance.now() - begun;
  agent.watch({ commands: ["curl", "python3"] });
  for (const address of [...ADDRESSES, ...ADDRESSES, ...ADDRESSES]) await ask(address);
  await delay(200);
  agent.drain();
  // The server is one process for both variants, and tells of connections as it accepts them.
  print({
    functions: agent.programs.probes.functions,
    attached: agent.programs.probes.attached,
    missing: agent.programs.probes.missing,
    millis,
    operations: operations.map(({ connection, kind, size, path, started, ended }) => ({
      role: connection.role,
      remote: connection.remote?.kind === "ip" ? connection.remote.address : "",
      kind,
      size,
      path,
      nanos: ended - started,
    })),
  });
  agent.close();
}

async function ask(address: string): Promise<void> {
  const host = address.includes(":") ? `[${address}]` : address;
  const args = [
    "netns",
    "exec",
    "client",
    "curl",
    "-sS",
    "-o",
    "/dev/null",
    "-d",
    "x".repeat(1000),
    `http://${host}:8077/`,
  ];
  const [code] = (await once(spawn("ip", args, { stdio: "inherit" }), "close")) as [number];
  if (code !== 0) throw new Error(`curl ended with ${code}`);
}

function connectNamespaces(): void {
  const ip = (line: string): void => void execFileSync("ip", line.split(" "), { stdio: "inherit" });
  for (const name of ["server", "client"]) ip(`netns add ${name}`);
  ip("link add ends netns server type veth peer name ends netns client");
  for (const [name, last] of [
    ["server", 1],
    ["client", 2],
  ] as const) {
    ip(`-n ${name} addr add 10.77.0.${last}/24 dev ends`);
    ip(`-n ${name} addr add fd77::${last}/64 dev ends nodad`);
    ip(`-n ${name} link set ends up`);
  }
}

async function waitForServer(): Promise<void> {
  for (let tries = 0; ; tries++)
    try {
      execFileSync("ip", ["netns", "exec", "client", "curl", "-s", "-d", "x", `http://${ADDRESSES[0]}:8077/`]);
      return;
    } catch (error) {
      if (tries > 100) throw error;
      await delay(200);
    }
}

function makeServer(): string {
  return `
import socket
listener = socket.create_server(("::", 8077), family=socket.AF_INET6, dualstack_ipv6=True)
while True:
    connection, _ = listener.accept()
    data = b""
    while b"\\r\\n\\r\\nx" not in data or (len(data) < 1000 and b"length: 1000" in data.lower()):
        data += connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\\r\\ncontent-length: 3000\\r\\n\\r\\n" + b"y" * 3000)
    connection.close()
`;
}

function print(document: object): void {
  process.stdout.write(`VM: ${JSON.stringify(document)}\n`);
}
