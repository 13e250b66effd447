import { type DescribeMessage, redactDescriptions } from "../../analysis/content/grpc-payloads.ts";
import { decodeContent } from "../../analysis/content/node-content-decoder.ts";
import { DETECTORS } from "../../analysis/detectors.ts";
import type { Field, Filter } from "../../analysis/filter/index.ts";
import type { AnalysisLimits } from "../../analysis/limits.ts";
import { EventPipeline } from "../../analysis/pipeline/event-pipeline.ts";
import { ExchangePipeline } from "../../analysis/pipeline/exchange-pipeline.ts";
import type { PipelineOutput } from "../../analysis/pipeline/flow-pipeline.ts";
import type { Pipeline } from "../../analysis/pipeline/pipeline.ts";
import type { Redactor } from "../../analysis/redaction/index.ts";
import { createTlsDetector } from "../../analysis/tls/tls-detector.ts";
import { type Ledger, type MemoryBudget, TaplineError } from "../../model/index.ts";
import { createEventSink, createFollowSink } from "../../sink/terminal/event-output.ts";
import { createExchangeOutput, createFieldOutput } from "../../sink/terminal/exchange-output.ts";
import { GatheredOutput } from "../../sink/terminal/gathered-output.ts";
import { type Column, TRACE_COLUMNS } from "../../sink/terminal/list/exchange-columns.ts";
import type { Style } from "../../sink/terminal/style.ts";
import { escapeControl } from "../../wire/text/escape-control.ts";
import type { ZonedTime } from "../../wire/text/zoned-time.ts";
import type { KeyLog } from "../../wire/tls/key-log.ts";
import { nodeTlsCrypto } from "../../wire/tls/node-tls-crypto.ts";
import { createRedactor } from "../flags/create-redactor.ts";
import { readZone } from "../flags/moment-flag.ts";
import { createSummary } from "./create-summary.ts";
import { parseFieldOptions } from "./field-options.ts";
import type { FilterLanguage } from "./filter-language.ts";
import { type FollowTarget, parseFollowTarget } from "./follow-target.ts";
import { type FieldLanguage, readColumns } from "./read-columns.ts";
import type { ReadFlags } from "./read-flags.ts";
import type { Selection } from "./read-selection.ts";
import { refuseOtherViews, refuseOutputs } from "./refuse-other-views.ts";

export interface CreatePipelineOptions {
  readonly ledger: Ledger;
  readonly budget: MemoryBudget;
  /** Where the flags ask for it (`loadFilterLanguage`). */
  readonly language: FilterLanguage | undefined;
  readonly limits: Partial<AnalysisLimits>;
  readonly keyLog: KeyLog;
  /** Whether secrets may stand behind what they decrypt. */
  readonly secretsMayCome: boolean;
  /** Where it is printed; absent: nothing is. */
  readonly out: GatheredOutput | undefined;
  readonly style: Style;
  /** Says what the messages of conversations hold, where bodies are shown. */
  readonly describeMessage?: DescribeMessage | undefined;
  /** Where what matches goes beside the print. */
  readonly outputs?: readonly PipelineOutput[];
  /** In which zone times are shown; by default in the system's. */
  readonly clock?: ZonedTime;
  /** Chooses beside the filter, and orders. */
  readonly selection?: Selection;
  /** Called when as many as were wanted have been shown. */
  readonly enough: () => void;
  /** Called when it shows that what was asked for cannot be shown. */
  readonly refuse: (error: TaplineError) => void;
}

/**
 * The view of what is read: exchanges, socket events, or one connection's bytes.
 * @throws TaplineError (`usage`) where flags are wrong or do not go together
 */
