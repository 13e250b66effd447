import type { Command } from "commander";
import { Ledger } from "../model/index.ts";
import { refuseInputs } from "../sink/capture-file/refuse-inputs.ts";
import { GatheredOutput } from "../sink/terminal/gathered-output.ts";
import { createStyle, wantsColour } from "../sink/terminal/style.ts";
import { ReplayEvents } from "../sink/wasm-replay/replay-events.ts";
import { ReplayOutput } from "../sink/wasm-replay/replay-output.ts";
import { ReplaySink } from "../sink/wasm-replay/replay-sink.ts";
import { isPipe, listFiles } from "../source/capture-file/index.ts";
import { HttpCalls } from "../source/wasm-calls/http-calls.ts";
import { readWholeFile } from "../source/whole-file.ts";
import {
  createServices,
  type FilterModule,
  type HostServices,
  loadFilter,
  Metrics,
  Plugin,
} from "../wasm-host/index.ts";
import { createRedactor } from "./flags/create-redactor.ts";
import { namedFiles } from "./flags/named-files.ts";
import { LastWords } from "./last-words.ts";
import { stopOnSignals } from "./process/signals.ts";
import { loadFilterLanguage } from "./read/filter-language.ts";
import { readExchanges } from "./read/read-exchanges.ts";
import { defineWasmFlags, readClusters, readConfiguration, type WasmFlags } from "./wasm/wasm-flags.ts";

/** `tapline wasm`: runs a proxy-wasm filter over recorded exchanges, and shows what it would do. */
export function define(command: Command): void {
  defineWasmFlags(command);
  command.action(runWasm);
}

async function runWasm(file: string, flags: WasmFlags): Promise<void> {
  refuseInputs("-", [file, ...listFiles(flags.replay), ...namedFiles(flags)]);
  const out = GatheredOutput.to(process.stdout);
  const events = new ReplayEvents();
  const metrics = new Metrics();
  const output = new ReplayOutput({
    format: flags.output,
    style: createStyle(wantsColour(process.stdout, process.env, flags.color)),
    redactor: createRedactor(flags),
    events,
    write: out.write,
  });
  const calls = new HttpCalls(readClusters(flags.cluster), events.call);
  const filter = await loadFilter(readWholeFile(file), file);
  const services = createServices({ calls, metrics, log: events.log, micros: readThreadMicros });
  const plugin = await startPlugin(filter, services, flags).catch(async (error: unknown) => {
    output.refused();
    await out.flush();
    throw error;
  });
  const stopping = stopOnSignals({ lingers: flags.replay.some(isPipe) });
  const ledger = new Ledger();
  const words = new LastWords({ ledger, quiet: flags.quiet });
  try {
    output.started(filter, plugin);
    const options = { partBytes: flags.part, patienceMillis: flags.patience };
    const language = await loadFilterLanguage({ ...flags, field: [] });
    const seen = await readExchanges(flags.replay, {
      ledger,
      memory: flags.memory * 1024 * 1024,
      filter:
        flags.filter === undefined
          ? undefined
          : language!.compileFilter(flags.filter, {
              name: "-Y",
              onFailure: language!.bookFailures(ledger, "-Y", (message) => words.note(message)),
            }),
      count: flags.count,
      sink: new ReplaySink(plugin, ledger.book("replayed"), options, output.replayed),
      stopping,
      words,
      drained: () => out.flush(),
    });
    output.ended(plugin, metrics);
    await out.flush();
    if (plugin.failures > 0) words.problem(new Error(`the filter failed ${plugin.failures} times`));
    if (stopping.by === "SIGINT") words.endWith("interrupted");
    process.exitCode = words.finish(flags.replay.length === 0 ? undefined : seen);
  } finally {
    stopping.release();
    plugin.close();
    plugin.machine.stop();
    calls.close();
  }
}

async function startPlugin(filter: FilterModule, services: HostServices, flags: WasmFlags): Promise<Plugin> {
  return new Plugin(filter, services, {
    configuration: readConfiguration(flags.config),
    vmConfiguration: readConfiguration(flags.vmConfig),
    rootId: flags.rootId,
    failure: flags.failOpen === true ? "open" : "closed",
  });
}

/** The time that this thread has computed: what others do on the machine does not count. */
function readThreadMicros(): number {
  const { user, system } = process.threadCpuUsage();
  return user + system;
}
