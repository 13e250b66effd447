import type { Attribute } from "./attribute.ts";

/** The subject of `--events`: bytes that moved on a connection. */
export const EVENT_ATTRIBUTES: readonly Attribute[] = [
  {
    name: "event.kind",
    type: "string",
    kinds: ["event"],
    phase: "end",
    get: { event: ({ kind }) => kind },
    values: ["open", "data", "gap", "close"],
    doc: "`open`, `data`, `gap` or `close`",
  },
  {
    name: "event.direction",
    type: "string",
    kinds: ["event"],
    phase: "end",
    get: { event: (event) => ("direction" in event ? event.direction : undefined) },
    values: ["read", "write"],
    doc: "`read` (towards the tapped end) or `write`",
  },
  {
    name: "event.offset",
    type: "int",
    kinds: ["event"],
    phase: "end",
    get: { event: (event) => ("offset" in event ? event.offset : undefined) },
    doc: "where its first byte stands in its direction",
  },
  {
    name: "event.size",
    type: "int",
    kinds: ["event"],
    phase: "end",
    get: {
      event: (event) => (event.kind === "data" ? event.data.length : event.kind === "gap" ? event.size : undefined),
    },
    doc: "how many bytes moved, or are missing",
  },
];
