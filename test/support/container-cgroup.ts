import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Where groups are made: that of cgroup v2, and one hierarchy of v1 where there is any. */
export const CGROUPS = {
  v2: existsSync("/sys/fs/cgroup/unified/cgroup.procs") ? "/sys/fs/cgroup/unified" : "/sys/fs/cgroup",
  v1: "/sys/fs/cgroup/pids",
} as const;

/** A control group of the test's own, as a container runtime would make one. */
export interface ContainerCgroup {
  /** The command that puts a shell into it. */
  readonly enter: string;
  /** Takes it back, with the groups above it that are empty then. What was in it must have ended. */
  remove(): void;
}

/** @param path below the hierarchy: kubepods.slice/…/cri-containerd-ID.scope */
export function makeContainerCgroup(version: keyof typeof CGROUPS, path: string): ContainerCgroup {
  const root = CGROUPS[version];
  const folder = join(root, path);
  mkdirSync(folder, { recursive: true });
  return {
    enter: `echo $$ > ${folder}/cgroup.procs`,
    remove() {
      for (let at = folder; at !== root; at = dirname(at))
        try {
          rmdirSync(at);
        } catch {
          return;
        }
    },
  };
}

/** Why no groups can be made; false where they can. */
export function whyNoCgroups(): string | false {
  for (const root of Object.values(CGROUPS)) {
    const folder = join(root, `tapline-${process.pid}`);
    try {
      mkdirSync(folder);
      writeFileSync(join(folder, "cgroup.procs"), "");
    } catch (error) {
      if (!existsSync(folder)) return `no group can be made in ${root}: ${(error as Error).message}`;
    }
    const hasProcs = existsSync(join(folder, "cgroup.procs"));
    rmdirSync(folder);
    if (!hasProcs) return `${root} is no hierarchy of groups: ${readFileSync("/proc/self/cgroup", "utf8")}`;
  }
  return false;
}