export function createPipeline(flags: ReadFlags, options: CreatePipelineOptions): Pipeline {
  const { language, ledger, outputs = [] } = options;
  refuseOtherViews(flags);
  if (outputs.length > 0) refuseOutputs(flags);
  const filter =
    flags.filter === undefined
      ? undefined
      : language!.compileFilter(flags.filter, { name: "-Y", onFailure: language!.bookFailures(ledger, "-Y", tell) });
  const redactor = createRedactor(flags);
  if (flags.explain === true && filter === undefined)
    throw new TaplineError("usage", "--explain needs a filter to explain", { hint: "-Y '5xx' --explain" });
  if (flags.follow !== undefined) {
    const target = parseFollowTarget(flags.follow);
    if (target.layer === "tcp") return followBytes(target, redactor, options);
    const all = filter ?? language!.compileFilter("true");
    const asTable = flags.output === "table" && flags.type === undefined;
    return exchangePipeline({ ...flags, ...(asTable && { verbose: 2 }) }, both(all, target), redactor, options);
  }
  if (flags.events === true) return eventPipeline(flags, filter, options);
  return exchangePipeline(flags, filter, redactor, options);
}

function tell(message: string): void {
  process.stderr.write(`tapline: ${message}\n`);
}

function both(filter: Filter, target: FollowTarget): Filter {
  return {
    ...filter,
    matches: (kind, subject) =>
      "connection" in subject && target.matches(subject.connection) && filter.matches(kind, subject),
  };
}

function exchangePipeline(
  flags: ReadFlags,
  filter: Filter | undefined,
  redactor: Redactor | undefined,
  options: CreatePipelineOptions,
): Pipeline {
  const { ledger, keyLog, secretsMayCome, outputs = [], selection } = options;
  // It is made even where nothing is printed: wrong flags are wrong there, too.
  const print = createPrint(flags, redactor === undefined ? options : withoutSecrets(options, redactor), redactor);
  return new ExchangePipeline({
    ...options,
    filter,
    redactor,
    selectExchange: selection?.selectExchange,
    ...(selection?.selectFlow && { selectFlow: selection.selectFlow }),
    // The first of another order are known when all have come.
    count: selection?.sorting === undefined ? flags.count : undefined,
    decode: decodeContent,
    detectors: [createTlsDetector({ ledger, crypto: nodeTlsCrypto, keyLog, secretsMayCome }), ...DETECTORS],
    outputs: options.out === undefined ? outputs : [{ ...print, showsBodies: showsBodies(flags) }, ...outputs],
  });
}

function withoutSecrets(options: CreatePipelineOptions, redactor: Redactor): CreatePipelineOptions {
  const { describeMessage: describe } = options;
  return describe === undefined ? options : { ...options, describeMessage: redactDescriptions(describe, redactor) };
}

/** Documents have all that there is; for people bodies are shown from `-vv` on. */
function showsBodies({ output, verbose, type, summaryOf }: ReadFlags): boolean {
  if (summaryOf !== undefined) return false;
  if (type === "fields") return false;
  if (output === "csv" || output === "markdown") return false;
  return output !== "table" || verbose >= 2;
}

function createPrint(flags: ReadFlags, options: CreatePipelineOptions, redactor: Redactor | undefined): PipelineOutput {
  const { style, describeMessage } = options;
  const out = printed(options);
  if (flags.summaryOf !== undefined)
    return createSummary(flags.summaryOf, out, {
      style,
      clock: options.clock ?? readZone(flags.tz),
      format: flags.output,
      language: options.language && fieldLanguage("--by", options),
      isLive: true,
      redactor,
      limits: options.limits,
    });
  if (flags.type === "fields") return fieldOutput(flags, out, options);
  const format = flags.output;
  if (flags.header === true && !COLUMNED.has(format))
    throw new TaplineError("usage", `--header is of table, csv and markdown: -o ${format} has no titles`);
  if (flags.explain === true && format !== "table")
    throw new TaplineError("usage", `--explain is for people, and -o ${format} is not`);
  if (flags.verbose > 0 && format !== "table")
    throw new TaplineError("usage", `-v is for the table: -o ${format} has all that it can say`, {
      hint: "leave out -v, or -o",
    });
  if (flags.columns !== undefined && !COLUMNED.has(format))
    throw new TaplineError("usage", `--columns are of table, csv and markdown: -o ${format} has none`);
  const columns = process.stdout.isTTY ? process.stdout.columns : undefined;
  return createExchangeOutput(format, out, options.ledger, {
    style,
    verbosity: flags.verbose,
    explain: flags.explain === true,
    show: showsColumns(flags, options),
    clock: options.clock ?? readZone(flags.tz),
    header: flags.header,
    sorting: options.selection?.sorting,
    isTerminal: process.stdout.isTTY === true,
    ...(columns === undefined ? {} : { columns }),
    ...(describeMessage === undefined ? {} : { describeMessage }),
  });
}

