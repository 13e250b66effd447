import { Ledger, MemoryBudget, type TaplineError, timestampFromMillis } from "../../model/index.ts";
import { openTraceFile, type TraceFile } from "../../sink/capture-file/trace-file.ts";
import { GatheredOutput } from "../../sink/terminal/gathered-output.ts";
import { createStyle, wantsColour } from "../../sink/terminal/style.ts";
import { createTraceReader } from "../../source/capture-file/create-trace-reader.ts";
import type { TraceEncoding } from "../../wire/envoy/index.ts";
import { KeyLog } from "../../wire/tls/key-log.ts";
import { chooseFormat } from "../choose-format.ts";
import { errorLine } from "../error-line.ts";
import { createView, type View, type ViewOptions } from "../read/create-view.ts";
import { parseLimits, type ReadFlags } from "../read/read-flags.ts";

/** What to show and to keep of traces that come live. */
export interface ShowFlags extends ReadFlags {
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
  receive: (intake: TraceIntake, stop: AbortController) => Promise<void>,
): Promise<void> {
  const ledger = new Ledger();
  const out = GatheredOutput.to(process.stdout);
  const stop = new AbortController();
  const file =
    flags.write === undefined
      ? undefined
      : openTraceFile(flags.write, chooseFormat(flags.writeFormat, flags.write, "--write-format"), ledger);
  const view = createShownView(flags, file, {
    ledger,
    budget: new MemoryBudget(flags.memory * 1024 * 1024),
    limits: parseLimits(flags.limit).analysis,
    keyLog: new KeyLog(),
    secretsMayCome: false,
    out,
    style: createStyle(wantsColour(process.stdout, process.env, flags.color)),
    enough: () => stop.abort(),
  });
  let interrupted = false;
  process.once("SIGINT", () => {
    interrupted = true;
    stop.abort();
  });
  process.once("SIGTERM", () => stop.abort());
  const problems: TaplineError[] = [];
  let records = 0;
  const intake: TraceIntake = {
    ledger,
    open: (name, encoding) =>
      createTraceReader(name, {
        observer: view.observer,
        problem: (problem) => problems.push(problem),
        ledger,
        now: () => timestampFromMillis(performance.timeOrigin + performance.now()),
        record: (record) => {
          records++;
          file?.record?.(record);
        },
        ...(encoding !== undefined && { encoding }),
      }),
    async drain() {
      await out.flush();
      await file?.drain();
    },
  };
  view.begin();
  let failure: unknown;
  try {
    await receive(intake, stop);
  } catch (error) {
    failure = error;
  }
  view.finishInput();
  view.end();
  await out.flush();
  // Where nothing came there is nothing to keep: the other side was not reached, or refused.
  if (failure !== undefined && records === 0) file?.abandon();
  else await file?.finish();
  if (failure !== undefined) throw failure;
  for (const problem of problems) process.stderr.write(`tapline: ${errorLine(problem)}\n`);
  if (flags.quiet !== true || !ledger.balanced) report(view, ledger);
  process.exitCode = interrupted
    ? 130
    : !ledger.balanced
      ? 4
      : problems.length > 0
        ? 1
        : flags.failEmpty === true && view.shown === 0
          ? 3
          : 0;
}

/** @throws TaplineError (`usage`) where flags do not go together; the file is gone then */
function createShownView(flags: ShowFlags, file: TraceFile | undefined, options: ViewOptions): View {
  try {
    return createView(flags, { ...options, ...(file?.exchanges && { alsoTo: file.exchanges }) });
  } catch (error) {
    file?.abandon();
    throw error;
  }
}

function report(view: View, ledger: Ledger): void {
  const lines = [`${view.seen} ${view.unit}${view.seen === 1 ? "" : "s"}, ${view.shown} shown`, ...ledger.format()];
  process.stderr.write(`${lines.join("\n")}\n`);
}
