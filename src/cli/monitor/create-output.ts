import type { Filter } from "../../analysis/filter/index.ts";
import { FlowPipeline } from "../../analysis/pipeline/flow-pipeline.ts";
import type { FlowSink } from "../../model/index.ts";
import { selects } from "../../sink/flow/event-selection.ts";
import { FlowOutput } from "../../sink/flow/flow-output.ts";
import type { MonitorOutput } from "../../sink/flow/monitor-output.ts";
import { MonitorText } from "../../sink/flow/monitor-text.ts";
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
export async function createOutput(context: OutputContext): Promise<CreatedOutput> {
  const { flags, events, names, showNode, onProblem, onUnknownPayload } = context;
  const filter = await loadFilter(context);
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
  const sink = await loadSink(context, lineOptions);
  if (sink !== undefined) {
    const pipeline = new FlowPipeline({
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

/** The filter language knows all protocols: it is loaded only when it is asked for. */
async function loadFilter({ flags, onFilterFailure }: OutputContext): Promise<Filter | undefined> {
  if (flags.displayFilter === undefined) return undefined;
  const { compileFilter } = await import("../../analysis/filter/index.ts");
  return compileFilter(flags.displayFilter, { onFailure: ({ reason }) => onFilterFailure(reason ?? "") });
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
