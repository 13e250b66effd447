import { type FlowSink, TaplineError } from "../../model/index.ts";
import {
  createCompactSink,
  createDictionarySink,
  createHubbleSink,
  createJsonSink,
  createNdjsonSink,
  createPcapngSink,
  createTableSink,
} from "../../sink/flow/flow-sinks.ts";
import { sumLostFlows } from "../../sink/flow/sum-lost-flows.ts";
import { SummarySink } from "../../sink/flow/summary-sink.ts";
import type { BatchWriter } from "../../sink/terminal/batch-writer.ts";
import type { HubbleLineOptions } from "../../wire/cilium/index.ts";
import type { MonitorFlags } from "./monitor-flags.ts";

/** The sink that the flags ask for; undefined where events are printed as Cilium's texts. */
export function createFlowSink(
  flags: MonitorFlags,
  writer: BatchWriter,
  options: HubbleLineOptions,
): FlowSink | undefined {
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
