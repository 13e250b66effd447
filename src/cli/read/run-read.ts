import { formatError, Ledger, MemoryBudget, type TaplineError } from "../../model/index.ts";
import { createStyle, wantsColour } from "../../sink/terminal/style.ts";
import { KeyLog } from "../../wire/tls/key-log.ts";
import { createView, type View } from "./create-view.ts";
import { KeyLogFile } from "./key-log-file.ts";
import { parseLimits, type ReadFlags } from "./read-flags.ts";
import { readInput } from "./read-input.ts";
import { TextOutput } from "./text-output.ts";

/** Reads all files, shows what is wanted of them, and prints the balance; sets the exit code. */
export async function runRead(files: readonly string[], flags: ReadFlags): Promise<void> {
  const ledger = new Ledger();
  const budget = new MemoryBudget(flags.memory * 1024 * 1024);
  const keyLog = new KeyLog();
  const keyLogFile = flags.keylog === undefined ? undefined : new KeyLogFile(flags.keylog, keyLog);
  const limits = parseLimits(flags.limit);
  const out = new TextOutput(process.stdout);
  const stop = new AbortController();
  const view = await createView(flags, {
    ledger,
    budget,
    limits: limits.analysis,
    keyLog,
    secretsMayCome: keyLogFile !== undefined || files.length > 0,
    out,
    style: createStyle(wantsColour(process.stdout, process.env, flags.color)),
    enough: () => stop.abort(),
  });
  const interrupted = handleInterrupt(stop);
  const problems: TaplineError[] = [];
  view.begin();
  try {
    for (const file of files) {
      if (stop.signal.aborted) break;
      await readInput(file, {
        observer: view.observer,
        exchange: view.exchange,
        flow: view.flow,
        tlsSecrets: (text) => {
          keyLog.push(new TextDecoder().decode(text));
          keyLog.end();
        },
        problem: (problem) => problems.push(problem),
        drain: async () => {
          keyLogFile?.poll();
          await out.flush();
        },
        reassemblyLimits: limits.reassembly,
        signal: stop.signal,
        ledger,
        budget,
      });
      view.finishInput();
    }
  } finally {
    keyLogFile?.close();
    view.end();
    await out.flush();
  }
  report(problems, ledger, view, flags);
  process.exitCode = exitCode(problems, ledger, view, flags, interrupted());
}

/** ^C ends the reading as if the input ended there; a second one ends the process. Gives whether there was one. */
function handleInterrupt(stop: AbortController): () => boolean {
  let interrupted = false;
  process.once("SIGINT", () => {
    interrupted = true;
    stop.abort();
  });
  process.once("SIGTERM", () => stop.abort());
  return () => interrupted;
}

/** Problems that are told one by one. */
const MAX_PROBLEMS = 20;

function report(problems: readonly TaplineError[], ledger: Ledger, view: View, flags: ReadFlags): void {
  const lines = problems.slice(0, MAX_PROBLEMS).map((problem) => `tapline: ${formatError(problem)}`);
  if (problems.length > MAX_PROBLEMS) lines.push(`tapline: ${problems.length - MAX_PROBLEMS} problems more`);
  if (flags.quiet !== true || !ledger.balanced) {
    lines.push(`${view.seen} ${view.seen === 1 ? view.unit : `${view.unit}s`}, ${view.shown} shown`);
    lines.push(...ledger.format());
  }
  if (lines.length > 0) process.stderr.write(`${lines.join("\n")}\n`);
}

function exitCode(
  problems: readonly TaplineError[],
  ledger: Ledger,
  view: View,
  flags: ReadFlags,
  interrupted: boolean,
): number {
  if (interrupted) return 130;
  if (!ledger.balanced) return 4;
  if (problems.length > 0) return 1;
  return flags.failEmpty === true && view.shown === 0 ? 3 : 0;
}
