import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { hostname, networkInterfaces } from "node:os";
import { basename } from "node:path";
import { listProcesses } from "../processes/find-processes.ts";
import { readCgroup } from "../processes/process-table.ts";
import type { ProcessRule, RoverConfig } from "./rover-config.ts";
import type { TemplateContext } from "./template.ts";

/** Names of a process as a rule gives them. */
export interface FoundProcess {
  readonly pid: number;
  readonly service: string;
  readonly instance: string;
  readonly container: string;
  readonly process: string;
  readonly layer: string;
  readonly labels: readonly string[];
  readonly properties: Readonly<Record<string, string>>;
}

/** Which processes the configuration's rules name, and how; outside of Kubernetes. */
export class ProcessIdentities {
  readonly #config: RoverConfig;
  readonly #found = new Map<number, FoundProcess | undefined>();
  /** Processes that have ended, and since when that is known. */
  readonly #gone = new Map<number, number>();
  #listeners: ReadonlyMap<number, ReadonlySet<number>> = new Map();

  constructor(config: RoverConfig) {
    this.#config = config;
  }

  /** The process's names; undefined where no rule names it. */
  readonly find = (pid: number): FoundProcess | undefined => this.#found.get(pid);

  /**
   * Looks at a process that has just begun, or runs something else now: it may be gone soon.
   * @param command the thread's name as the kernel has it
   */
  look(pid: number, command: string): void {
    this.#gone.delete(pid);
    if (this.#decide(pid)) return;
    // It is gone already: what the kernel said of it has to do.
    const facts = { pid, path: "", name: command, commandLine: command, folder: "", cgroup: "" };
    this.#found.set(pid, this.#nameBy(facts));
  }

  /** Looks at the processes that there are now. Gives those that a rule names. */
  scan(): number[] {
    if (this.#config.rules.some(({ port }) => port !== undefined)) this.#listeners = readListeners();
    const pids = listProcesses().filter((pid) => pid !== process.pid);
    this.#forgetGone(new Set(pids));
    for (const pid of pids) if (this.#found.get(pid) === undefined) this.#decide(pid);
    return pids.filter((pid) => this.#found.get(pid) !== undefined);
  }

  /** False where the process cannot be looked into. */
  #decide(pid: number): boolean {
    const facts = readProcess(pid);
    if (facts !== undefined) this.#found.set(pid, this.#nameBy(facts));
    return facts !== undefined;
  }

  #nameBy(facts: ProcessContext): FoundProcess | undefined {
    const rule = this.#config.rules.find((one) => matches(one, facts, this.#listeners));
    return rule && this.#name(rule, facts);
  }

  /** Names of a process stay for a while: its logs are reported after it has ended. */
  #forgetGone(alive: ReadonlySet<number>): void {
    const now = performance.now();
    for (const pid of this.#found.keys()) {
      if (alive.has(pid)) continue;
      const since = this.#gone.get(pid) ?? now;
      this.#gone.set(pid, since);
      if (now - since < KEPT_MILLIS) continue;
      this.#gone.delete(pid);
      this.#found.delete(pid);
    }
  }

  #name(rule: ProcessRule, facts: ProcessContext): FoundProcess | undefined {
    const context: TemplateContext = { Rover: describeHost(), Process: describeProcess(facts) };
    const { cluster, excludedClusters } = this.#config;
    const name = rule.service.render(context);
    const service = cluster === "" || name.includes("::") ? name : `${cluster}::${name}`;
    const [before, after] = service.split("::");
    if (after !== undefined && excludedClusters.includes(before!)) return undefined;
    return {
      pid: facts.pid,
      service,
      instance: rule.instance.render(context),
      container: "",
      process: rule.process.render(context),
      layer: rule.layer,
      labels: rule.labels,
      properties: { host_ip: describeHost().HostIPV4, command_line: facts.commandLine },
    };
  }
}

const KEPT_MILLIS = 30_000;

interface ProcessContext {
  readonly pid: number;
  readonly path: string;
  readonly name: string;
  readonly commandLine: string;
  readonly folder: string;
  readonly cgroup: string;
}

/** All that the rule says must be so. */
function matches(
  { command, port, cgroup, pid, unit }: ProcessRule,
  facts: ProcessContext,
  listeners: ReadonlyMap<number, ReadonlySet<number>>,
): boolean {
  const argument = basename(facts.commandLine.split(" ")[0] ?? "");
  return (
    (pid === undefined || pid === facts.pid) &&
    (command === undefined || command === facts.name || command === argument) &&
    (cgroup === undefined || facts.cgroup === cgroup || facts.cgroup.startsWith(`${cgroup}/`)) &&
    (unit === undefined || facts.cgroup.split("/").some((part) => part === unit || part === `${unit}.service`)) &&
    (port === undefined || listeners.get(facts.pid)?.has(port) === true)
  );
}

function readProcess(pid: number): ProcessContext | undefined {
  try {
    const path = readlinkSync(`/proc/${pid}/exe`).replace(/ \(deleted\)$/, "");
    return {
      pid,
      path,
      name: basename(path),
      commandLine: readFileSync(`/proc/${pid}/cmdline`, "utf8").replace(/\0+$/, "").replaceAll("\0", " "),
      folder: readlinkSync(`/proc/${pid}/cwd`),
      cgroup: readCgroup(pid) ?? "",
    };
  } catch {
    return undefined;
  }
}

function describeHost() {
  const addresses = Object.values(networkInterfaces())
    .flat()
    .filter((one) => one?.internal === false);
  return {
    InstanceID: "",
    HostName: hostname(),
    HostIPV4: addresses.find((one) => one?.family === "IPv4")?.address ?? "",
    HostIPV6: addresses.find((one) => one?.family === "IPv6")?.address ?? "",
  };
}

function describeProcess({ pid, path, name, commandLine, folder }: ProcessContext): TemplateContext {
  return {
    ExeFilePath: path,
    ExeName: name,
    CommandLine: commandLine,
    Pid: pid,
    WorkDir: folder,
    ExeNameInCommandLine: basename(commandLine.split(" ")[0] ?? ""),
  };
}

/** The ports that each process listens on. */
function readListeners(): Map<number, ReadonlySet<number>> {
  const ports = new Map<number, Set<number>>();
  for (const pid of listProcesses()) {
    const sockets = listSockets(pid);
    if (sockets.size === 0) continue;
    for (const file of ["tcp", "tcp6"])
      for (const line of readText(`/proc/${pid}/net/${file}`).split("\n").slice(1)) {
        const fields = line.trim().split(/\s+/);
        if (fields[3] !== LISTEN || !sockets.has(fields[9] ?? "")) continue;
        const port = Number.parseInt(fields[1]!.split(":")[1]!, 16);
        ports.set(pid, (ports.get(pid) ?? new Set()).add(port));
      }
  }
  return ports;
}

const LISTEN = "0A";

/** The inode numbers of a process's sockets. */
function listSockets(pid: number): Set<string> {
  const found = new Set<string>();
  try {
    for (const name of readdirSync(`/proc/${pid}/fd`)) {
      const [, inode] = /^socket:\[(\d+)\]$/.exec(readLink(`/proc/${pid}/fd/${name}`)) ?? [];
      if (inode !== undefined) found.add(inode);
    }
  } catch {
    // It is gone, or may not be looked into.
  }
  return found;
}

function readLink(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
