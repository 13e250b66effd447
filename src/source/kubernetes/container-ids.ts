/**
 * The ids of the containers that a process may be in, by the text of its /proc/PID/cgroup: `cri-containerd-ID.scope`, `crio-ID.scope`,
 * `docker-ID.scope`, `libpod-ID.scope`, `…:cri-containerd:ID`, or the id by itself (cgroupfs), with cgroup v1 and v2, wherever in the
 * path: a container may have groups of its own below. What only watches a container (`crio-conmon-ID.scope`) is not in it.
 */
export function findContainerIds(cgroup: string): readonly string[] {
  const found = new Set<string>();
  for (const line of cgroup.split("\n"))
    for (const part of line.split(":").slice(2).join(":").split("/").reverse()) {
      const [, before, id] = CONTAINER.exec(part) ?? [];
      if (id === undefined) continue;
      if (!before!.endsWith("conmon-")) found.add(id);
      break;
    }
  return [...found];
}

const CONTAINER = /^((?:.*[-:])?)([0-9a-f]{32,64})(?:\.scope)?$/;

/** A container's id without the name of what runs it: `containerd://`, `cri-o://`, `docker://`. */
export function bareContainerId(id: string): string {
  return id.slice(id.indexOf("://") + 1).replace(/^\/\//, "");
}
