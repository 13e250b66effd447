import { ExchangeComparison } from "../../analysis/comparison/exchange-comparison.ts";
import { findDifferences } from "../../analysis/comparison/find-differences.ts";
import type { Filter } from "../../analysis/filter/index.ts";
import { TimeWindow } from "../../analysis/pipeline/time-window.ts";
import { Ledger, TaplineError } from "../../model/index.ts";
import { createComparisonSink } from "../../sink/terminal/comparison/comparison-sink.ts";
import type { ComparisonFormat } from "../../sink/terminal/comparison/options.ts";
import { renderComparison } from "../../sink/terminal/comparison/output.ts";
import { createStyle, wantsColour } from "../../sink/terminal/style.ts";
import { writeToStream } from "../../sink/write-to-stream.ts";
import { KeyLogFile } from "../../source/capture-file/key-log-file.ts";
import { KeyLog } from "../../wire/tls/key-log.ts";
import { createRedactor } from "../flags/create-redactor.ts";
import { readMoment, readZone } from "../flags/moment-flag.ts";
import type { RedactFlags } from "../flags/redact-flags.ts";
import { LastWords } from "../last-words.ts";
import { type Stopping, stopOnSignals } from "../process/signals.ts";
import { createGrouping } from "../read/create-grouping.ts";
import { type FilterLanguage, loadFilterLanguage } from "../read/filter-language.ts";
import { readExchanges } from "../read/read-exchanges.ts";
import { parseLimits } from "../read/read-limits.ts";
import { noteUndecrypted } from "../read/reading-notes.ts";

export interface DiffFlags extends RedactFlags {
  filter?: string;
  filterA?: string;
  filterB?: string;
  at?: string;
  tz?: string;
  by?: string;
  threshold: number;
  uncertain?: true;
  output: ComparisonFormat;
  keylog?: string;
  quiet?: true;
  color: "auto" | "always" | "never";
  limit: string[];
  memory: number;
}

/**
 * Reads A, then B, compares them and prints that; sets the exit code.
 * @param other B; absent: A again, and the flags tell the sides apart
 * @throws TaplineError (`usage`)
 */
export async function runDiff(file: string, other: string | undefined, flags: DiffFlags): Promise<void> {
  const files = { a: file, b: other ?? file };
  refuseOneSide(files, other, flags);
  const limits = parseLimits(flags.limit);
  const clock = readZone(flags.tz);
  const moment = flags.at === undefined ? undefined : readMoment("--at", flags.at, clock);
  const language = await loadFilterLanguage({
    ...((flags.filter ?? flags.filterA ?? flags.filterB) === undefined ? {} : { filter: "true" }),
    field: flags.by === undefined ? [] : [flags.by],
  });
  const ledger = new Ledger();
  const words = new LastWords({ ledger, quiet: flags.quiet });
  const { names: by, groupBy } = createGrouping(flags.by, language && fieldLanguage(language, ledger));
  const comparison = new ExchangeComparison(groupBy);
  const keyLog = new KeyLog();
  const keyLogFile = flags.keylog === undefined ? undefined : new KeyLogFile(flags.keylog, keyLog);
  const stopping = stopOnSignals({ lingers: Object.values(files).includes("-") });
  const filters = { a: sideFilter(language, ledger, flags, "A"), b: sideFilter(language, ledger, flags, "B") };
  try {
    for (const side of ["a", "b"] as const) {
      if (stopping.signal.aborted) break;
      const window = moment && new TimeWindow(side === "a" ? { until: moment } : { since: moment });
      await readExchanges([files[side]], {
        ...{ ledger, memory: flags.memory * 1024 * 1024, stopping, words, limits, keyLog },
        filter: filters[side],
        selectExchange: window && ((exchange) => window.has(exchange)),
        showsBodies: true,
        redactor: createRedactor(flags),
        sink: createComparisonSink(comparison, side),
      });
    }
  } finally {
    keyLogFile?.close();
    stopping.release();
  }
  if (stopping.by !== undefined) return endEarly(words, stopping);
  refuseEmpty(comparison, files, flags);
  const findings = findDifferences(comparison, { threshold: flags.threshold, chance: CHANCE });
  const columns = process.stdout.isTTY ? process.stdout.columns : undefined;
  await writeToStream(
    process.stdout,
    Buffer.from(
      renderComparison(flags.output, {
        ...{ comparison, findings, by },
        names: { a: nameOf(files.a, flags.filterA), b: nameOf(files.b, flags.filterB) },
        showsUncertain: flags.uncertain === true,
        style: createStyle(flags.output === "table" && wantsColour(process.stdout, process.env, flags.color)),
        ...(columns !== undefined && { columns }),
      }),
    ),
  );
  const note = noteUndecrypted(ledger, keyLog, flags.keylog);
  if (note !== undefined && flags.quiet !== true) words.note(note);
  if (findings.differences.length > 0) words.endWith("found");
  process.exitCode = words.finish();
}

