import { readFileSync, readlinkSync, statSync } from "node:fs";

/** Files that a process executes: its program, and mapped libraries, as they are to be opened from here. */
export function filesOf(pid: number): string[] {
  const root = `/proc/${pid}/root`;
  const paths = new Set<string>();
  try {
    paths.add(seenFromHere(`/proc/${pid}/exe`, readlinkSync(`/proc/${pid}/exe`)));
    for (const line of readFileSync(`/proc/${pid}/maps`, "utf8").split("\n")) {
      const [, range, mode, path] = /^(\S+) (\S{4}) \S+ \S+ \d+ +(\/.*)$/.exec(line) ?? [];
      if (mode?.[2] !== "x" || path === undefined) continue;
      const mapped = `/proc/${pid}/map_files/${range}`;
      const inProcess = `${root}${path}`;
      // A library that was replaced by an update, or taken out once it was loaded, as Netty's is.
      if (path.endsWith(" (deleted)")) paths.add(mapped);
      // One that changed its root once it had loaded all, as haproxy does, has its libraries outside of it.
      else paths.add(seenFromHere(identify(inProcess) === undefined ? mapped : inProcess, path));
    }
  } catch {
    // It is gone, or may not be looked into.
  }
  return [...paths];
}

/** A path that outlives the process, where the file is the same. */
function seenFromHere(inProcess: string, path: string): string {
  const identity = identify(path);
  return identity !== undefined && identity === identify(inProcess) ? path : inProcess;
}

/** Tells files apart, under any path; undefined where there is none. */
export function identify(path: string): string | undefined {
  try {
    const { dev, ino, size, mtimeMs } = statSync(path);
    return `${dev}:${ino}:${size}:${mtimeMs}`;
  } catch {
    return undefined;
  }
}
