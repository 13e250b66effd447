import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, test } from "node:test";
import type { Finding } from "../../src/source/ebpf/doctor/examine.ts";
import type { ProcessTls } from "../../src/source/ebpf/doctor/examine-processes.ts";
import { skipUnless } from "../support/needs.ts";
import { MAIN } from "../support/tapline-main.ts";
import { skipWithoutKernel } from "./support/kernel.ts";

const skip = (await skipWithoutKernel()) || skipUnless("setpriv", "curl");

describe("doctor", { skip }, () => {
  for (const [capabilities, sockets, tls] of [
    ["-all", false, false],
    ["+bpf", false, false],
    ["+perfmon", false, false],
    ["+bpf,+perfmon", true, false],
    ["+sys_admin", true, true],
    ["+bpf,+perfmon,+sys_admin,+sys_ptrace", true, true],
  ] as const)
    test(`says what ${capabilities} allow`, async () => {
      const { code, stdout } = await run(capabilities, ["doctor", "-o", "json", "--pid", String(process.pid)]);
      const { findings, processes } = JSON.parse(stdout) as { findings: Finding[]; processes: ProcessTls[] };
      const works = (group: Finding["group"], what: RegExp) =>
        findings.find((one) => one.group === group && what.test(one.what))?.works;
      assert.equal(code, sockets ? 0 : 1);
      assert.equal(works("privileges", /^sockets/), sockets);
      assert.equal(works("privileges", /^TLS/), tls);
      assert.equal(works("sockets", /the programs load/), sockets);
      if (sockets) {
        assert.equal(works("sockets", /sys_exit/), true);
        assert.equal(works("tls", /^uprobes/), tls);
      }
      for (const { works, remedy } of findings) assert.equal(remedy !== undefined, !works);
      // Another user's process may be looked into only with CAP_SYS_PTRACE.
      assert.equal(
        processes.some(({ seen }) => /^openssl /.test(seen[0] ?? "")),
        capabilities.includes("ptrace"),
      );
    });

  test("what it says of sockets without root is so", async (context) => {
    const server = createServer((_, response) => response.end("1")).listen(0, "127.0.0.1");
    context.after(() => server.close());
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const command = ["run", "-o", "ndjson", "--", "curl", "-s", `http://127.0.0.1:${port}/without-root`];
    const { code, stdout } = await run("+bpf,+perfmon", command);
    assert.equal(code, 0);
    assert.match(stdout, /"target":"\/without-root"/);
  });
});

/** Runs a command of Tapline's as nobody, with these capabilities. */
function run(capabilities: string, args: readonly string[]): Promise<{ code: number; stdout: string }> {
  const user = ["--reuid", "65534", "--regid", "65534", "--clear-groups"];
  const privileges = ["--inh-caps", capabilities, "--ambient-caps", capabilities];
  return new Promise((resolve) => {
    const command = [...user, ...privileges, process.execPath, "--disable-warning=ExperimentalWarning", MAIN, ...args];
    const child = execFile("setpriv", command, { maxBuffer: 1e8 }, (_error, stdout) =>
      resolve({ code: child.exitCode ?? -1, stdout }),
    );
  });
}
