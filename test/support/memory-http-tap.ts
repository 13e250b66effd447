import type { Ledger, MemoryBudget } from "../../src/model/index.ts";
import { ActiveTap, HttpTap, type TapConfig } from "../../src/tap/index.ts";

/** An HTTP tap of everything, whose sink takes all messages and keeps none. */
export function createMemoryTap(streaming: boolean, budget: MemoryBudget, ledger: Ledger): HttpTap {
  const config: TapConfig = {
    match: { kind: "any" },
    output: {
      sink: { format: "PROTO_BINARY", connectionLayout: "new", destination: { kind: "streaming-admin" } },
      maxBufferedRxBytes: 64,
      maxBufferedTxBytes: 64,
      streaming,
      minStreamedSentBytes: 0,
    },
  };
  const active = new ActiveTap(config, { open: () => ({ submit: () => "taken", close() {} }) });
  return new HttpTap({
    current: () => [active],
    record: { headersReceivedTime: true, downstreamConnection: true, upstreamConnection: true },
    budget,
    ledger,
  });
}
