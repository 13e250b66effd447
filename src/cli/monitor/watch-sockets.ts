import { basename, dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type TaplineError, timestampFromMillis } from "../../model/index.ts";
import type { MonitorOutput } from "../../sink/flow/monitor-output.ts";
import { DEFAULT_AGENT_SOCKET, readAgentVersion } from "../../source/cilium-monitor/agent-api.ts";
import type { MonitorReader } from "../../source/cilium-monitor/monitor-reader.ts";
import {
  connectMonitor,
  DEFAULT_MONITOR_SOCKET,
  readMonitorSocket,
} from "../../source/cilium-monitor/monitor-socket.ts";
import type { FlowOrigin } from "../../wire/cilium/index.ts";
import type { Stopping } from "../process/signals.ts";
import type { EventLedger } from "./event-ledger.ts";
import type { MonitorFlags } from "./monitor-flags.ts";
import type { MonitorMessages } from "./monitor-messages.ts";

export interface WatchOptions {
  readonly flags: MonitorFlags;
  readonly messages: MonitorMessages;
  readonly ledger: EventLedger;
  readonly readerFor: (origin: () => FlowOrigin, agentVersion?: string, looksAhead?: boolean) => MonitorReader;
  readonly output: MonitorOutput;
  readonly stopping: Stopping;
}

interface Watched {
  readonly paths: readonly string[];
  readonly node: string | undefined;
}

/** Reads every socket until it is told to stop; a connection that ends is made again. */
export async function watchSockets(options: WatchOptions): Promise<void> {
  const { stopping } = options;
  const sockets = socketsOf(options.flags);
  await Promise.all(
    sockets.map((watched) =>
      watchSocket(watched, options, sockets.length === 1, stopping.signal).catch((error) => {
        stopping.stop();
        throw error;
      }),
    ),
  );
}

/**
 * The sockets that were named, else the default one. Under --compat the default comes after the named one, as Cilium tries
 * them: a misspelt path would watch another agent.
 */
function socketsOf(flags: MonitorFlags): Watched[] {
  const asked = flags.monitorSocket.length > 0 ? flags.monitorSocket : [process.env["CILIUM_MONITOR_SOCK"] ?? ""];
  if (flags.compat === true || asked.length === 1) {
    const { path, node } = splitNode(asked.at(-1)!);
    const paths = path === "" ? [] : [path];
    const isTried = node === undefined && (flags.compat === true || path === "");
    return [{ paths: isTried ? [...paths, DEFAULT_MONITOR_SOCKET] : paths, node }];
  }
  return asked.map((text) => {
    const { path, node } = splitNode(text);
    return { paths: [path], node: node ?? path };
  });
}

/** Where the API is of the agent whose monitor socket this is. */
function agentSocketBeside(path: string, { agentApi }: MonitorFlags): string {
  return typeof agentApi === "string" ? agentApi : join(dirname(path), basename(DEFAULT_AGENT_SOCKET));
}

function splitNode(text: string): { path: string; node: string | undefined } {
  const match = /^([^/=]+)=(.+)$/.exec(text);
  return match === null ? { path: text, node: undefined } : { path: match[2]!, node: match[1]! };
}

async function watchSocket(
  { paths, node }: Watched,
  options: WatchOptions,
  isOnly: boolean,
  signal: AbortSignal,
): Promise<void> {
  const { flags, messages, ledger, readerFor, output } = options;
  for (let isFirst = true; !signal.aborted; isFirst = false) {
    const socket = await connectMonitor(paths, signal).catch((error: TaplineError) => {
      if (signal.aborted) return undefined;
      if (flags.compat !== true) {
        if (isFirst && isOnly) throw error;
        // One that was there before restarts.
        if (isFirst) messages.cannotConnectYet(error.message);
        return null;
      }
      messages.cannotConnect(error.message);
      return undefined;
    });
    if (socket === undefined) return;
    if (socket !== null) {
      const agentVersion =
        flags.dialect === "auto" ? await readAgentVersion(agentSocketBeside(paths[0]!, flags)) : undefined;
      const reader = readerFor(
        () => ({ time: timestampFromMillis(Date.now()), ...(node === undefined ? {} : { node }) }),
        agentVersion,
      );
      let error: string | undefined;
      for await (const chunk of readMonitorSocket(socket, signal)) {
        error = reader.push(chunk);
        await output.whenReady();
        if (error !== undefined) break;
      }
      await output.flush();
      if (signal.aborted) return;
      error ??= reader.finish() ?? "EOF";
      if (error !== "EOF") ledger.endStream(error);
      if (error !== "EOF" && error !== "unexpected EOF" && flags.compat === true) {
        messages.decodingError(error);
        return;
      }
      messages.connectionClosed(paths[0]!, error);
    }
    await delay(flags.retry * 1000, undefined, { signal }).catch(() => {});
  }
}
