import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { listChildren } from "./process-usage.ts";

export interface ProgramUsage {
  /** User and system, of the program and all its threads, as the shell counts them. */
  readonly cpuSeconds: number;
  /** `VmHWM`, in MB (10^6 bytes), as last seen: it is looked at every 10 ms. */
  readonly peakMegabytes: number;
  readonly exitCode: number;
  /** The last lines of what it said. */
  readonly messages: string;
}

/** Programs that run longer are ended: a benchmark that never ends tells nothing. */
const MOST_SECONDS = 1200;

/** Runs a program to its end and says what it cost. @param output the file that gets what it prints */
export async function measureProgram(
  program: string,
  args: readonly string[],
  output = "/dev/null",
): Promise<ProgramUsage> {
  const script = 'out=$1; shift; TIMEFORMAT="usage %U %S"; time "$@" > "$out"';
  const shell = spawn("bash", ["-c", script, "bash", output, program, ...args], {
    stdio: ["ignore", "ignore", "pipe"],
    detached: true,
  });
  const overtime = setTimeout(() => process.kill(-shell.pid!, "SIGKILL"), MOST_SECONDS * 1000);
  let text = "";
  shell.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    text = (text + chunk).slice(-10_000);
  });
  let peakMegabytes = 0;
  const timer = setInterval(() => {
    peakMegabytes = Math.max(peakMegabytes, readPeak(shell));
  }, 10);
  const [exitCode] = (await once(shell, "close")) as [number];
  clearInterval(timer);
  clearTimeout(overtime);
  const used = /usage (\S+) (\S+)\s*$/.exec(text);
  if (used === null) throw new Error(`${program} ${args[0] ?? ""} was ended after ${MOST_SECONDS} s`);
  const [, user, system] = used;
  return {
    cpuSeconds: Number(user) + Number(system),
    peakMegabytes,
    exitCode,
    messages: text.replace(/usage .*\s*$/, "").trim(),
  };
}

function readPeak({ pid }: ChildProcess): number {
  try {
    const [child] = listChildren(pid!);
    if (child === undefined) return 0;
    const kibibytes = /^VmHWM:\s*(\d+)/m.exec(readFileSync(`/proc/${child}/status`, "utf8"))?.[1] ?? 0;
    return (Number(kibibytes) * 1024) / 1e6;
  } catch {
    return 0; // It has just ended.
  }
}
