import type { Command } from "commander";
import { InvalidArgumentError } from "commander";
import { TaplineError } from "../model/index.ts";
import { defineWatchFlags } from "./agent/watch-flags.ts";
import { type WatchFlags, watchLive } from "./agent/watch-live.ts";
import { collect } from "./option-values.ts";
import { stopOnSignals } from "./signals.ts";

interface AgentFlags extends WatchFlags {
  show?: true;
  pid: number[];
  comm: string[];
  port: number[];
  container: string[];
  pod: string[];
}

/** `tapline agent`: watches the sockets of processes by the kernel's programs. */
export function define(command: Command): void {
  command
    .option("--show", "show what processes say, until ^C")
    .option("--pid <pid>", "this process and those that it starts; may be repeated", collectNumber, [])
    .option("--comm <command>", "processes that run this command; may be repeated", collect, [])
    .option("--port <port>", "only connections with this port at one end; may be repeated", collectNumber, [])
    .option(
      "--container <id>",
      "the processes of this container (the beginning of its id); may be repeated",
      collect,
      [],
    )
    .option("--pod <name>", "the processes of this pod; may be repeated", collect, []);
  defineWatchFlags(command);
  command
    .addHelpText(
      "after",
      `
Without --pid, --comm, --container or --pod every process is watched, but this one. What the kernel must allow: docs/agent.md.

Examples:
  sudo tapline agent --show --comm nginx
  sudo tapline agent --show --port 6379 -vv
  sudo tapline agent --show --pid 4711 -w seen.pcapng`,
    )
    .action(runAgent);
}

async function runAgent(flags: AgentFlags): Promise<void> {
  if (flags.show !== true)
    throw new TaplineError("usage", "expected --show", { hint: "tapline agent --show, or tapline run -- COMMAND" });
  const { pid: pids, comm: commands, port: ports, container: containers, pod: pods } = flags;
  const stopping = stopOnSignals();
  const isAll = pids.length + commands.length + containers.length + pods.length === 0;
  const watch = await watchLive(flags, { pids, commands, ports, containers, pods, all: isAll }, stopping);
  if (flags.quiet !== true) process.stderr.write("watching; ^C ends\n");
  await new Promise<void>((resolve) => {
    if (stopping.signal.aborted) resolve();
    const keepAlive = setInterval(() => {}, 60_000);
    stopping.signal.addEventListener("abort", () => {
      clearInterval(keepAlive);
      resolve();
    });
  });
  stopping.release();
  process.exitCode = await watch.finish();
}

function collectNumber(text: string, before: readonly number[]): number[] {
  if (!/^[1-9]\d{0,9}$/.test(text)) throw new InvalidArgumentError("Expected a number from 1 on.");
  return [...before, Number(text)];
}
