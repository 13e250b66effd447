import { type FlowEvent, Ledger, MemoryBudget, type SocketObserver, TaplineError } from "../../model/index.ts";
import { type LivePacketFile, openLivePacketFile } from "../../sink/capture-file/live-packet-file.ts";
import { refuseInputs } from "../../sink/capture-file/refuse-inputs.ts";
import { openTraceFile, type TraceFile } from "../../sink/capture-file/trace-file.ts";
import { KernelAgent } from "../../source/ebpf/kernel-agent.ts";
import type { Selection } from "../../source/ebpf/kernel-programs.ts";
import { describeLostByCpu } from "../../source/ebpf/loader/counters.ts";
import type { ProcessRules } from "../../source/ebpf/processes/find-processes.ts";
import { ProcessTable } from "../../source/ebpf/processes/process-table.ts";
import { ProcessWatch } from "../../source/ebpf/processes/process-watch.ts";
import { KeyLog } from "../../wire/tls/key-log.ts";
import { chooseWritten } from "../flags/choose-format.ts";
import { type KeepFlags, loadKeeping } from "../flags/keep-flags.ts";
import { namedFiles } from "../flags/named-files.ts";
import { createPublishing, deadlineOf, type PublishFlags, withPublishedBodies } from "../flags/publish-flags.ts";
import { loadSending } from "../flags/send-flags.ts";
import { LastWords } from "../last-words.ts";
import type { Stopping } from "../process/signals.ts";
import { createPipeline } from "../read/create-pipeline.ts";
import { loadFilterLanguage } from "../read/filter-language.ts";
import { createLiveView } from "../read/live-view.ts";
import type { ReadFlags } from "../read/read-flags.ts";
import { parseLimits } from "../read/read-limits.ts";

/** Flags of the commands that show what processes say. */
export interface WatchFlags extends ReadFlags, PublishFlags, KeepFlags {
  write?: string;
  writeFormat?: string;
  messageBytes: number;
  packets?: true;
  ring: number;
  nice: number;
}

export interface LiveWatch {
  readonly agent: KernelAgent;
  readonly processes: ProcessWatch;
  readonly keyLog: KeyLog;
  /** Stops watching, shows the rest, and gives the exit code of what was seen. */
  finish(): Promise<number>;
  /** Stops watching, and takes files back that are not whole: for an end that is none. */
  abandon(): void;
}

/**
 * Shows exchanges of processes as they come, and writes them to a file where one is named.
 * @throws TaplineError where flags are wrong, or the kernel does not let itself be watched
 */
export async function watchLive(
  flags: WatchFlags,
  selection: Selection & ProcessRules,
  stopping: Stopping,
): Promise<LiveWatch> {
  const language = await loadFilterLanguage(flags);
  const send = await loadSending(flags);
  const keeping = await loadKeeping(flags);
  const ledger = new Ledger();
  const budget = new MemoryBudget(flags.memory * 1024 * 1024 + (keeping?.bytes ?? 0));
  const publishing = await createPublishing(flags, { ledger, budget, mode: "live" });
  const words = new LastWords({ ledger, quiet: flags.quiet, budgets: [budget], books: "used" });
  const keyLog = new KeyLog();
  const view = createLiveView(flags, stopping);
  const files = openFiles(flags, ledger);
  const dropFiles = (): void => {
    files.packets?.abandon();
    files.exchanges?.abandon();
  };
  let agent: KernelAgent | undefined;
  let watch: ProcessWatch | undefined;
  // This process would live on as long as anything watches.
  const abandon = (): void => {
    watch?.close();
    agent?.close();
    dropFiles();
  };
  try {
    const pipeline = createPipeline(flags, {
      ledger,
      budget,
      limits: withPublishedBodies(parseLimits(flags.limit), publishing).analysis,
      language,
      keyLog,
      secretsMayCome: true,
      ...view.options,
      outputs: [
        files.exchanges?.exchanges,
        send?.({ ledger, budget, mode: "live" }),
        publishing?.output,
        keeping?.createOutput({ ledger, budget }),
      ].filter((output) => output !== undefined),
    });
    const flush = flushOneByOne(async () => {
      await pipeline.flush();
      await files.packets?.flush();
      await files.exchanges?.flush();
    });
    const observer: SocketObserver =
      files.packets === undefined
        ? pipeline
        : {
            observe(event) {
              files.packets!.observe(event);
              pipeline.observe(event);
            },
          };
    const started = await KernelAgent.start({
      observer,
      ledger,
      budget,
      processes: new ProcessTable(),
      ringBytes: flags.ring,
      messageBytes: flags.messageBytes,
      ...(flags.packets === true && {
        onFlow: (event: FlowEvent) => pipeline.flow(event),
        onMissing: (problem: string) => words.note(problem, "probe"),
      }),
      onLost: (event) => pipeline.flow(event),
      onProcess: (event) => watch?.onProcess(event),
      onBatch: () => void flush(),
    });
    agent = started;
    const processes = new ProcessWatch(started.programs, selection, (text) => words.note(text, "process"));
    watch = processes;
    processes.begin();
    return {
      agent: started,
      processes,
      keyLog,
      abandon,
      async finish() {
        processes.close();
        started.close();
        const lost = describeLostByCpu(started.lost);
        if (lost !== undefined) words.note(lost, "ring");
        await flush();
        await pipeline.close(deadlineOf(publishing));
        if (view.refusal !== undefined) {
          dropFiles();
          throw view.refusal;
        }
        await files.packets?.finish();
        await files.exchanges?.finish();
        if (flags.failEmpty === true && pipeline.shown === 0) words.endWith("nothingMatched");
        if (stopping.by === "SIGINT") words.endWith("interrupted");
        try {
          publishing?.finish();
        } catch (error) {
          words.problem(error);
        }
        return words.finish(pipeline);
      },
    };
  } catch (error) {
    abandon();
    throw error;
  }
}

function openFiles(flags: WatchFlags, ledger: Ledger): { packets?: LivePacketFile; exchanges?: TraceFile } {
  const written = chooseWritten(flags);
  if (written === undefined) return {};
  const { path, format } = written;
  refuseInputs(path, namedFiles(flags));
  if (format.kind === "packets") return { packets: openLivePacketFile(path, format, ledger) };
  if (format.kind === "exchanges") return { exchanges: openTraceFile(path, format, ledger) };
  throw new TaplineError("usage", `sockets have no ${format.name}: traces are of proxies`, {
    hint: "write .pcapng, .pcap, .har or .ndjson",
  });
}

/** One after the other: while one is under way, a further one waits for it and then runs once. */
function flushOneByOne(flush: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  let again = false;
  const run = async (): Promise<void> => {
    do {
      again = false;
      await flush();
    } while (again);
    running = undefined;
  };
  return () => {
    if (running !== undefined) again = true;
    running ??= run();
    return running;
  };
}
