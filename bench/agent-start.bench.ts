/**
 * How long the agent's programs take to be loaded and attached (wanted: < 2 s), and to be detached (wanted: < 100 ms), with everything that
 * `agent -c` asks for: medians of seven. And how many programs of the kernel's are left of an agent that was killed (wanted: none). As root,
 * with bpftool.
 */
import { execFileSync } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { Ledger } from "../src/model/index.ts";
import { KernelPrograms } from "../src/source/ebpf/kernel-programs.ts";
import { findProgram } from "../test/support/needs.ts";
import { startProgram } from "../test/support/processes.ts";
import { MAIN } from "../test/support/tapline-main.ts";
import { median } from "./support/process-usage.ts";

const ROUNDS = 7;

if (process.getuid?.() !== 0) console.log("the kernel's programs want root");
else await measure();

async function measure(): Promise<void> {
  const started: number[] = [];
  const detached: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const before = performance.now();
    const programs = await KernelPrograms.start({ rings: 2, packets: true, timings: true });
    const attached = performance.now();
    programs.watch({ pids: [process.pid] });
    const begun = performance.now();
    programs.detach();
    detached.push(performance.now() - begun);
    started.push(attached - before);
    programs.close(new Ledger());
  }
  tell("load and attach", started, 2000);
  tell("detach", detached, 100);
  const bpftool = findProgram("bpftool") ?? findProgram("/usr/sbin/bpftool");
  if (bpftool === undefined) console.log("missing: bpftool");
  else await countLeft(bpftool);
}

function tell(what: string, millis: readonly number[], wanted: number): void {
  const all = millis.map((one) => one.toFixed(1)).join(", ");
  console.log(
    `${what}: ${median(millis).toFixed(1)} ms (${all}; wanted < ${wanted}: ${median(millis) < wanted ? "met" : "MISSED"})`,
  );
}

async function countLeft(bpftool: string): Promise<void> {
  const count = (): number =>
    (JSON.parse(execFileSync(bpftool, ["-j", "prog", "list"], { encoding: "utf8" })) as unknown[]).length;
  const before = count();
  const agent = startProgram(process.execPath, ["--disable-warning=ExperimentalWarning", MAIN, "agent", "--show"]);
  while (!agent.output().includes("watching")) await delay(20);
  const during = count();
  await agent.stop("SIGKILL");
  // The kernel lets go of them when nobody runs them any more.
  for (let waited = 0; count() > before && waited < 5000; waited += 50) await delay(50);
  console.log(`killed: ${count() - before} of ${during - before} programs are left (wanted 0)`);
}
