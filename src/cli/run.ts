import type { Command } from "commander";
import { giveWayAsProcess } from "../sink/give-way.ts";
import { KeyLogPipe } from "../source/ebpf/processes/key-log-pipe.ts";
import { checkCommand, findCommandUser, startCommand } from "../source/ebpf/processes/run-command.ts";
import { defineWatchFlags } from "./agent/watch-flags.ts";
import { type WatchFlags, watchLive } from "./agent/watch-live.ts";
import { handleSignals, type Stopping, whenAborted } from "./process/signals.ts";

type RunFlags = WatchFlags & { user?: string };

/** `tapline run -- CMD`: runs a command and shows what it and its children say on the network. */
export function define(command: Command): void {
  command
    .argument("<command>", "what to run; put -- before it")
    .argument("[args...]", "its arguments")
    .option("--user <name>", "run it as this user (default: who called sudo)");
  defineWatchFlags(command);
  command
    .passThroughOptions()
    .addHelpText(
      "after",
      `
Exchanges go to stdout as they come, beside what the command prints; with -o json, ndjson or har the command's own output goes to
stderr. Ends with the command's exit code. What the kernel must allow: docs/agent.md.

Examples:
  sudo tapline run -- curl https://example.com/
  sudo tapline run -Y 5xx -vv -- npm test
  sudo tapline run -w all.pcapng -- python3 client.py`,
    )
    .action(runCommand);
}

async function runCommand(name: string, args: string[], flags: RunFlags): Promise<void> {
  const user = findCommandUser(flags.user);
  checkCommand(name);
  const stopping = createStopping();
  const watch = await watchLive(flags, {}, stopping);
  let keys: KeyLogPipe | undefined;
  let code: number;
  try {
    keys = KeyLogPipe.open(user, (bytes) => watch.keyLog.push(bytes));
    const child = startCommand(name, args, {
      user,
      outputToStderr: flags.output !== "table",
      environment: keys === undefined ? {} : { SSLKEYLOGFILE: keys.path },
    });
    // The command does not.
    giveWayAsProcess(flags.nice);
    // ^C goes to the command, too: it decides what becomes of it.
    const release = handleSignals({ drain: () => child.signal("SIGTERM"), stop: () => {} });
    watch.agent.watch({ pids: [child.pid] });
    watch.processes.prepare(name);
    child.release();
    code = await child.exited;
    release();
  } catch (error) {
    watch.abandon();
    throw error;
  } finally {
    keys?.close();
  }
  await watch.finish();
  process.exitCode = code;
}

/** Enough exchanges (-c) do not end the command. */
function createStopping(): Stopping {
  const controller = new AbortController();
  const { signal } = controller;
  return {
    signal,
    get aborted() {
      return whenAborted(signal);
    },
    by: undefined,
    active() {},
    stop: () => controller.abort(),
    release() {},
  };
}
