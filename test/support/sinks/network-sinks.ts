import type { TestContext } from "node:test";
import { type ExchangeSink, Ledger, MemoryBudget, SILENT_LOGGER, type Submission } from "../../../src/model/index.ts";
import { StreamTapsSink } from "../../../src/sink/grpc/stream-taps-sink.ts";
import { OtlpSink } from "../../../src/sink/otlp/otlp-sink.ts";
import { Backoff } from "../../../src/sink/publish/backoff.ts";
import { PublishSink } from "../../../src/sink/publish/publish-sink.ts";
import { CollectorSender } from "../../../src/sink/send/collector-sender.ts";
import { AccessLogs, settleLogs } from "../../../src/sink/skywalking/access-logs.ts";
import { UdpTapSink } from "../../../src/sink/udp/udp-tap-sink.ts";
import { defaultTraceExporter } from "../../../src/tap/config/trace-exporter-config.ts";
import type { TraceSink } from "../../../src/tap/index.ts";
import { DEFAULT_TELEMETRY_OPTIONS } from "../../../src/wire/telemetry/index.ts";
import { buildExchange, TEST_TIME } from "../build-exchange.ts";
import { findFreePorts } from "../processes.ts";
import { CONNECTION, trace } from "../tap-routes.ts";
import { startFaultyBackend, startFaultyPeer } from "./faulty-outputs.ts";
import type { Fault, FaultySink, SinkCase } from "./sink-case.ts";

const EXCHANGE = buildExchange({ requestBody: "one two three", responseBody: "one two three".repeat(30) });

function over(sink: ExchangeSink, ledger: Ledger, budget: MemoryBudget, heal?: () => void): FaultySink {
  return {
    submit: () => sink.submit(EXCHANGE),
    whenReady: () => sink.whenReady(),
    // Where it can be healed everything goes out; else what is left is dropped.
    close: () => sink.close(heal === undefined ? 0 : performance.now() + 60_000),
    ...(heal && { heal }),
    ledger,
    budget,
  };
}

async function openPublishing(mode: "live" | "lossless", fault: Fault, context: TestContext): Promise<FaultySink> {
  const { url, heal } = await startFaultyBackend(fault, context);
  const [ledger, budget] = [new Ledger(), new MemoryBudget(100_000)];
  const config = defaultTraceExporter({ kind: "url", url }, { ...DEFAULT_TELEMETRY_OPTIONS, format: "scn" });
  const services = { clusters: [], ledger, budget, logger: SILENT_LOGGER, backoff: new Backoff(1, 1) };
  const sink = new PublishSink({ config, mode, ...services });
  return over(sink, ledger, budget, mode === "lossless" && fault === "slow" ? heal : undefined);
}

async function openSending(mode: "live" | "lossless", fault: Fault, context: TestContext): Promise<FaultySink> {
  const [ledger, budget] = [new Ledger(), new MemoryBudget(100_000)];
  const url = `grpc://127.0.0.1:${await startFaultyPeer(fault, context)}`;
  const sender = new CollectorSender({ url, token: undefined, ledger, budget, mode, patienceMillis: 300 });
  return over(sender.sinks.exchanges, ledger, budget);
}

/** A trace's handle, whose sink is closed by who made it. */
function overTrace(sink: TraceSink, close: () => Promise<unknown>, ledger: Ledger, budget: MemoryBudget): FaultySink {
  const handle = sink.open({ id: 1n, connection: CONNECTION });
  const submit = (): Submission => handle.submit(trace(1, 500));
  return { submit, close, ledger, budget };
}

export const NETWORK_SINKS: readonly SinkCase[] = [
  {
    file: "otlp/otlp-sink.ts",
    name: "spans",
    whenSlow: "drops",
    async open(fault, context) {
      const { url } = await startFaultyBackend(fault, context);
      const [ledger, budget] = [new Ledger(), new MemoryBudget(100_000)];
      const times = { requestStart: TEST_TIME, responseEnd: TEST_TIME };
      const sink = new OtlpSink({ url, ledger, budget, logger: SILENT_LOGGER, metricsMillis: 0 });
      const exchange = buildExchange({ exchange: { times } });
      return { ...over(sink, ledger, budget), submit: () => sink.submit(exchange) };
    },
  },
  {
    file: "publish/publish-sink.ts",
    name: "reports of live traffic",
    whenSlow: "drops",
    open: (fault, context) => openPublishing("live", fault, context),
  },
  {
    file: "publish/publish-sink.ts",
    name: "reports of a file",
    whenSlow: "waits",
    open: (fault, context) => openPublishing("lossless", fault, context),
  },
  {
    file: "send/collector-sender.ts",
    name: "live traffic to a collector",
    whenSlow: "drops",
    open: (fault, context) => openSending("live", fault, context),
  },
  {
    file: "send/collector-sender.ts",
    name: "a file to a collector",
    whenSlow: "waits",
    open: (fault, context) => openSending("lossless", fault, context),
  },
  {
    file: "grpc/stream-taps-sink.ts",
    name: "taps to a service",
    whenSlow: "drops",
    async open(fault, context) {
      const authority = `http://127.0.0.1:${await startFaultyPeer(fault, context)}`;
      const [ledger, budget] = [new Ledger(), new MemoryBudget(1_000_000)];
      const identifier = { nodeId: "n", cluster: "c", tapId: "t" };
      const services = { budget, book: ledger.book("stream-taps"), logger: SILENT_LOGGER };
      const sink = new StreamTapsSink({ authority, identifier, maxQueuedBytes: 50_000, ...services });
      return overTrace(sink, () => sink.close(50), ledger, budget);
    },
  },
  {
    file: "udp/udp-tap-sink.ts",
    name: "taps by UDP",
    whenSlow: "drops",
    async open() {
      const [port] = (await findFreePorts(1)) as [number];
      const [ledger, budget] = [new Ledger(), new MemoryBudget(50_000)];
      const sink = new UdpTapSink({
        address: { kind: "ip", address: "127.0.0.1", port },
        sink: { format: "JSON_BODY_AS_BYTES", connectionLayout: "new" },
        ...{ ledger, budget, book: ledger.book("udp"), logger: SILENT_LOGGER },
      });
      return overTrace(sink, () => sink.close(), ledger, budget);
    },
  },
  {
    file: "skywalking/access-logs.ts",
    name: "access logs",
    whenSlow: "drops",
    afterClose: "takes",
    open() {
      const ledger = new Ledger();
      const logs = new AccessLogs({
        ...{ ledger, boot: TEST_TIME, most: 100, mostCalls: 4, mostEnds: 2, full: 1000 },
        findPeer: () => undefined,
      });
      const connection = { process: { pid: 1, name: "x" } };
      const exchange = buildExchange({ connection: connection as never });
      const close = async (): Promise<void> => {
        settleLogs(ledger, logs.take(Number.POSITIVE_INFINITY), "backend");
        await logs.close();
      };
      return { ...over(logs, ledger, new MemoryBudget(0)), submit: () => logs.submit(exchange), close };
    },
  },
];
