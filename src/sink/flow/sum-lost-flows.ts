import type { FlowSink } from "../../model/index.ts";
import { LostEvents } from "./lost-events.ts";

/** How many sources are named; Hubble has four. */
const MAX_SOURCES = 8;

/** The sink with lost events summed: the first count is handed on at once, those within the interval after it as one. */
export function sumLostFlows(sink: FlowSink, intervalSeconds: number): FlowSink {
  const sources = new Set<string>();
  const lost = new LostEvents(intervalSeconds * 1000, (events, seconds, cpus) => {
    const source = sources.size === 0 ? {} : { "lost.source": [...sources].sort().join(", ") };
    sources.clear();
    sink.submit({
      kind: "lost",
      ...(cpus.length === 1 ? { cpu: cpus[0]! } : {}),
      summary: `${events} more events lost in ${seconds} s`,
      attributes: { "lost.events": Number(events), "lost.seconds": seconds, ...source },
    });
  });
  return {
    submit: (flow) => {
      if (flow.kind !== "lost") return sink.submit(flow);
      const events = BigInt(Math.trunc(Number(flow.attributes["lost.events"] ?? 0)));
      if (lost.add(events, flow.cpu ?? -1)) return sink.submit(flow);
      const source = flow.attributes["lost.source"];
      if (typeof source === "string" && sources.size < MAX_SOURCES) sources.add(source);
      return "taken";
    },
    whenReady: () => sink.whenReady(),
    flush: () => sink.flush(),
    close: (deadline) => {
      lost.flush();
      return sink.close(deadline);
    },
  };
}
