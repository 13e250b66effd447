import { readFileSync, readlinkSync } from "node:fs";
import { hostname, networkInterfaces } from "node:os";
import { basename } from "node:path";
import { readCgroup } from "../processes/process-table.ts";
import type { TemplateContext } from "./template.ts";

/** Facts of a process that rules and templates look at. */
export interface ProcessContext {
  readonly pid: number;
  readonly path: string;
  readonly name: string;
  readonly commandLine: string;
  readonly folder: string;
  readonly cgroup: string;
  /** The whole of its /proc/PID/cgroup. */
  readonly cgroups: string;
}

/** Undefined where the process cannot be looked into. */
export function readProcess(pid: number): ProcessContext | undefined {
  try {
    const path = readlinkSync(`/proc/${pid}/exe`).replace(/ \(deleted\)$/, "");
    return {
      pid,
      path,
      name: basename(path),
      commandLine: readFileSync(`/proc/${pid}/cmdline`, "utf8").replace(/\0+$/, "").replaceAll("\0", " "),
      folder: readlinkSync(`/proc/${pid}/cwd`),
      cgroup: readCgroup(pid) ?? "",
      cgroups: readFileSync(`/proc/${pid}/cgroup`, "utf8"),
    };
  } catch {
    return undefined;
  }
}

/** `Rover` and `Process` of the templates. */
export function describeProcess({ pid, path, name, commandLine, folder }: ProcessContext): TemplateContext {
  return {
    Rover: describeHost(),
    Process: {
      ExeFilePath: path,
      ExeName: name,
      CommandLine: commandLine,
      Pid: pid,
      WorkDir: folder,
      ExeNameInCommandLine: basename(commandLine.split(" ")[0] ?? ""),
    },
  };
}

export function describeHost() {
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
