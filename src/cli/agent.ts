import type { Command } from "commander";
import { InvalidArgumentError } from "commander";
import { TaplineError } from "../model/index.ts";
import { giveWayAsProcess } from "../sink/give-way.ts";
import { checkProcess } from "../source/ebpf/processes/find-processes.ts";
import { describeRoverConfig } from "../source/ebpf/rover/describe-config.ts";
import { readRoverConfig } from "../source/ebpf/rover/rover-config.ts";
import { defineWatchFlags } from "./agent/watch-flags.ts";
import { type WatchFlags, watchLive } from "./agent/watch-live.ts";
import { collect } from "./flags/option-values.ts";
import { stopOnSignals } from "./process/signals.ts";

interface AgentFlags extends WatchFlags {
  config?: string;
  interface?: string;
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
    .option(
      "-c, --config <file>",
      "report access logs to SkyWalking as a configuration of Rover's says (docs/rover.md)",
    )
    .option("--show", "show what processes say, until ^C")
    .option(
      "-i, --interface <name>",
      "without the kernel's programs: packets of this interface, of which plaintext is shown",
    )
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
  defineWatchFlags(command, "--count <n>");
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
  command
    .command("check")
    .description("print the configuration of Rover's that is in force, and check it")
    .requiredOption("-c, --config <file>", "the file")
    .action(checkConfig);
}

async function checkConfig({ config }: { config: string }, command: Command): Promise<void> {
  const { nice, ...flags } = command.optsWithGlobals<{ config: string; nice: number }>();
  const path = config ?? flags.config;
  const read = await readRoverConfig(path);
  for (const line of describeRoverConfig(read)) process.stdout.write(`${line}\n`);
  process.stdout.write(`# priority: nice ${nice}, from 0 (as an equal of other processes) to 19 (--nice)\n`);
  // Files of TLS that are named are read.
  const { createOapClient } = await import("../sink/skywalking/oap-client.ts");
  createOapClient(read.backend);
}

async function runAgent(flags: AgentFlags): Promise<void> {
  if (flags.config !== undefined) {
    if (flags.show === true)
      throw new TaplineError("usage", "--show prints, and -c reports to a backend: leave out one");
    const { reportAccessLogs } = await import("./agent/report-access-logs.ts");
    return reportAccessLogs(flags.config, flags.nice);
  }
  if (flags.interface !== undefined)
    return (await import("./read/read-packets.ts")).readPackets(flags.interface, flags);
  if (flags.show !== true)
    throw new TaplineError("usage", "expected --show or -c", {
      hint: "tapline agent --show, tapline agent -c rover.yaml, or tapline run -- COMMAND",
    });
  const { pid: pids, comm: commands, port: ports, container: containers, pod: pods } = flags;
  for (const one of pids) checkProcess(one);
  giveWayAsProcess(flags.nice);
  const stopping = stopOnSignals();
  const isAll = pids.length + commands.length + containers.length + pods.length === 0;
  const watch = await watchLive(flags, { pids, commands, ports, containers, pods, all: isAll }, stopping);
  if (flags.quiet !== true) process.stderr.write(`watching, at nice ${flags.nice}; ^C ends\n`);
  await stopping.aborted;
  stopping.release();
  process.exitCode = await watch.finish();
}

function collectNumber(text: string, before: readonly number[]): number[] {
  if (!/^[1-9]\d{0,9}$/.test(text)) throw new InvalidArgumentError("Expected a number from 1 on.");
  return [...before, Number(text)];
}
