import type { FlowSink } from "../../model/index.ts";
import { LostEvents } from "./lost-events.ts";

/** The sink with lost events summed: the first count is handed on at once, those within the interval after it as one. */
export function sumLostFlows(sink: FlowSink, intervalSeconds: number): FlowSink {
  const lost = new LostEvents(intervalSeconds * 1000, (events, seconds, cpus) => {
    sink.submit({
      kind: "lost",
      ...(cpus.length === 1 ? { cpu: cpus[0]! } : {}),
      summary: `${events} more events lost in ${seconds} s`,
      attributes: { "lost.events": Number(events), "lost.seconds": seconds },
    });
  });
  return {
    submit: (flow) => {
      if (flow.kind !== "lost") return sink.submit(flow);
      const events = BigInt(Math.trunc(Number(flow.attributes["lost.events"] ?? 0)));
      return lost.add(events, flow.cpu ?? -1) ? sink.submit(flow) : "taken";
    },
    whenReady: () => sink.whenReady(),
    flush: () => sink.flush(),
    close: (deadline) => {
      lost.flush();
      return sink.close(deadline);
    },
  };
}
