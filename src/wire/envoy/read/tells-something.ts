import type { TraceRecord } from "../trace-record.ts";

/** Whether anything stands in a record but the messages that its fields would stand in: where all fields are unknown nothing does. */
export function tellsSomething(record: TraceRecord): boolean {
  return record.kind === "capture" ? hasValue(record.capture) : hasValue(record.wrapper);
}

/** Values that fields have where they are not there are none. */
function hasValue(value: unknown, key = ""): boolean {
  if (key === "kind") return EVENTS.has(value as string);
  if (Array.isArray(value)) return value.some((item) => hasValue(item));
  if (value instanceof Uint8Array || typeof value === "string") return value.length > 0;
  if (typeof value === "object" && value !== null)
    return Object.entries(value).some(([name, inner]) => hasValue(inner, name));
  return Boolean(value);
}

const EVENTS: ReadonlySet<string> = new Set(["read", "write", "closed"]);
