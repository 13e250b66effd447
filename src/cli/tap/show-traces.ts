import { Ledger, MemoryBudget, type TaplineError, timestampFromMillis } from "../../model/index.ts";
import { type Output, openOutput } from "../../sink/capture-file/output-file.ts";
import type { TraceTarget } from "../../sink/capture-file/trace-target.ts";
import { GatheredOutput } from "../../sink/terminal/gathered-output.ts";
import { createStyle, wantsColour } from "../../sink/terminal/style.ts";
import { createTraceReader } from "../../source/capture-file/create-trace-reader.ts";
import type { TraceEncoding } from "../../wire/envoy/index.ts";
import { KeyLog } from "../../wire/tls/key-log.ts";
import { chooseFormat, createTarget } from "../convert.ts";
import { errorLine } from "../error-line.ts";
import { createView, type View } from "../read/create-view.ts";
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
  const view = createView(flags, {
    ledger,
    budget: new MemoryBudget(flags.memory * 1024 * 1024),
    limits: parseLimits(flags.limit).analysis,
    keyLog: new KeyLog(),
    secretsMayCome: false,
    out,
    style: createStyle(wantsColour(process.stdout, process.env, flags.color)),
    enough: () => stop.abort(),
  });
  const file = flags.write === undefined ? undefined : new TraceFile(flags.write, flags.writeFormat, ledger);
  let interrupted = false;
  process.once("SIGINT", () => {
    interrupted = true;
    stop.abort();
  });
  process.once("SIGTERM", () => stop.abort());
  const problems: TaplineError[] = [];
  const intake: TraceIntake = {
    ledger,
    open: (name, encoding) =>
      createTraceReader(name, {
        observer: view.observer,
        problem: (problem) => problems.push(problem),
        ledger,
        now: () => timestampFromMillis(performance.timeOrigin + performance.now()),
        ...(file && { record: (record) => file.target.write(record) }),
        ...(encoding !== undefined && { encoding }),
      }),
    async drain() {
      await out.flush();
      await file?.drain();
    },
  };
  view.begin();
  try {
    await receive(intake, stop);
  } finally {
    view.finishInput();
    view.end();
    await out.flush();
    await file?.finish();
  }
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

function report(view: View, ledger: Ledger): void {
  const lines = [`${view.seen} ${view.unit}${view.seen === 1 ? "" : "s"}, ${view.shown} shown`, ...ledger.format()];
  process.stderr.write(`${lines.join("\n")}\n`);
}

/** The file that all traces go to. */
class TraceFile {
  readonly target: TraceTarget;
  readonly #output: Output;

  constructor(path: string, format: string | undefined, ledger: Ledger) {
    const chosen = chooseFormat(format, path);
    this.target = createTarget(ledger, chosen, chosen.packets === undefined ? {} : { handshake: true });
    this.target.beginInput({ name: "tap" });
    this.#output = openOutput(path);
  }

  async drain(): Promise<void> {
    for (const chunk of this.target.take()) await this.#output.write(chunk);
  }

  async finish(): Promise<void> {
    this.target.endInput();
    await this.drain();
    await this.#output.finish();
  }
}
