import type { HttpExchange, IpEndpoint, Ledger, Submission } from "../../model/index.ts";
import { PacedTurns } from "../../source/paced-turns.ts";
import { TraceReceiver, type TraceReceiverOptions } from "../../source/receive-traces/index.ts";
import { REPORTED } from "../intake/report-places.ts";
import { receiveSpans } from "../otlp/receive-spans.ts";
import { OtlpTraces } from "../otlp/trace-service.ts";
import type { Collector } from "../server/collector.ts";

export interface ReceiveReportsOptions extends Pick<TraceReceiverOptions, "tls" | "token" | "maxBytes" | "turns"> {
  readonly collector: Collector;
  readonly ledger: Ledger;
  readonly listen: IpEndpoint;
  /** The answer to `GET /api/hostsToTrace`. */
  readonly hosts: () => readonly string[];
  /** Reports that wait for their turn or for the disk at once; more are answered with 503. Default 1024. */
  readonly maxOpen?: number;
}

const MAX_OPEN = 1024;

/** The listener of reports: each is answered when it is on disk; when there is no room, at once with 503. */
export function receiveReports(options: ReceiveReportsOptions): TraceReceiver {
  const { collector, ledger, maxOpen = MAX_OPEN, turns = new PacedTurns(), ...rest } = options;
  const pipeline = collector.createPipeline();
  let open = 0;
  const keep = async (exchange: HttpExchange): Promise<Submission> => {
    const outcome = pipeline.exchange(exchange);
    if (outcome !== "shown") return { dropped: outcome };
    try {
      await collector.intake.settled();
    } catch {
      return { dropped: "store-failed" };
    }
    const sender = addressOf(exchange.connection.source!);
    collector.senders.count(KIND, sender, 1);
    collector.senders.observe(KIND, sender, exchange);
    return "taken";
  };
  return new TraceReceiver({
    ...rest,
    hosts: (reporter) => {
      // Exporters ask each minute, also where they have nothing to report.
      collector.senders.ask(KIND, addressOf(reporter));
      collector.coverage.see();
      return options.hosts();
    },
    also: receiveSpans(new OtlpTraces({ collector, pipeline, ledger }), collector.receiving),
    ledger,
    budget: collector.receiving,
    nameReporter: (address) => `${REPORTED}/${address}`,
    refused: (reporter, reason) => collector.senders.lose(KIND, addressOf(reporter), reason),
    busy: () => (open + turns.waiting >= maxOpen ? "too-many" : undefined),
    turns,
    take: (exchange) => {
      open++;
      return keep(exchange).finally(() => {
        open--;
      });
    },
  });
}

const KIND = "publish";

function addressOf(reporter: string): string {
  return reporter.slice(REPORTED.length + 1);
}
