import { extname } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import type { PipelineOutput } from "../../analysis/pipeline/flow-pipeline.ts";
import { type Ledger, type MemoryBudget, TaplineError } from "../../model/index.ts";
import type { Dump, FlightRecorder } from "../../sink/flight-recorder/flight-recorder.ts";
import { handleDumpSignal } from "../process/signals.ts";
import { chooseFormat } from "./choose-format.ts";
import { parseCount, parseSize } from "./option-values.ts";
import { parseSpan } from "./time-values.ts";

/** The flags' values, as they were read. */
export interface KeepFlags {
  /** Milliseconds. */
  keepLast?: number;
  keepLastBytes?: number;
  dumpWhen?: string;
  dumpTo?: string;
  /** Milliseconds. */
  dumpAfter?: number;
  /** Milliseconds. */
  dumpEvery?: number;
  dumpLimit?: number;
}

export const KEEP_DEFAULTS = {
  keepLastBytes: 64 * 1024 * 1024,
  dumpTo: "tapline-dump.ndjson",
  dumpAfter: 5000,
  dumpEvery: 60_000,
  dumpLimit: 100,
} as const;

/** Flags of the flight recorder (docs/flight-recorder.md). */
export function defineKeepFlags(command: Command): void {
  command
    .option("--keep-last <time>", "keep the exchanges of the last so long in memory, for a dump: 10m", readAge)
    .option("--keep-last-bytes <size>", "and of them so much at most: 200M (default: 64M)", parseSize)
    .option("--dump-when <filter>", "write what is kept to a file when one matches: 'response.code >= 500'")
    .option(
      "--dump-to <file>",
      "where to; the time is added to its name, the extension says the format (default: tapline-dump.ndjson)",
    )
    .option("--dump-after <time>", "how long to wait for what comes after a match (default: 5s)", readSpan)
    .option("--dump-every <time>", "write for a match once in so long at most (default: 1m)", readSpan)
    .option("--dump-limit <dumps>", "write so many at most (default: 100)", parseCount);
}

/** In milliseconds: what a timer can wait. */
function readSpan(text: string): number {
  const millis = (parseSpan(text) ?? Number.NaN) / 1e6;
  if (millis <= MAX_TIMER_MILLIS) return millis;
  throw new InvalidArgumentError("Expected a time with its unit, of 24 days at most: 90s, 10m, 1h30m.");
}

/** The same, of 0 nothing would be kept. */
function readAge(text: string): number {
  const millis = readSpan(text);
  if (millis > 0) return millis;
  throw new InvalidArgumentError("Expected a time above 0: 10m.");
}

const MAX_TIMER_MILLIS = 2 ** 31 - 1;

/** Keeps what comes in a process, and writes it when it is asked. */
export interface Keeping {
  /** Bytes that it may hold: to be added to the process's memory. */
  readonly bytes: number;
  /** The output for the process's pipeline, which closes it. */
  createOutput(environment: { readonly ledger: Ledger; readonly budget: MemoryBudget }): PipelineOutput;
  /** Writes what is kept now. @param why for who reads of it */
  dump(why: string): Promise<Dump>;
}

/**
 * Undefined where nothing is to be kept. It is loaded only where it is asked for. SIGUSR2 asks for a dump.
 *
 * @param tell of each dump, and of a filter that cannot be evaluated
 * @param suffix added to the names of dumps, where several processes write there
 * @throws TaplineError (`usage`)
 */
export async function loadKeeping(
  flags: KeepFlags,
  tell: (text: string) => void = (text) => void process.stderr.write(`tapline: ${text}\n`),
  suffix = "",
): Promise<Keeping | undefined> {
  const { keepLast, keepLastBytes, dumpWhen } = flags;
  if (keepLast === undefined && keepLastBytes === undefined) return refuseAlone(flags);
  const { bookFailures, compileFilter } = await import("../../analysis/filter/index.ts");
  const { FlightRecorder } = await import("../../sink/flight-recorder/flight-recorder.ts");
  const { mostHeld } = await import("../../sink/flight-recorder/kept-documents.ts");
  const path = flags.dumpTo ?? KEEP_DEFAULTS.dumpTo;
  const { name: format } = chooseFormat(undefined, path);
  // A wrong one is refused at once.
  if (dumpWhen !== undefined) compileFilter(dumpWhen, { name: "--dump-when" });
  const keep = { bytes: keepLastBytes ?? KEEP_DEFAULTS.keepLastBytes, millis: keepLast };
  const bytes = mostHeld(keep.bytes);
  let recorder: FlightRecorder | undefined;
  return {
    bytes,
    createOutput({ ledger, budget }) {
      recorder = new FlightRecorder({
        keep,
        ...(dumpWhen !== undefined && {
          trigger: compileFilter(dumpWhen, { onFailure: bookFailures(ledger, "--dump-when", tell) }),
        }),
        path: addSuffix(path, suffix),
        format,
        afterMillis: flags.dumpAfter ?? KEEP_DEFAULTS.dumpAfter,
        everyMillis: flags.dumpEvery ?? KEEP_DEFAULTS.dumpEvery,
        maxDumps: flags.dumpLimit ?? KEEP_DEFAULTS.dumpLimit,
        ledger,
        budget: budget.child(bytes),
        tell,
      });
      handleDumpSignal(() => void recorder!.dump("SIGUSR2"));
      return recorder.output;
    },
    dump: (why) => recorder!.dump(why),
  };
}

function refuseAlone({ dumpWhen, dumpTo, dumpAfter, dumpEvery, dumpLimit }: KeepFlags): undefined {
  if ((dumpWhen ?? dumpTo ?? dumpAfter ?? dumpEvery ?? dumpLimit) === undefined) return undefined;
  throw new TaplineError("usage", "the --dump flags say when and where to write what is kept, and nothing is", {
    hint: "add --keep-last 10m",
  });
}

function addSuffix(path: string, suffix: string): string {
  const extension = extname(path);
  return `${path.slice(0, path.length - extension.length)}${suffix}${extension}`;
}
