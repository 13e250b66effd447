import type { Attribute } from "./attribute.ts";

/** What `--events` shows: bytes that moved on a connection. */
export const EVENT_ATTRIBUTES: readonly Attribute[] = [
  { name: "event.kind", type: "string", doc: "`open`, `data`, `gap` or `close`", event: ({ kind }) => kind },
  {
    name: "event.direction",
    type: "string",
    doc: "`read` (towards the tapped end) or `write`",
    event: (event) => ("direction" in event ? event.direction : undefined),
  },
  {
    name: "event.offset",
    type: "int",
    doc: "where its first byte stands in its direction",
    event: (event) => ("offset" in event ? event.offset : undefined),
  },
  {
    name: "event.size",
    type: "int",
    doc: "how many bytes moved, or are missing",
    event: (event) => (event.kind === "data" ? event.data.length : event.kind === "gap" ? event.size : undefined),
  },
];
