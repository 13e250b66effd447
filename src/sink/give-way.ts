import { readdirSync, readlinkSync } from "node:fs";
import { getPriority, setPriority } from "node:os";
import { basename } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/** On Linux a thread has a priority of its own: whatever forwards traffic goes first. */
export function giveWay(): void {
  try {
    giveWayBy(Number(basename(readlinkSync("/proc/thread-self"))), NICE);
  } catch {
    // Elsewhere it competes as an equal, within its share of a core.
  }
}

/**
 * The whole process gives way: its threads, and those and the processes that it starts from now on. For what only looks on.
 * @param nice how much, from 0 (not at all) to 19; never less than it does already
 */
export function giveWayAsProcess(nice: number): void {
  try {
    for (const thread of readdirSync("/proc/self/task")) giveWayBy(Number(thread), nice);
  } catch {
    // There is no such folder elsewhere.
  }
}

function giveWayBy(thread: number, nice: number): void {
  try {
    if (getPriority(thread) < nice) setPriority(thread, nice);
  } catch {
    // It has ended meanwhile.
  }
}

/**
 * For long work of such a thread, cut into pieces: what it returns waits four times as long as the piece before it took, a tenth of a second
 * at most. A priority alone holds nothing back: writing to a file is the kernel's work, which no other thread interrupts.
 */
export function restAfterWork(): () => Promise<void> {
  let since = performance.now();
  return async () => {
    await delay(Math.min(MAX_REST, 4 * (performance.now() - since)));
    since = performance.now();
  };
}

const MAX_REST = 100;

/** In the middle between 0 and 19: it still gets on where everything else is busy. */
const NICE = 10;
