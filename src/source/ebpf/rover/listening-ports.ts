import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { listProcesses } from "../processes/find-processes.ts";

/** The ports that each process listens on. */
export function readListeners(): Map<number, ReadonlySet<number>> {
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
