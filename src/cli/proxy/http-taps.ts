import { type AnalysisLimits, Analyzer } from "../../analysis/index.ts";
import type { StreamObserver } from "../../analysis/stream-observer.ts";
import type { Connection, ConnectionTap } from "../../model/index.ts";
import { Ledger } from "../../model/index.ts";
import type { HttpConnectionManagerConfig } from "../../source/proxy/config/config.ts";
import { nameFilterStatistic } from "../../source/proxy/statistic-names.ts";
import { HttpTap } from "../../tap/index.ts";
import { currentTaps, type TapsOptions } from "./socket-taps.ts";

/** Taps see bodies as they pass: the analysis keeps none of them. */
const LIMITS: Partial<AnalysisLimits> = { bodyBytes: 0, messages: 0, messageBytes: 0 };

/**
 * The HTTP tap filters of an HTTP connection manager, as one tap of its downstream connections: the analysis reads a copy of
 * the bytes and shows each stream to every filter's taps.
 */
export function createHttpTaps(manager: HttpConnectionManagerConfig, options: TapsOptions): readonly ConnectionTap[] {
  if (manager.httpTaps.length === 0) return [];
  const taps = manager.httpTaps.map(
    ({ common, record }) =>
      new HttpTap({
        current: currentTaps(common, options),
        record,
        budget: options.budget,
        ledger: options.ledger,
      }),
  );
  for (const tap of taps) {
    options.counters.expose(nameFilterStatistic(manager, "tap.rq_tapped"), () => tap.requestsTapped);
    options.counters.expose(nameFilterStatistic(manager, "tap.rq_sampled_out"), () => tap.counters.sampledOut);
  }
  const analyzer = new Analyzer({
    emit: () => {},
    // What the taps record is booked by the taps; that the analysis keeps no bodies is no loss.
    ledger: new Ledger(),
    budget: options.budget,
    limits: LIMITS,
    observeStream: (connection) => {
      const upstream = () => connection.forwardedOn;
      const [only, ...others] = taps;
      const observers = only!.open(connection, upstream);
      for (const tap of others) observers.push(...tap.open(connection, upstream));
      return combine(observers);
    },
  });
  return [
    { attach: (connection: Connection) => (connection.role === "server" ? analyzer.attach(connection) : undefined) },
  ];
}

function combine(observers: readonly StreamObserver[]): StreamObserver | undefined {
  if (observers.length < 2) return observers[0];
  return {
    onHeaders: (...event) => {
      for (const observer of observers) observer.onHeaders(...event);
    },
    onBody: (...event) => {
      for (const observer of observers) observer.onBody(...event);
    },
    onTrailers: (...event) => {
      for (const observer of observers) observer.onTrailers(...event);
    },
    onEnd: (exchange) => {
      for (const observer of observers) observer.onEnd(exchange);
    },
  };
}
