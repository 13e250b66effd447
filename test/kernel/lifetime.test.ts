import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { Ledger, MemoryBudget } from "../../src/model/index.ts";
import { KernelAgent } from "../../src/source/ebpf/kernel-agent.ts";
import { ProcessTable } from "../../src/source/ebpf/processes/process-table.ts";
import { ProcessWatch } from "../../src/source/ebpf/processes/process-watch.ts";
import { findLeft, heldPrograms } from "../support/bpf-programs.ts";
import { startProgram } from "../support/processes.ts";
import { MAIN } from "../support/tapline-main.ts";
import { makeTemporaryFolder } from "../support/temporary-folder.ts";
import { skipWithoutKernel } from "./support/kernel.ts";

const skip = await skipWithoutKernel();

describe("the kernel's programs when their process ends", { skip }, () => {
  test("processes that are told of after the end are not looked into", async () => {
    const [ledger, budget] = [new Ledger(), new MemoryBudget(1e6)];
    const agent = await KernelAgent.start({
      observer: { observe() {} },
      ledger,
      budget,
      processes: new ProcessTable(),
    });
    const problems: string[] = [];
    const watch = new ProcessWatch(agent.programs, {}, (problem) => problems.push(problem));
    watch.begin();
    watch.onProcess({ kind: "exec", pid: process.pid, command: "node" });
    watch.close();
    agent.close();
    watch.onProcess({ kind: "exec", pid: process.pid, command: "node" });
    const attached = agent.object.attachments;
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    assert.deepEqual([agent.object.attachments, problems], [attached, []]);
  });

  for (const [what, args, ready] of [
    ["agent --show", ["--show", "--packets", "--comm", "tapline-no-such"], "watching"],
    ["agent -c, three analyzers", ["-c", "CONFIG"], '"msg":"watching"'],
  ] as const)
    for (const [signal, code] of [
      ["SIGKILL", null],
      ["SIGTERM", 0],
    ] as const)
      test(`${what}, ${signal}: none is left, and none is attached`, async (context) => {
        const folder = makeTemporaryFolder();
        context.after(() => folder.remove());
        const config = join(folder.path, "rover.yaml");
        writeFileSync(config, CONFIG);
        const agent = startProgram(process.execPath, [
          "--disable-warning=ExperimentalWarning",
          MAIN,
          "agent",
          ...args.map((one) => (one === "CONFIG" ? config : one)),
        ]);
        context.after(() => agent.stop("SIGKILL"));
        for (let waited = 0; !agent.output().includes(ready); waited += 50) {
          assert.ok(waited < 180_000 && agent.child.exitCode === null, agent.output());
          await delay(50);
        }
        const held = heldPrograms(agent.child.pid!);
        assert.ok(held.programs.length >= 4 && held.links.length >= 4, JSON.stringify(held));
        assert.equal((await findLeft(held)).length, held.programs.length + held.links.length);
        assert.equal(await agent.stop(signal), code, agent.output());
        // The kernel lets go of a program when no processor is in it any more.
        let left: string[] = [];
        for (let waited = 0; waited < 30_000; waited += 50) {
          left = await findLeft(held);
          if (left.length === 0) return;
          await delay(50);
        }
        assert.deepEqual(left, []);
      });
});

const CONFIG = `
core: { backend: { addr: "127.0.0.1:1" } }
access_log: { active: true, protocol_analyze: { analyze_parallels: 3 } }
process_discovery: { rules: [ { command: tapline-no-such, service_name: none } ] }
`;
