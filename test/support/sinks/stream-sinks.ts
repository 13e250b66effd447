import { ExchangeComparison } from "../../../src/analysis/comparison/exchange-comparison.ts";
import { FlowPipeline } from "../../../src/analysis/pipeline/flow-pipeline.ts";
import { ExchangeSummary } from "../../../src/analysis/summary/exchange-summary.ts";
import { readZone } from "../../../src/cli/flags/moment-flag.ts";
import { type FlowEvent, type FlowSink, Ledger, MemoryBudget, type Sink } from "../../../src/model/index.ts";
import { EventWindow } from "../../../src/sink/flow/event-window.ts";
import { FlowOutput } from "../../../src/sink/flow/flow-output.ts";
import {
  createCompactSink,
  createDictionarySink,
  createHubbleSink,
  createJsonSink,
  createNdjsonSink,
  createPcapngSink,
  createTableSink,
} from "../../../src/sink/flow/flow-sinks.ts";
import type { MonitorItem } from "../../../src/sink/flow/monitor-output.ts";
import { MonitorText } from "../../../src/sink/flow/monitor-text.ts";
import { sumLostFlows } from "../../../src/sink/flow/sum-lost-flows.ts";
import { SummarySink } from "../../../src/sink/flow/summary-sink.ts";
import { BatchWriter } from "../../../src/sink/terminal/batch-writer.ts";
import { createComparisonSink } from "../../../src/sink/terminal/comparison/comparison-sink.ts";
import { createExchangeOutput } from "../../../src/sink/terminal/exchange-output.ts";
import { GatheredOutput } from "../../../src/sink/terminal/gathered-output.ts";
import { LiveOutput } from "../../../src/sink/terminal/live-output.ts";
import { OUTPUT_FORMATS } from "../../../src/sink/terminal/output-formats.ts";
import { createStyle } from "../../../src/sink/terminal/style.ts";
import { createSummarySink } from "../../../src/sink/terminal/summary/output.ts";
import { FlowEventReader, MonitorFormatter } from "../../../src/wire/cilium/index.ts";
import { buildExchange } from "../build-exchange.ts";
import { FaultyStream } from "./faulty-outputs.ts";
import type { FaultySink, SinkCase } from "./sink-case.ts";

const WORDS = "one two three ".repeat(300);
const EXCHANGE = buildExchange({ target: `/${"a".repeat(1000)}`, responseBody: WORDS });
const FLOW: FlowEvent = {
  kind: "drop",
  summary: WORDS,
  attributes: {},
  packet: new Uint8Array(2000),
  source: { kind: "ip", address: "10.0.0.1", port: 1 },
  destination: { kind: "ip", address: "10.0.0.2", port: 2 },
};
const LINE = JSON.stringify({ type: "drop", reason: WORDS, mark: "0x0" });
const STYLE = createStyle(false);
const ITEM: MonitorItem = { json: JSON.parse(LINE), line: LINE, origin: {} };

function over<Item>(
  stream: FaultyStream,
  ledger: Ledger,
  sink: Sink<Item>,
  item: Item,
  deadline = Infinity,
): FaultySink {
  return {
    submit: () => sink.submit(item),
    whenReady: () => sink.whenReady(),
    close: () => sink.close(deadline),
    heal: stream.heal,
    ledger,
    budget: new MemoryBudget(0),
  };
}

/** Forms of exchanges, with what has no limit of its own but the output's. */
const GATHERED: readonly SinkCase[] = OUTPUT_FORMATS.map((format) => ({
  file: "terminal/gathered-output.ts",
  name: `read -o ${format}`,
  whenSlow: "waits",
  open(fault) {
    const [stream, ledger] = [new FaultyStream(fault), new Ledger()];
    const table = { style: STYLE, verbosity: 2 };
    const { exchanges } = createExchangeOutput(format, GatheredOutput.to(stream), ledger, table);
    return over(stream, ledger, exchanges!, EXCHANGE);
  },
}));

const FLOWS: Readonly<Record<string, (writer: BatchWriter) => FlowSink>> = {
  compact: (writer) => createCompactSink(writer, {}),
  ndjson: createNdjsonSink,
  hubble: createHubbleSink,
  dict: (writer) => createDictionarySink(writer, {}),
  json: createJsonSink,
  table: (writer) => createTableSink(writer, {}),
  pcapng: createPcapngSink,
};

