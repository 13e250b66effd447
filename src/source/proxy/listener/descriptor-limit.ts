import { readFileSync } from "node:fs";
import type { Socket } from "node:net";
import { descriptorOf } from "../../dial/descriptor.ts";

/** Descriptors kept free for upstream connections and trace files: an eighth of the limit, at most this many. */
const MAX_RESERVED_DESCRIPTORS = 256;

/**
 * Tells when the process is about to run out of file descriptors. Without that, libuv closes what it cannot accept without a
 * word, and connections that were accepted find no descriptor for their upstream side.
 *
 * A new descriptor has the lowest free number, so the number of an accepted socket says how many are in use.
 */
export class DescriptorLimit {
  /** Descriptors from here on are kept free; infinite where the limit is not known. */
  readonly highest: number;

  /** @param limit how many descriptors the process may have; by default what Linux says */
  constructor(limit = readDescriptorLimit()) {
    this.highest = limit - Math.min(MAX_RESERVED_DESCRIPTORS, Math.floor(limit / 8));
  }

  isReachedBy(accepted: Socket): boolean {
    return descriptorOf(accepted) >= this.highest;
  }
}

function readDescriptorLimit(): number {
  try {
    const limits = readFileSync("/proc/self/limits", "utf8");
    return Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? Number.POSITIVE_INFINITY);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
