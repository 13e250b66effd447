import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { findProgram, skipUnless } from "../support/needs.ts";
import { createNamespaces } from "../support/network-namespaces.ts";
import { startProgram } from "../support/processes.ts";
import { MAIN } from "../support/tapline-main.ts";

const skip =
  (process.getuid?.() === 0 ? false : "packets of an interface want root") || skipUnless("ip", "python3", "curl");

describe("live packets of an interface", { skip }, () => {
  for (const [name, command] of [
    ["cable", "read"],
    ["lo", "agent"],
  ] as const)
    test(`${command} -i ${name}: every exchange, once`, async (context) => {
      const net = createNamespaces(context);
      const inside = (...args: string[]): [string, string[]] => [
        findProgram("ip")!,
        ["netns", "exec", net.server, ...args],
      ];
      const server = startProgram(...inside("python3", "-m", "http.server", "--bind", "0.0.0.0", "8097"));
      context.after(() => server.stop());
      const node = [process.execPath, "--disable-warning=ExperimentalWarning", MAIN];
      const [program, args] = inside(...node, command, "-i", name, "-o", "ndjson");
      const reading = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
      let output = "";
      reading.stdout.setEncoding("utf8").on("data", (text: string) => {
        output += text;
      });
      const [from, to] = name === "lo" ? [net.server, "127.0.0.1"] : [net.client, net.serverAddress];
      const ask = (path: string): void =>
        void execFileSync(findProgram("ip")!, [
          "netns",
          "exec",
          from,
          "curl",
          "--retry",
          "30",
          "--retry-connrefused",
          "--retry-delay",
          "1",
          "-s",
          "-o",
          "/dev/null",
          `http://${to}:8097/${path}`,
        ]);
      for (let i = 0; !output.includes("/ready-"); i++) {
        assert.ok(i < 120, "nothing is read");
        await delay(500);
        if (server.child.exitCode === null) ask(`ready-${i}`);
      }
      for (let i = 0; i < 20; i++) ask(`n-${i}`);
      await delay(500);
      const ended = once(reading, "close");
      reading.kill("SIGTERM");
      assert.deepEqual(await ended, [0, null]);
      const targets = [...output.matchAll(/"target":"\/(n-\d+)"/g)].map(([, target]) => target);
      assert.deepEqual(
        targets,
        Array.from({ length: 20 }, (_, i) => `n-${i}`),
      );
    });
});
