import { type AnalysisLimits, Analyzer } from "../../analysis/index.ts";
import type { OpenStream } from "../../analysis/stream-watchers.ts";
import type { Connection, ConnectionTap } from "../../model/index.ts";
import type { HttpConnectionManagerConfig } from "../../source/proxy/config/config.ts";
import { nameFilterStatistic } from "../../source/proxy/statistic-names.ts";
import { HttpTap } from "../../tap/index.ts";
import { ANALYSIS_BOOK, type AnalysisEnvironment } from "./analysis-environment.ts";
import { createFilterGate } from "./filter-gate.ts";
import { currentTaps, type TapsOptions } from "./socket-taps.ts";

/** Taps see bodies as they pass: the analysis keeps none of them. */
const LIMITS: Partial<AnalysisLimits> = { bodyBytes: 0, messages: 0, messageBytes: 0 };

/** The analysis of the connections of HTTP taps, where nothing else (`--show`) analyses them. */
export function createStreamAnalysis({ ledger, budget, streams }: AnalysisEnvironment): Analyzer {
  return new Analyzer({
    emit: () => {},
    ledger,
    bookName: ANALYSIS_BOOK,
    budget,
    limits: LIMITS,
    observeStream: (connection) => streams.observe(connection),
  });
}

export interface HttpTapsOptions extends TapsOptions, AnalysisEnvironment {
  /** Analyses the connections; absent: something else does. */
  readonly analysis: ConnectionTap | undefined;
}

/**
 * The HTTP tap filters of an HTTP connection manager, as one tap of its downstream connections: the analysis reads a copy of
 * the bytes and shows each stream to every filter's taps.
 */
export function createHttpTaps(
  manager: HttpConnectionManagerConfig,
  options: HttpTapsOptions,
): readonly ConnectionTap[] {
  if (manager.httpTaps.length === 0) return [];
  const { budget, ledger, counters, streams, analysis } = options;
  const taps = manager.httpTaps.map(
    ({ common, record }) => new HttpTap({ current: currentTaps(common, options), record, budget, ledger }),
  );
  for (const tap of taps) {
    counters.expose(nameFilterStatistic(manager, "tap.rq_tapped"), () => tap.requestsTapped);
    counters.expose(nameFilterStatistic(manager, "tap.rq_sampled_out"), () => tap.counters.sampledOut);
  }
  const gates = manager.httpTaps.map(createFilterGate(manager));
  const open: OpenStream = (connection) => {
    const upstream = () => connection.forwardedOn;
    // It is asked for each request, and nearly always there is one.
    if (taps.length === 1 && gates[0] === undefined) return taps[0]!.open(connection, upstream);
    return taps.flatMap((tap, index) => {
      const gate = gates[index];
      const observers = tap.open(connection, upstream);
      return gate === undefined ? observers : observers.map(gate);
    });
  };
  const attach = (connection: Connection) => {
    if (connection.role !== "server") return undefined;
    streams.watch(connection, open);
    return analysis?.attach(connection);
  };
  return [{ attach }];
}
