import { type FlowEvent, formatEndpoint } from "../../../model/index.ts";
import { escapeControl } from "../../../wire/text/escape-control.ts";
import type { Style } from "../style.ts";
import type { ListClock } from "./list-clock.ts";

/** One line a flow: time, kind, source → destination, verdict or reason, summary. */
export function formatFlow(event: FlowEvent, style: Style, clock: ListClock): string {
  const parts = [
    style.dim(clock.format(event.time)),
    style.cyan(event.kind.padEnd(7)),
    ...(event.source === undefined && event.destination === undefined
      ? []
      : [`${formatEndpoint(event.source)} → ${formatEndpoint(event.destination)}`]),
    style.yellow(escapeControl(event.reason ?? event.verdict ?? "")),
    escapeControl(event.summary),
  ];
  return parts.filter((part) => part !== "").join("  ");
}