const BATCHED: readonly SinkCase[] = Object.entries(FLOWS).map(([format, create]) => ({
  file: "terminal/batch-writer.ts",
  name: `monitor -o ${format}`,
  whenSlow: "waits",
  open(fault) {
    const stream = new FaultyStream(fault);
    return over(stream, new Ledger(), create(new BatchWriter(stream)), FLOW);
  },
}));

const NOTHING = (): void => {};

function monitorSink(file: string, create: (writer: BatchWriter) => Sink<MonitorItem>): SinkCase {
  return {
    file,
    name: "of a monitor",
    whenSlow: "waits",
    open(fault) {
      const stream = new FaultyStream(fault);
      return over(stream, new Ledger(), create(new BatchWriter(stream)), ITEM);
    },
  };
}

const flows = (): FlowEventReader => new FlowEventReader({ dialect: "auto" });

function flowOutput(writer: BatchWriter): FlowOutput {
  const pipeline = new FlowPipeline({ outputs: [{ flows: createNdjsonSink(writer) }] });
  return new FlowOutput({ flows: flows(), pipeline, onProblem: NOTHING, onUnknownPayload: NOTHING });
}

export const STREAM_SINKS: readonly SinkCase[] = [
  ...GATHERED,
  ...BATCHED,
  monitorSink("flow/flow-output.ts", flowOutput),
  monitorSink("flow/event-window.ts", (writer) => {
    const bounds = { since: undefined, until: undefined, first: undefined, last: undefined };
    const budget = new MemoryBudget(0);
    const rest = { reasonToSkip: () => undefined, onComplete: NOTHING, settle: NOTHING, budget };
    return new EventWindow({ output: flowOutput(writer), flows: flows(), ...bounds, ...rest });
  }),
  monitorSink(
    "flow/monitor-text.ts",
    (writer) =>
      new MonitorText({
        ...{ formatter: new MonitorFormatter({ dialect: "auto" }), writer, flows: flows(), filter: undefined },
        ...{ compat: false, timestamps: false, showNode: false, names: {}, lostInterval: 0 },
        ...{ onPanic: NOTHING, onDissectorStart: NOTHING, onUnknownPayload: NOTHING },
      }),
  ),
  {
    file: "flow/sum-lost-flows.ts",
    name: "sums of lost events",
    whenSlow: "waits",
    open(fault) {
      const stream = new FaultyStream(fault);
      return over(stream, new Ledger(), sumLostFlows(createNdjsonSink(new BatchWriter(stream)), 1), FLOW);
    },
  },
  {
    file: "flow/summary-sink.ts",
    name: "monitor --summary",
    whenSlow: "sums",
    open(fault) {
      const stream = new FaultyStream(fault);
      return over(stream, new Ledger(), new SummarySink({ stream }), FLOW);
    },
  },
  {
    file: "terminal/summary/output.ts",
    name: "tapline summary",
    whenSlow: "sums",
    open(fault) {
      const stream = new FaultyStream(fault);
      const summary = new ExchangeSummary({ groupBy: () => ["one"] });
      const options = { format: "table", by: ["x"], top: 10, sort: "requests", clock: readZone(undefined) } as const;
      const sink = createSummarySink(GatheredOutput.to(stream), { summary, style: STYLE, ...options });
      return over(stream, new Ledger(), sink, EXCHANGE);
    },
  },
  {
    file: "terminal/comparison/comparison-sink.ts",
    name: "tapline diff",
    whenSlow: "sums",
    afterClose: "takes",
    open(fault) {
      const comparison = new ExchangeComparison(() => ["one"]);
      return over(new FaultyStream(fault), new Ledger(), createComparisonSink(comparison, "a"), EXCHANGE);
    },
  },
  {
    file: "terminal/live-output.ts",
    name: "proxy --show",
    whenSlow: "drops",
    open(fault) {
      const [stream, ledger] = [new FaultyStream(fault), new Ledger()];
      const output = new LiveOutput(stream as unknown as NodeJS.WriteStream, ledger.book("shown"));
      return over(
        stream,
        ledger,
        output.createSink(() => output.write(WORDS)),
        EXCHANGE,
        0,
      );
    },
  },
];
