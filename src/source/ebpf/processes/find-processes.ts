import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { basename } from "node:path";
import { TaplineError } from "../../../model/index.ts";

/** Rules that ask for processes, besides their number. A process that any of it names is one. */
export interface ProcessRules {
  /** Names of commands: of the file that is run, of the thread, or of the first argument. */
  readonly commands?: readonly string[];
  /** Beginnings of container ids (at least 12 characters), or whole names in the path of the cgroup. */
  readonly containers?: readonly string[];
  /** Names of pods. */
  readonly pods?: readonly string[];
}

/** The processes of this machine that the rules name now. Those that may not be looked into are none. */
export function findProcesses(rules: ProcessRules): number[] {
  return listProcesses().filter((pid) => matchesRules(pid, rules));
}

/** @throws TaplineError (`usage`) where there is no such process: one that starts later is given another number */
export function checkProcess(pid: number): void {
  if (!listProcesses().includes(pid))
    throw new TaplineError("usage", `there is no process ${pid} on this machine`, {
      hint: "--comm watches those of a command that start later, too",
    });
}

export function listProcesses(): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** Whether any of the rules names the process. */
export function matchesRules(pid: number, { commands = [], containers = [], pods = [] }: ProcessRules): boolean {
  if (commands.length > 0 && namesOf(pid).some((name) => commands.includes(name))) return true;
  if (containers.length > 0) {
    const cgroup = read(`/proc/${pid}/cgroup`);
    if (containers.some((id) => isContainer(cgroup, id))) return true;
  }
  return pods.length > 0 && pods.includes(podOf(pid) ?? "");
}

/** Kubernetes gives a pod's name to its containers as their host's name. */
export function podOf(pid: number): string | undefined {
  if (!/kubepods/.test(read(`/proc/${pid}/cgroup`))) return undefined;
  const [, name] = /(?:^|\0)HOSTNAME=([^\0]+)/.exec(read(`/proc/${pid}/environ`)) ?? [];
  return name ?? (read(`/proc/${pid}/root/etc/hostname`).trim() || undefined);
}

/** `docker-ID.scope`, `cri-containerd-ID.scope`, `crio-ID.scope`, `libpod-ID.scope` or the id by itself, at the end of the path. */
function isContainer(cgroup: string, id: string): boolean {
  for (const line of cgroup.split("\n")) {
    const last = line.split("/").at(-1) ?? "";
    const found = /(?:^|-|:)([0-9a-f]{12,64})(?:\.scope)?$/.exec(last)?.[1];
    if (last === id || (id.length >= 12 && found?.startsWith(id) === true)) return true;
  }
  return false;
}

function namesOf(pid: number): string[] {
  const names = [read(`/proc/${pid}/comm`).trimEnd(), basename(read(`/proc/${pid}/cmdline`).split("\0")[0] ?? "")];
  try {
    names.push(basename(readlinkSync(`/proc/${pid}/exe`)).replace(/ \(deleted\)$/, ""));
  } catch {
    // Kernel threads, and processes of others.
  }
  return names.filter((name) => name !== "");
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
