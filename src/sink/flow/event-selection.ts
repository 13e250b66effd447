import type { Filter } from "../../analysis/filter/index.ts";
import type { FlowEvent } from "../../model/index.ts";
import {
  type EventFilter,
  MessageTypeAccessLog,
  MessageTypeAgent,
  MessageTypeCapture,
  MessageTypeDebug,
  MessageTypeDrop,
  MessageTypePolicyVerdict,
  MessageTypeTrace,
  MessageTypeTraceSock,
  matchesFilter,
} from "../../wire/cilium/index.ts";

const TYPES: Readonly<Record<string, number>> = {
  trace: MessageTypeTrace,
  drop: MessageTypeDrop,
  policy: MessageTypePolicyVerdict,
  debug: MessageTypeDebug,
  capture: MessageTypeCapture,
  l7: MessageTypeAccessLog,
  agent: MessageTypeAgent,
  socket: MessageTypeTraceSock,
};

/** Whether a flow is shown: by Cilium's filters, then by the filter language. Counts of lost events always are. */
export function selects(flow: FlowEvent, events: EventFilter, filter: Filter | undefined): boolean {
  if (flow.kind === "lost") return true;
  const { attributes } = flow;
  const source = number(attributes["source.endpoint"]);
  const destination = number(attributes["destination.endpoint"]);
  // For a policy verdict, Cilium compares the local endpoint, and the remote identity.
  const [from, to] =
    flow.kind === "policy"
      ? [source || destination, number(attributes["source.identity"]) || number(attributes["destination.identity"])]
      : [source, destination];
  if (!matchesFilter(events, TYPES[flow.kind] ?? 0, from & 0xffff, to & 0xffff)) return false;
  return filter === undefined || filter.matches("flow", flow);
}

function number(value: unknown): number {
  return typeof value === "number" ? value : 0;
}
