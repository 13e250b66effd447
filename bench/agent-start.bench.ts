/**
 * How long the agent's programs take to be loaded and attached (wanted: < 2 s), and to be detached (wanted: < 100 ms), with everything that
 * `agent -c` asks for: medians of seven. And how many programs of the kernel's are left of an agent that was killed (wanted: none). As root.
 */
import { setTimeout as delay } from "node:timers/promises";
import { Ledger } from "../src/model/index.ts";
import { KernelPrograms } from "../src/source/ebpf/kernel-programs.ts";
import { findLeft, heldPrograms } from "../test/support/bpf-programs.ts";
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
  await countLeft();
}

function tell(what: string, millis: readonly number[], wanted: number): void {
  const all = millis.map((one) => one.toFixed(1)).join(", ");
  console.log(
    `${what}: ${median(millis).toFixed(1)} ms (${all}; wanted < ${wanted}: ${median(millis) < wanted ? "met" : "MISSED"})`,
  );
}

async function countLeft(): Promise<void> {
  const agent = startProgram(process.execPath, ["--disable-warning=ExperimentalWarning", MAIN, "agent", "--show"]);
  while (!agent.output().includes("watching")) await delay(20);
  const held = heldPrograms(agent.child.pid!);
  await agent.stop("SIGKILL");
  const killed = performance.now();
  // The kernel lets go of them when nobody runs them any more.
  let left = await findLeft(held);
  while (left.length > 0 && performance.now() - killed < 5000) {
    await delay(10);
    left = await findLeft(held);
  }
  const took = (performance.now() - killed).toFixed(0);
  const all = held.programs.length + held.links.length;
  console.log(`killed: ${left.length} of ${all} programs and links are left after ${took} ms (wanted 0)`);
}
