import type { Connection, ConnectionTap } from "../../model/index.ts";
import type { StreamExporter } from "../../sink/publish/stream-exporter.ts";
import type { TraceExporters } from "../../sink/publish/trace-exporters.ts";
import type { HttpConnectionManagerConfig, ProxyConfig } from "../../source/proxy/config/config.ts";
import { listChains } from "../../source/proxy/config/listener/list-chains.ts";
import type { Counters } from "../../source/proxy/counters.ts";
import { nameOwnStatistic } from "../../source/proxy/statistic-names.ts";
import type { TraceExporterConfig } from "../../tap/config/trace-exporter-config.ts";
import type { AnalysisEnvironment } from "./analysis-environment.ts";
import { createFilterGate } from "./filter-gate.ts";

export interface ExporterTapsOptions extends Pick<AnalysisEnvironment, "streams"> {
  readonly exporters: TraceExporters;
  /** Analyses the connections; absent: something else does. */
  readonly analysis: ConnectionTap | undefined;
}

/** The trace exporters of an HTTP connection manager, as one tap of its downstream connections. */
export function createExporterTaps(
  manager: HttpConnectionManagerConfig,
  { exporters, streams, analysis }: ExporterTapsOptions,
): readonly ConnectionTap[] {
  if (manager.exporters.length === 0) return [];
  let generation = exporters.generation;
  const get = () => manager.exporters.map(({ exporter }) => exporters.get(exporter));
  let own = get();
  const gates = manager.exporters.map(createFilterGate<StreamExporter>(manager, (observer) => observer.leaveOut()));
  const open = () => {
    // A new configuration may have kept this listener, and changed the cluster that it reports to.
    if (generation !== exporters.generation) {
      generation = exporters.generation;
      own = get();
    }
    return own.map((exporter, index) => {
      const observer = exporter.open();
      return gates[index]?.(observer) ?? observer;
    });
  };
  const attach = (connection: Connection) => {
    if (connection.role !== "server") return undefined;
    streams.watch(connection, open);
    // HTTP taps of the same manager have their connections analysed already.
    return manager.httpTaps.length > 0 ? undefined : analysis?.attach(connection);
  };
  return [{ attach }];
}

export function listExporters({ listeners }: ProxyConfig): readonly TraceExporterConfig[] {
  return listeners
    .flatMap(listChains)
    .flatMap(({ networkFilter }) => (networkFilter.kind === "http-connection-manager" ? networkFilter.exporters : []))
    .map(({ exporter }) => exporter);
}

export function exposeExporters(counters: Counters, exporters: TraceExporters): void {
  counters.expose(nameOwnStatistic("trace_exporter.retries"), () => exporters.retries);
  counters.expose(nameOwnStatistic("trace_exporter.truncated"), () => exporters.truncated);
  counters.expose(nameOwnStatistic("tapline.trace_exporter.queued", "gauge"), () => exporters.queued);
}
