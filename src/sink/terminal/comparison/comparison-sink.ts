import type { ExchangeComparison, Side } from "../../../analysis/comparison/exchange-comparison.ts";
import type { ExchangeSink } from "../../../model/index.ts";

/** Takes the exchanges of one side. */
export function createComparisonSink(comparison: ExchangeComparison, side: Side): ExchangeSink {
  return {
    submit: (exchange) => {
      comparison.add(side, exchange);
      return "taken";
    },
    whenReady: async () => {},
    flush: async () => {},
    close: async () => {},
  };
}
