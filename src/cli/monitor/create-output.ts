import { decodeContent } from "../../analysis/content/node-content-decoder.ts";
import { compileFilter, type Filter } from "../../analysis/filter/index.ts";
import { ExchangePipeline } from "../../analysis/pipeline/exchange-pipeline.ts";
import { type FlowSink, type Ledger, type MemoryBudget, TaplineError } from "../../model/index.ts";
import { selects } from "../../sink/flow/event-selection.ts";
import { FlowOutput } from "../../sink/flow/flow-output.ts";
import {
  createCompactSink,
  createDictionarySink,
  createHubbleSink,
  createJsonSink,
  createNdjsonSink,
  createPcapngSink,
  createTableSink,
} from "../../sink/flow/flow-sinks.ts";
import type { MonitorOutput } from "../../sink/flow/monitor-output.ts";
import { MonitorText } from "../../sink/flow/monitor-text.ts";
import { sumLostFlows } from "../../sink/flow/sum-lost-flows.ts";
import { SummarySink } from "../../sink/flow/summary-sink.ts";
import type { BatchWriter } from "../../sink/terminal/batch-writer.ts";
import type { NameTable } from "../../source/cilium-monitor/name-table.ts";
import {
  type EventFilter,
  FlowEventReader,
  type HubbleLineOptions,
  MonitorFormatter,
  type Names,
} from "../../wire/cilium/index.ts";
import { type MonitorFlags, verbosityOf } from "./monitor-flags.ts";

export interface OutputContext {
  readonly flags: MonitorFlags;
  readonly events: EventFilter;
  readonly names: NameTable;
  readonly linkName: (index: number) => string | undefined;
  readonly writer: BatchWriter;
  readonly ledger: Ledger;
  readonly budget: MemoryBudget;
  /** Several nodes are watched. */
  readonly showNode: boolean;
  readonly onPanic: (reason: string) => void;
  readonly onDissectorStart: () => void;
  readonly onUnknownPayload: (type: number) => void;
  readonly onProblem: (message: string) => void;
  readonly onFilterFailure: (reason: string) => void;
}

export interface CreatedOutput {
  readonly output: MonitorOutput;
  /** Where events are printed as texts. */
  readonly formatter: MonitorFormatter | undefined;
}

/** The output that the flags ask for. */
export function createOutput(context: OutputContext): CreatedOutput {
  const { flags, events, writer, names, showNode, onProblem, onUnknownPayload } = context;
  const filter =
    flags.displayFilter === undefined
      ? undefined
      : compileFilter(flags.displayFilter, { onFailure: ({ reason }) => context.onFilterFailure(reason ?? "") });
  const printerNames: Names = {
    link: (index) => names.interfaces.get(index) ?? context.linkName(index),
    ...(names.identities.size > 0 ? { identity: (identity) => names.identities.get(identity) } : {}),
    ...(names.endpoints.size > 0 ? { endpoint: (endpoint) => names.endpoints.get(endpoint) } : {}),
  };
  const { dialect, numeric = false, compat = false } = flags;
  const flows = new FlowEventReader({ dialect, numeric, names: printerNames });
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
  const sink = createSink(flags, writer, lineOptions);
  if (sink !== undefined) {
    const pipeline = new ExchangePipeline({
      ledger: context.ledger,
      budget: context.budget,
      decode: decodeContent,
      filter,
      selectFlow: (flow) => selects(flow, events, undefined),
      outputs: [{ flows: sink }],
    });
    return { output: new FlowOutput({ flows, pipeline, onProblem, onUnknownPayload }), formatter: undefined };
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
  return { output: createText(context, formatter, flows, filter, lineOptions), formatter };
}

function createText(
  context: OutputContext,
  formatter: MonitorFormatter,
  flows: FlowEventReader,
  filter: Filter | undefined,
  names: HubbleLineOptions,
): MonitorText {
  const { flags, writer, showNode, onPanic, onDissectorStart, onUnknownPayload } = context;
  return new MonitorText({
    formatter,
    writer,
    compat: flags.compat ?? false,
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

function createSink(flags: MonitorFlags, writer: BatchWriter, options: HubbleLineOptions): FlowSink | undefined {
  if (flags.summary === true) return new SummarySink({ ...options, stream: process.stdout });
  const { lostInterval } = flags;
  const forPeople = (sink: FlowSink): FlowSink => (lostInterval > 0 ? sumLostFlows(sink, lostInterval) : sink);
  switch (flags.output) {
    case "compact":
      return forPeople(createCompactSink(writer, options));
    case "table":
      return forPeople(createTableSink(writer, options));
    case "dict":
      return forPeople(createDictionarySink(writer, options));
    case "jsonpb":
      return createHubbleSink(writer);
    case "json":
      return createJsonSink(writer);
    case "ndjson":
      return createNdjsonSink(writer);
    case "pcapng":
      if (process.stdout.isTTY)
        throw new TaplineError("usage", "a capture file does not go to a terminal", {
          hint: "-o pcapng > drops.pcapng",
        });
      return createPcapngSink(writer);
    default:
      return undefined;
  }
}