/** How likely it may be that chance alone makes one difference or more: of a hundred comparisons of two halves of one thing, one tells something. */
const CHANCE = 0.01;

function refuseOneSide(
  { a, b }: { readonly a: string; readonly b: string },
  other: string | undefined,
  { at, filterA, filterB }: DiffFlags,
): void {
  if (other === undefined && (at ?? filterA ?? filterB) === undefined)
    throw new TaplineError("usage", `${a} is to be compared with what?`, {
      hint: "name a second file, or tell the sides apart: --at 14:05, or --filter-a and --filter-b",
    });
  if (a === "-" && b === "-") throw new TaplineError("usage", "stdin can be read once only");
}

function sideFilter(
  language: FilterLanguage | undefined,
  ledger: Ledger,
  { filter, filterA, filterB }: DiffFlags,
  side: "A" | "B",
): Filter | undefined {
  const own = side === "A" ? filterA : filterB;
  const compile = (text: string, flag: string): Filter =>
    language!.compileFilter(text, { name: flag, onFailure: language!.bookFailures(ledger, flag, tell) });
  const both = filter === undefined ? undefined : compile(filter, "-Y");
  const one = own === undefined ? undefined : compile(own, `--filter-${side.toLowerCase()}`);
  if (both === undefined || one === undefined) return both ?? one;
  return {
    ...one,
    attributes: new Set([...both.attributes, ...one.attributes]),
    matches: (kind, subject) => both.matches(kind, subject) && one.matches(kind, subject),
  };
}

function fieldLanguage({ compileField, formatField, bookFailures }: FilterLanguage, ledger: Ledger) {
  return {
    compile: (text: string) =>
      compileField(text, { name: "--by", onFailure: bookFailures(ledger, `--by ${text}`, tell) }),
    format: (field: ReturnType<typeof compileField>, subject: never) =>
      formatField(field.evaluate("exchange", subject), field.type),
  };
}

function tell(message: string): void {
  process.stderr.write(`tapline: ${message}\n`);
}

function endEarly(words: LastWords, { by }: Stopping): void {
  if (by === "SIGINT") words.endWith("interrupted");
  tell("nothing is compared: not all was read");
  process.exitCode = words.finish();
}

function refuseEmpty(
  { a, b }: ExchangeComparison,
  files: { a: string; b: string },
  { filterA, filterB }: DiffFlags,
): void {
  for (const [name, side, filter] of [
    [files.a, a, filterA],
    [files.b, b, filterB],
  ] as const)
    if (side.requests.total === 0)
      throw new TaplineError("input", `${nameOf(name, filter)}: nothing is there to compare`, {
        hint: "summary says what is in a file",
      });
}

function nameOf(file: string, filter: string | undefined): string {
  return filter === undefined ? file : `${file} (${filter})`;
}
