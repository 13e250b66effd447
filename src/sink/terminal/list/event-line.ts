import {
  type Connection,
  clientOf,
  formatEndpoint,
  formatTimestamp,
  type SocketEvent,
  serverOf,
} from "../../../model/index.ts";
import { escapeControl } from "../../../wire/text/escape-control.ts";
import type { Style } from "../style.ts";
import type { ListClock } from "./list-clock.ts";

/**
 * One line a socket event: time, connection, direction, what happened. `→` is from the client to the server.
 *
 *     12:00:00.001  #3  10.0.0.1:1234 → 10.0.0.2:80  data  512 B at 0
 */
export function formatEvent(event: SocketEvent, style: Style, clock: ListClock): string {
  const { connection } = event;
  return [
    style.dim(clock.format(event.time)),
    `#${connection.id}`,
    `${formatEndpoint(clientOf(connection))} ${arrowOf(event)} ${formatEndpoint(serverOf(connection))}`,
    describeEvent(event, style),
  ].join("  ");
}

function arrowOf(event: SocketEvent): string {
  if (event.kind === "open" || event.kind === "close") return "·";
  return isFromClient(event.connection, event.direction) ? "→" : "←";
}

/** Whether bytes that move in that direction come from the end that dialled. */
export function isFromClient(connection: Connection, direction: "read" | "write"): boolean {
  return (direction === "read") === (connection.role !== "client");
}

function describeEvent(event: SocketEvent, style: Style): string {
  switch (event.kind) {
    case "open":
      return style.green("open");
    case "close":
      return style.green(`close  ${event.how}`);
    case "gap":
      return style.yellow(`gap    ${event.size ?? "?"} B at ${event.offset} (${escapeControl(event.reason)})`);
    case "data": {
      const notes = [
        ...(event.truncated === true ? [`${event.missing ?? "some"} bytes cut`] : []),
        ...(event.endStream === true ? ["end of stream"] : []),
      ];
      return `data   ${event.data.length} B at ${event.offset}${notes.length === 0 ? "" : ` (${notes.join(", ")})`}`;
    }
  }
}

/** The same as a JSON document: what moved, not the bytes themselves. */
export function eventDocument(event: SocketEvent): object {
  const { connection } = event;
  return {
    type: "event",
    time: formatTimestamp(event.time),
    connection: String(connection.id),
    client: formatEndpoint(clientOf(connection)),
    server: formatEndpoint(serverOf(connection)),
    kind: event.kind,
    ...(event.kind === "data" || event.kind === "gap"
      ? { from: isFromClient(connection, event.direction) ? "client" : "server", offset: event.offset }
      : {}),
    ...(event.kind === "data"
      ? { size: event.data.length, truncated: event.truncated, missing: event.missing, endStream: event.endStream }
      : {}),
    ...(event.kind === "gap" ? { size: event.size, reason: event.reason } : {}),
    ...(event.kind === "close" ? { how: event.how } : {}),
  };
}