const COLUMNED: ReadonlySet<string> = new Set(["table", "csv", "markdown"]);

function showsColumns({ columns, trace }: ReadFlags, options: CreatePipelineOptions): readonly Column[] | undefined {
  if (columns === undefined) return trace === undefined ? undefined : TRACE_COLUMNS;
  return readColumns(columns, fieldLanguage("--columns", options));
}

function fieldLanguage(flag: string, { language, ledger }: CreatePipelineOptions): FieldLanguage {
  const { bookFailures, compileField, formatField } = language!;
  return {
    compile: (text) => compileField(text, { name: flag, onFailure: bookFailures(ledger, `${flag} ${text}`, tell) }),
    format: (field, subject) => formatField(field.evaluate("exchange", subject), field.type),
  };
}

function fieldOutput(
  flags: ReadFlags,
  out: GatheredOutput,
  { ledger, language, selection }: CreatePipelineOptions,
): PipelineOutput {
  if (flags.field.length === 0)
    throw new TaplineError("usage", "-T fields needs fields", { hint: "-T fields -e request.path -e response.code" });
  const { bookFailures, compileField, formatField } = language!;
  const format = (field: Field, kind: "exchange" | "flow", subject: never): string =>
    escapeControl(formatField(field.evaluate(kind, subject), field.type));
  return createFieldOutput(out, {
    fields: flags.field.map((text) =>
      compileField(text, { name: "-e", onFailure: bookFailures(ledger, `-e ${text}`, tell) }),
    ),
    ...parseFieldOptions(flags.header === true ? ["header=y", ...flags.fieldOption] : flags.fieldOption),
    format,
    sorting: selection?.sorting,
  });
}

function eventPipeline(flags: ReadFlags, filter: Filter | undefined, options: CreatePipelineOptions): Pipeline {
  const { style, ledger, enough } = options;
  const format = flags.output;
  if (format !== "table" && format !== "ndjson")
    throw new TaplineError("usage", `--events are printed as table or ndjson, not as ${format}`);
  for (const name of filter?.attributes ?? [])
    if (options.language!.findAttribute(name)?.get.event === undefined)
      throw new TaplineError("usage", `events have no ${name}: only exchanges do, and --events shows none`, {
        hint: "leave out --events, or filter by what docs/filter.md says is of events",
      });
  const clock = options.clock ?? readZone(flags.tz);
  const sink = createEventSink(format, printed(options), { style, clock, isTerminal: process.stdout.isTTY });
  return new EventPipeline({ ledger, filter, sink, count: flags.count, enough });
}

function followBytes(target: FollowTarget, redactor: Redactor | undefined, options: CreatePipelineOptions): Pipeline {
  const { style, ledger, refuse } = options;
  const onBlind = (): void =>
    refuse(
      new TaplineError("usage", "this connection speaks HTTP/2: its bytes cannot be redacted", {
        hint: "-z follow,http,ascii,ID shows what it says; --no-redact shows the bytes",
      }),
    );
  const sink = createFollowSink(
    printed(options),
    { mode: target.mode, style, ...(redactor === undefined ? {} : { redactor }) },
    onBlind,
  );
  return new EventPipeline({ ledger, sink, select: (event) => target.matches(event.connection) });
}

function printed({ out }: CreatePipelineOptions): GatheredOutput {
  return out ?? new GatheredOutput(async () => {});
}
