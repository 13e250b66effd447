import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** How long names are kept: as long as Cilium keeps them. */
const REFRESH_MILLIS = 15_000;

/** The names of this machine's network interfaces by index, read again every 15 seconds when one is asked for. */
export function createLinkNames(folder = "/sys/class/net"): (index: number) => string | undefined {
  let names = new Map<number, string>();
  let read = Number.NEGATIVE_INFINITY;
  return (index) => {
    const now = performance.now();
    if (now - read > REFRESH_MILLIS) {
      names = readLinks(folder);
      read = now;
    }
    return names.get(index);
  };
}

function readLinks(folder: string): Map<number, string> {
  const names = new Map<number, string>();
  try {
    for (const name of readdirSync(folder)) {
      const index = Number(readFileSync(join(folder, name, "ifindex"), "latin1"));
      if (Number.isInteger(index)) names.set(index, name);
    }
  } catch {
    // Without /sys there are no names, and the numbers are printed.
  }
  return names;
}
