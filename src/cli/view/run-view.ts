import { decodeContent } from "../../analysis/content/node-content-decoder.ts";
import { presentExchange } from "../../analysis/content/present-exchange.ts";
import { DEFAULT_LIMITS } from "../../analysis/limits.ts";
import { pageFolder } from "../../collector/api/page-folder.ts";
import { Collector } from "../../collector/server/collector.ts";
import { PassingStore } from "../../collector/store/passing-store.ts";
import { formatEndpoint, type IpEndpoint, Ledger, MemoryBudget } from "../../model/index.ts";
import { refuseInputs } from "../../sink/capture-file/refuse-inputs.ts";
import { isPipe, listFiles } from "../../source/capture-file/index.ts";
import { createRedactor } from "../flags/create-redactor.ts";
import type { RedactFlags } from "../flags/redact-flags.ts";
import { LastWords } from "../last-words.ts";
import { createLogger } from "../process/logger.ts";
import { stopOnSignals } from "../process/signals.ts";
import { readExchanges } from "../read/read-exchanges.ts";

export interface ViewFlags extends RedactFlags {
  listen: IpEndpoint;
  memory: number;
}

/** Reads the files into a store that goes with the process, and serves the page until a signal. Sets the exit code. */
export async function runView(files: readonly string[], flags: ViewFlags): Promise<void> {
  refuseInputs("-", listFiles(files));
  const logger = createLogger("warn");
  const ledger = new Ledger();
  const budget = new MemoryBudget(flags.memory);
  const words = new LastWords({ ledger, books: "used", budgets: [budget] });
  const presentation = {
    decode: decodeContent,
    redactor: createRedactor(flags),
    limits: DEFAULT_LIMITS,
    showsBodies: true,
  };
  const page = await pageFolder(logger);
  const passing = await PassingStore.open();
  const collector = new Collector({
    store: passing.store,
    ledger,
    budget,
    logger,
    redactor: undefined,
    listen: flags.listen,
    access: { token: process.env["TAPLINE_TOKEN"] || undefined },
    page,
    isReadOnly: true,
  });
  const stopping = stopOnSignals({ lingers: files.some(isPipe) });
  const { exchanges: sink } = collector.intake.sinks;
  try {
    const address = await collector.start();
    process.stdout.write(`Look at it  http://${formatEndpoint(address)}/#range=all\nCtrl-C ends; nothing is kept\n`);
    await readExchanges(files, {
      ledger,
      memory: flags.memory,
      filter: undefined,
      sink: { ...sink, submit: (exchange) => sink.submit(presentExchange(exchange, presentation)) },
      stopping,
      words,
      drained: () => sink.whenReady(),
    });
    process.stderr.write(`all of it was read\n`);
    if (!stopping.signal.aborted)
      await new Promise<void>((resolve) => stopping.signal.addEventListener("abort", () => resolve(), { once: true }));
  } finally {
    stopping.release();
    await collector.stop();
    passing.remove();
  }
  process.exitCode = words.finish();
}
