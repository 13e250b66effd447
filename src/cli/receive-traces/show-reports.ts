import { setImmediate as nextTurn } from "node:timers/promises";
import type { PipelineOutput } from "../../analysis/pipeline/flow-pipeline.ts";
import {
  formatEndpoint,
  type HttpExchange,
  type IpEndpoint,
  Ledger,
  MemoryBudget,
  type Submission,
} from "../../model/index.ts";
import { createRecordSink } from "../../sink/capture-file/exchange-records.ts";
import { refuseInputs } from "../../sink/capture-file/refuse-inputs.ts";
import { openTraceFile, type TraceFile } from "../../sink/capture-file/trace-file.ts";
import { openHostList, ReportJoiner, TraceReceiver } from "../../source/receive-traces/index.ts";
import { readWholeFile } from "../../source/whole-file.ts";
import { KeyLog } from "../../wire/tls/key-log.ts";
import { chooseWritten } from "../flags/choose-format.ts";
import { namedFiles } from "../flags/named-files.ts";
import { createPublishing, deadlineOf, type PublishFlags } from "../flags/publish-flags.ts";
import { loadSending } from "../flags/send-flags.ts";
import { LastWords } from "../last-words.ts";
import { createLogger } from "../process/logger.ts";
import { stopOnSignals } from "../process/signals.ts";
import { createPipeline } from "../read/create-pipeline.ts";
import { loadFilterLanguage } from "../read/filter-language.ts";
import { createLiveView } from "../read/live-view.ts";
import { parseLimits } from "../read/read-limits.ts";
import type { ShowFlags } from "../tap/show-traces.ts";

/** The flags of a receiver of reports, checked. */
export interface ReceiverFlags extends ShowFlags, PublishFlags {
  listen: IpEndpoint;
  token?: string | undefined;
  tlsCert?: string;
  tlsKey?: string;
  tlsCa?: string;
  hosts: string;
}

/**
 * Receives reports until a signal and shows them as they come, those of one request once. Ends with the ledger and the exit code; what is
 * written and passed on is whole then.
 */
export async function showReports(flags: ReceiverFlags): Promise<void> {
  const written = chooseWritten(flags);
  if (written !== undefined) refuseInputs(written.path, namedFiles(flags));
  const hosts = openHostList("--hosts", flags.hosts, createLogger("info"));
  const language = await loadFilterLanguage(flags);
  const ledger = new Ledger();
  const budget = new MemoryBudget(flags.memory * 1024 * 1024);
  const send = await loadSending(flags);
  const stopping = stopOnSignals();
  const words = new LastWords({ ledger, quiet: flags.quiet, budgets: [budget] });
  const publishing = await createPublishing(flags, { ledger, budget, mode: "live" });
  const file = written && openTraceFile(written.path, written.format, ledger);
  const view = createLiveView(flags, stopping);
  const pipeline = createPipeline(flags, {
    ledger,
    budget,
    language,
    limits: parseLimits(flags.limit).analysis,
    keyLog: new KeyLog(),
    secretsMayCome: false,
    ...view.options,
    outputs: [
      ...outputsOf(file),
      ...(publishing === undefined ? [] : [publishing.output]),
      ...(send === undefined ? [] : [send({ ledger, budget, mode: "live" })]),
    ],
  });
  const joiner = new ReportJoiner(ledger.book("requests"));
  let draining: Promise<void> | undefined;
  const drain = (): Promise<void> => {
    draining ??= (async () => {
      // Together with the others of this turn of the event loop.
      await nextTurn();
      await pipeline.flush();
      await file?.flush();
      draining = undefined;
    })();
    return draining;
  };
  const take = (exchange: HttpExchange): Submission | Promise<Submission> => {
    if (!joiner.isFirst(exchange)) return "taken";
    pipeline.exchange(exchange);
    const drained = drain();
    // Whoever reports waits for a slow terminal or disk; bounds and timeouts are on its side.
    return pipeline.isFull === true ? drained.then(() => "taken" as const) : "taken";
  };
  const receiver = new TraceReceiver({
    listen: flags.listen,
    ledger,
    budget,
    take,
    token: flags.token,
    hosts,
    ...(flags.tlsCert !== undefined && {
      tls: {
        certificate: readWholeFile(flags.tlsCert),
        key: readWholeFile(flags.tlsKey!),
        ...(flags.tlsCa !== undefined && { clientAuthority: readWholeFile(flags.tlsCa) }),
      },
    }),
  });
  const address = await receiver.start().catch((error) => {
    file?.abandon();
    stopping.release();
    throw error;
  });
  process.stderr.write(`listening on ${formatEndpoint(address)}; ^C ends\n`);
  await new Promise<void>((resolve) => {
    if (stopping.signal.aborted) resolve();
    else stopping.signal.addEventListener("abort", () => resolve(), { once: true });
  });
  await receiver.stop();
  await draining;
  await pipeline.close(deadlineOf(publishing));
  await file?.finish();
  if (view.refusal !== undefined) throw view.refusal;
  publishing?.finish();
  if (stopping.by === "SIGINT") words.endWith("interrupted");
  if (flags.failEmpty === true && pipeline.shown === 0) words.endWith("nothingMatched");
  process.exitCode = words.finish(pipeline);
}

function outputsOf(file: TraceFile | undefined): readonly PipelineOutput[] {
  if (file === undefined) return [];
  return [file.exchanges ?? { exchanges: createRecordSink(file.records!), showsBodies: true }];
}
