import type { ExchangePipeline } from "../../analysis/pipeline/exchange-pipeline.ts";
import { StreamWatchers } from "../../analysis/stream-watchers.ts";
import {
  type Connection,
  Ledger,
  type Logger,
  MemoryBudget,
  type SocketObserver,
  type Timestamp,
  VERSION,
} from "../../model/index.ts";
import type { AdminRoute } from "../../sink/admin/admin-server.ts";
import { createDumpRoute, type DumpKept } from "../../sink/admin/dump-route.ts";
import { createProcessRoutes } from "../../sink/admin/routes.ts";
import { collectLedgerStatistics, collectMemoryStatistics } from "../../sink/admin/stats/process-statistics.ts";
import { createStatsRoutes, type StatisticsSnapshot } from "../../sink/admin/stats/stats-routes.ts";
import { TapRegistry } from "../../sink/admin/tap-registry.ts";
import { createTapRoutes } from "../../sink/admin/tap-routes.ts";
import { TraceExporters } from "../../sink/publish/trace-exporters.ts";
import { TapSinks } from "../../sink/tap-sinks.ts";
import type { ProxyConfig } from "../../source/proxy/config/config.ts";
import type { NodeConfig } from "../../source/proxy/config/node-config.ts";
import { Counters } from "../../source/proxy/counters.ts";
import { describeRouting, type RoutingDescription } from "../../source/proxy/describe-routing.ts";
import { nameOwnStatistic } from "../../source/proxy/statistic-names.ts";
import { TapProxy } from "../../source/proxy/tap-proxy.ts";
import { readWallClock } from "../../source/wall-clock.ts";
import { ConnectionIds, type IdShare } from "../../tap/index.ts";
import type { AnalysisEnvironment } from "./analysis-environment.ts";
import { createHttpTaps, createStreamAnalysis } from "./http-taps.ts";
import { createSocketTaps } from "./socket-taps.ts";
import { listTapsOnDemand } from "./taps-on-demand.ts";
import { createExporterTaps, exposeExporters, listExporters } from "./trace-exporters.ts";

export interface CreateProxyOptions {
  readonly logger: Logger;
  readonly memoryBytes: number;
  readonly share: IdShare;
  /** Identifies this proxy to receivers of its traces, whatever the configuration says. */
  readonly node?: Partial<NodeConfig>;
  /** Makes what prints exchanges (`--show`); absent: none is printed. */
  readonly show?: ((environment: AnalysisEnvironment) => ExchangePipeline) | undefined;
  /** Writes what is kept (`--keep-last`); absent: nothing is. */
  readonly dump?: DumpKept;
  /** Who watches the streams; a test looks at what they are told. */
  readonly streams?: StreamWatchers;
}

/** A proxy with the taps that its configuration asks for, and what its admin listener answers. */
export interface TappedProxy {
  readonly proxy: TapProxy;
  readonly ledger: Ledger;
  readonly budget: MemoryBudget;
  readonly sinks: TapSinks;
  readonly exporters: TraceExporters;
  /** The printer of exchanges, where that was asked for. */
  readonly shown: ExchangePipeline | undefined;
  /** Ends what the analysis has open: nothing comes any more. */
  readonly finishAnalysis: () => void;
  /** The taps that are attached through `/tap`. */
  readonly registry: TapRegistry;
  readonly statistics: () => StatisticsSnapshot;
  readonly createRoutes: (state: () => "LIVE" | "DRAINING") => AdminRoute[];
  /** Runs a configuration instead of what ran before. @throws TaplineError `configuration` */
  readonly run: (config: ProxyConfig) => Promise<void>;
}

export function createProxy(config: ProxyConfig, options: CreateProxyOptions): TappedProxy {
  const { logger, share, memoryBytes, node } = options;
  const counters = new Counters();
  const ledger = new Ledger();
  const budget = new MemoryBudget(memoryBytes);
  const sinks = new TapSinks({ logger, ledger, budget, node: { ...config.node, ...node } });
  sinks.clusters = config.clusters;
  const exporters = new TraceExporters({ logger, ledger, budget });
  exporters.clusters = config.clusters;
  exposeExporters(counters, exporters);
  counters.expose(nameOwnStatistic("tap_files.deleted"), () => sinks.deletedFiles);
  const registry = new TapRegistry();
  const environment = { ledger, budget, streams: options.streams ?? new StreamWatchers() };
  const shown = options.show?.(environment);
  // A connection is analysed once, whoever wants to know of it.
  const analysis = shown === undefined ? createStreamAnalysis(environment) : undefined;
  const taps = { ...environment, counters, sinks, registry, analysis };
  const showTaps =
    shown === undefined ? [] : [{ attach: (connection: Connection) => attachToClients(shown, connection) }];
  const ids = new ConnectionIds(config.connectionIds, share);
  const proxy = new TapProxy({
    logger,
    counters,
    ledger,
    budget,
    nextConnectionId: () => ids.next(),
    createTaps: (socket) => [...createSocketTaps(socket, taps), ...showTaps],
    createHttpTaps: (manager) => [
      ...createHttpTaps(manager, taps),
      ...createExporterTaps(manager, { ...taps, exporters }),
    ],
    reusePort: share.count > 1,
  });
  counters.expose(nameOwnStatistic("tapline.connections_active", "gauge"), () => proxy.connectionCount);
  const statistics = () => ({
    statistics: [...counters.collect(), ...collectLedgerStatistics(ledger), ...collectMemoryStatistics(budget)],
    ledger: ledger.format(),
  });
  const book = ledger.book("admin-documents");
  let configuration = runningConfiguration(config);
  return {
    proxy,
    ledger,
    budget,
    sinks,
    exporters,
    shown,
    finishAnalysis: () => {
      shown?.finishInput();
      analysis?.finish();
    },
    registry,
    statistics,
    createRoutes: (state) => [
      ...createProcessRoutes({ version: VERSION, state, configuration: () => configuration }),
      ...createStatsRoutes(async () => statistics()),
      ...(options.dump === undefined ? [] : [createDumpRoute(options.dump)]),
      ...createTapRoutes({
        registry,
        leaseSink: (tap) => sinks.lease(tap),
        onFilterFailure: sinks.onFilterFailure("an attached tap's cel_match"),
        clusters: () => sinks.clusters.map(({ name }) => name),
        budget,
        book,
      }),
    ],
    run: async (next) => {
      const before = sinks.clusters;
      sinks.clusters = next.clusters;
      exporters.clusters = next.clusters;
      await proxy.run(next).catch((error) => {
        sinks.clusters = before;
        exporters.clusters = before;
        throw error;
      });
      exporters.retain(listExporters(next));
      registry.configure(listTapsOnDemand(next));
      configuration = runningConfiguration(next);
    },
  };
}

/** On the clients' side every exchange passes once. */
function attachToClients(shown: ExchangePipeline, connection: Connection): SocketObserver | undefined {
  return connection.role === "server" ? shown.attach(connection) : undefined;
}

/** Builds `/config_dump` for a configuration that runs from now on. */
export function runningConfiguration(config: ProxyConfig): {
  readonly document: ProxyConfig["document"];
  readonly routing: readonly RoutingDescription[];
  readonly loaded: Timestamp;
} {
  return { document: config.document, routing: describeRouting(config), loaded: readWallClock() };
}
