import type { Pipeline } from "../../analysis/pipeline/pipeline.ts";
import { Ledger, MemoryBudget, TaplineError, timestampFromMillis } from "../../model/index.ts";
import { refuseInputs } from "../../sink/capture-file/refuse-inputs.ts";
import { openTraceFile, type TraceFile } from "../../sink/capture-file/trace-file.ts";
import { createTraceReader } from "../../source/capture-file/create-trace-reader.ts";
import type { TraceEncoding } from "../../wire/envoy/index.ts";
import { KeyLog } from "../../wire/tls/key-log.ts";
import { chooseWritten } from "../flags/choose-format.ts";
import { type KeepFlags, type Keeping, loadKeeping } from "../flags/keep-flags.ts";
import { namedFiles } from "../flags/named-files.ts";
import {
  createPublishing,
  deadlineOf,
  type PublishFlags,
  type Publishing,
  withPublishedBodies,
} from "../flags/publish-flags.ts";
import { loadSending, type Sending } from "../flags/send-flags.ts";
import { LastWords } from "../last-words.ts";
import { errorLine } from "../process/error-line.ts";
import { type Stopping, stopOnSignals } from "../process/signals.ts";
import { type CreatePipelineOptions, createPipeline } from "../read/create-pipeline.ts";
import { loadFilterLanguage } from "../read/filter-language.ts";
import { createLiveView } from "../read/live-view.ts";
import type { ReadFlags } from "../read/read-flags.ts";
import { parseLimits } from "../read/read-limits.ts";
import { tellMissingOptions } from "./missing-options.ts";

/** Flags for showing and keeping traces that come live. */
export interface ShowFlags extends ReadFlags, PublishFlags, KeepFlags {
  /** A file for all traces, as they come. */
  write?: string;
  writeFormat?: string;
}

/** Where a source of traces puts what comes. */
export interface TraceIntake {
  /** A stream of traces of its own: what comes in it belongs together. */
  open(name: string, encoding: TraceEncoding | undefined): { push(chunk: Uint8Array): void; end(): void };
  /** To be awaited after what came: it is written then, and a slow terminal slows the source. */
  drain(): Promise<void>;
  readonly ledger: Ledger;
}

/**
 * Shows traces as exchanges while they come, and writes them to a file where one is named. Ends when the source does, or with
 * ^C, with a summary and the exit code; the file is whole then.
 *
 * @param receive brings traces until the signal
 */
export async function showTraces(
  flags: ShowFlags,
  receive: (intake: TraceIntake, stopping: Stopping) => Promise<void>,
): Promise<void> {
  const written = chooseWritten(flags);
  if (written !== undefined) refuseInputs(written.path, namedFiles(flags));
  const language = await loadFilterLanguage(flags);
  const ledger = new Ledger();
  const keeping = await loadKeeping(flags);
  const budget = new MemoryBudget(flags.memory * 1024 * 1024 + (keeping?.bytes ?? 0));
  const send = await loadSending(flags);
  const stopping = stopOnSignals();
  const words = new LastWords({ ledger, quiet: flags.quiet, budgets: [budget] });
  const file = written && openTraceFile(written.path, written.format, ledger);
  const publishing = await createPublishing(flags, { ledger, budget, mode: "live" }).catch((error) => {
    file?.abandon();
    throw error;
  });
  const view = createLiveView(flags, stopping);
  const pipeline = createShownPipeline(
    flags,
    file,
    { publishing, send, keeping },
    {
      ledger,
      budget,
      language,
      limits: withPublishedBodies(parseLimits(flags.limit), publishing).analysis,
      keyLog: new KeyLog(),
      secretsMayCome: false,
      ...view.options,
    },
  );
  let records = 0;
  const advise = flags.quiet === true ? undefined : tellMissingOptions((text) => words.note(text, "advice"));
  const intake: TraceIntake = {
    ledger,
    open: (name, encoding) =>
      createTraceReader(name, {
        mayBeEmpty: true,
        observer: pipeline,
        problem: (problem) => words.problem(problem),
        note: (note) => void (flags.quiet !== true && words.note(errorLine(note))),
        ledger,
        now: () => timestampFromMillis(performance.timeOrigin + performance.now()),
        record: (record) => {
          records++;
          advise?.(record);
          file?.records?.submit(record);
        },
        ...(encoding !== undefined && { encoding }),
      }),
    async drain() {
      await pipeline.flush();
      await file?.flush();
    },
  };
  let failure: unknown;
  try {
    await receive(intake, stopping);
  } catch (error) {
    failure = error;
  }
  await pipeline.close(deadlineOf(publishing));
  failure ??= view.refusal;
  // Where nothing came there is nothing to keep: the other side was not reached, or refused.
  if (failure !== undefined && records === 0) file?.abandon();
  else await file?.finish();
  if (failure !== undefined) throw failure;
  publishing?.finish();
  if (stopping.by === "SIGINT") words.endWith("interrupted");
  if (flags.failEmpty === true && pipeline.shown === 0) words.endWith("nothingMatched");
  process.exitCode = words.finish(pipeline);
}

/** Where it goes beside the print and the file. */
interface Beside {
  readonly publishing: Publishing | undefined;
  readonly send: Sending | undefined;
  readonly keeping: Keeping | undefined;
}

/** @throws TaplineError (`usage`) where flags do not go together; the file is gone then */
function createShownPipeline(
  flags: ShowFlags,
  file: TraceFile | undefined,
  { publishing, send, keeping }: Beside,
  options: CreatePipelineOptions,
): Pipeline {
  try {
    if (
      file?.exchanges !== undefined &&
      (flags.explain === true || flags.events === true || flags.follow !== undefined)
    )
      throw new TaplineError("usage", "a file of exchanges cannot be written with --events, -z or --explain", {
        hint: "leave those out, or write packets or traces",
      });
    const sent = send?.({ ...options, mode: "live" });
    const outputs = [file?.exchanges, publishing?.output, sent, keeping?.createOutput(options)].filter(
      (output) => output !== undefined,
    );
    return createPipeline(flags, { ...options, outputs });
  } catch (error) {
    file?.abandon();
    throw error;
  }
}
