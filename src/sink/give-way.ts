import { readlinkSync } from "node:fs";
import { setPriority } from "node:os";
import { basename } from "node:path";

/** On Linux a thread has a priority of its own: whatever forwards traffic goes first. */
export function giveWay(): void {
  try {
    setPriority(Number(basename(readlinkSync("/proc/thread-self"))), NICE);
  } catch {
    // Elsewhere it competes as an equal, within its share of a core.
  }
}

/** In the middle between 0 and 19: it still gets on where everything else is busy. */
const NICE = 10;
