import type { Filter } from "../../analysis/filter/index.ts";
import { FlowPipeline, type PipelineOutput } from "../../analysis/pipeline/flow-pipeline.ts";
import { type Redactor, redactFlow } from "../../analysis/redaction/index.ts";
import type { FlowEvent, FlowSink, LedgerReason, MemoryBudget } from "../../model/index.ts";
import { selects } from "../../sink/flow/event-selection.ts";
import { EventWindow } from "../../sink/flow/event-window.ts";
import { FlowOutput } from "../../sink/flow/flow-output.ts";
import type { MonitorOutput } from "../../sink/flow/monitor-output.ts";
import { MonitorText } from "../../sink/flow/monitor-text.ts";
import type { BatchWriter } from "../../sink/terminal/batch-writer.ts";
import type { NameTable } from "../../source/cilium-monitor/name-table.ts";
import {
  type EventFilter,
  FlowEventReader,
  type HubbleLineOptions,
  INFO,
  MonitorFormatter,
  type Names,
} from "../../wire/cilium/index.ts";
import { createRedactor } from "../flags/create-redactor.ts";
import { filterTextOf, type MonitorFlags, verbosityOf } from "./monitor-flags.ts";

export interface OutputContext {
  readonly budget: MemoryBudget;
  readonly flags: MonitorFlags;
  readonly events: EventFilter;
  readonly names: NameTable;
  readonly linkName: (index: number) => string | undefined;
  readonly writer: BatchWriter;
  /** Several nodes are watched. */
  readonly showNode: boolean;
  /** Gets the events, too. */
  readonly sending: PipelineOutput | undefined;
  readonly onPanic: (reason: string) => void;
  readonly onDissectorStart: () => void;
  readonly onUnknownPayload: (type: number) => void;
  readonly onProblem: (message: string) => void;
  readonly onFilterFailure: (reason: string) => void;
  /** As many as --first asks for were shown. */
  readonly onComplete: () => void;
  /** Called for each event that was held for --last, when it is shown or let go of. */
  readonly settle: (reason: LedgerReason | undefined) => void;
}

export interface CreatedOutput {
  readonly output: MonitorOutput;
  /** Where events are printed as texts. */
  readonly formatter: MonitorFormatter | undefined;
}

/** The output that the flags ask for. */
export async function createOutput(context: OutputContext): Promise<CreatedOutput> {
  const { flags, events, names, showNode, onProblem, onUnknownPayload } = context;
  const filter = await loadFilter(context);
  const redactor = createRedactor(flags);
  const printerNames: Names = {
    link: (index) => names.interfaces.get(index) ?? context.linkName(index),
    ...(names.identities.size > 0 ? { identity: (identity) => names.identities.get(identity) } : {}),
    ...(names.endpoints.size > 0 ? { endpoint: (endpoint) => names.endpoints.get(endpoint) } : {}),
  };
  const { dialect, numeric = false, compat = false } = flags;
  const readerOptions = { dialect, numeric, names: printerNames };
  const flows = new FlowEventReader(readerOptions);
  const windowed = (output: MonitorOutput): MonitorOutput =>
    withWindow(output, context, new FlowEventReader(readerOptions), filter);
  const lineOptions: HubbleLineOptions = {
    node: showNode,
    ...(numeric
      ? {}
      : {
          endpointName: (id) => names.endpoints.get(id),
          identityName: (id) => names.identities.get(id),
          portName: (port) => names.ports.get(port),
        }),
  };
  const sinks = [await loadSink(context, lineOptions), context.sending?.flows].filter((sink) => sink !== undefined);
  if (sinks.length > 0) {
    const pipeline = new FlowPipeline({
      filter,
      selectFlow: (flow) => selects(flow, events, undefined),
      redactFlow: redactor && ((flow) => redactFlow(flow, redactor)),
      outputs: sinks.map((flows) => ({ flows })),
    });
    const output = new FlowOutput({ flows, pipeline, onProblem, onUnknownPayload });
    return { output: windowed(output), formatter: undefined };
  }
  const formatter = new MonitorFormatter({
    ...events,
    verbosity: verbosityOf(flags),
    hex: flags.hex ?? false,
    dialect,
    compat,
    numeric,
    names: printerNames,
  });
  return { output: windowed(createText(context, formatter, flows, filter, lineOptions, redactor)), formatter };
}

/** --first, --last, --since and --until. */
function withWindow(
  output: MonitorOutput,
  { flags, events, onComplete, settle, budget }: OutputContext,
  flows: FlowEventReader,
  filter: Filter | undefined,
): MonitorOutput {
  const { first, last, since, until } = flags;
  if (first === undefined && last === undefined && since === undefined && until === undefined) return output;
  const hidesDebug = isText(flags) && verbosityOf(flags) === INFO;
  const reasonToSkip = (flow: FlowEvent): LedgerReason | undefined => {
    if (!selects(flow, events, filter)) return "filtered";
    return hidesDebug && (flow.kind === "debug" || flow.kind === "socket") ? "not-at-this-verbosity" : undefined;
  };
  return new EventWindow({ output, flows, reasonToSkip, first, last, since, until, onComplete, settle, budget });
}

/** Events are printed as Cilium's texts. */
function isText({ output, summary, send }: MonitorFlags): boolean {
  return output === undefined && summary !== true && send === undefined;
}

/** The filter language knows all protocols: it is loaded only when it is asked for. */
async function loadFilter({ flags, onFilterFailure }: OutputContext): Promise<Filter | undefined> {
  const text = filterTextOf(flags);
  if (text === undefined) return undefined;
  const { compileFilter } = await import("../../analysis/filter/index.ts");
  // -Y by itself first: what is wrong with it is told in the words that were written.
  if (flags.displayFilter !== undefined) compileFilter(flags.displayFilter, { name: "-Y" });
  return compileFilter(text, { onFailure: ({ reason }) => onFilterFailure(reason ?? "") });
}

/** Sinks of flows are loaded only when one is asked for. */
async function loadSink({ flags, writer }: OutputContext, options: HubbleLineOptions): Promise<FlowSink | undefined> {
  if (flags.output === undefined && flags.summary !== true) return undefined;
  return (await import("./create-flow-sink.ts")).createFlowSink(flags, writer, options);
}

function createText(
  context: OutputContext,
  formatter: MonitorFormatter,
  flows: FlowEventReader,
  filter: Filter | undefined,
  names: HubbleLineOptions,
  redactor: Redactor | undefined,
): MonitorText {
  const { flags, writer, showNode, onPanic, onDissectorStart, onUnknownPayload } = context;
  return new MonitorText({
    formatter,
    writer,
    compat: flags.compat ?? false,
    redactText: redactor && ((text) => redactor.text(text)),
    timestamps: flags.timestamps ?? false,
    showNode,
    flows,
    filter,
    names,
    lostInterval: flags.lostInterval,
    onPanic,
    onDissectorStart,
    onUnknownPayload,
  });
}
