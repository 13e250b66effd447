import { statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { startProgram } from "./processes.ts";

/**
 * Has tcpdump record what passes on loopback while `action` runs.
 * @param filter tcpdump's
 * @returns the capture's path, in `folder`
 */
export async function recordLoopback(folder: string, filter: string, action: () => Promise<void>): Promise<string> {
  const path = join(folder, "recorded.pcap");
  const tcpdump = startProgram("tcpdump", [
    "-i",
    "lo",
    "-s",
    "0",
    "-B",
    "65536",
    "-U",
    "--immediate-mode",
    "-w",
    path,
    filter,
  ]);
  await until(() => tcpdump.output().includes("listening on"));
  try {
    await action();
  } finally {
    // The last packets are in the file once it has stopped growing.
    let size = -1;
    await until(() => {
      const before = size;
      size = statSync(path).size;
      return size === before;
    }, 1500);
    await tcpdump.stop("SIGINT");
  }
  return path;
}

async function until(condition: () => boolean, millis = 50): Promise<void> {
  for (let attempt = 0; attempt < 600; attempt++) {
    if (condition()) return;
    await delay(millis);
  }
  throw new Error("waited too long");
}
