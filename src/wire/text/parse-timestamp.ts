import type { Timestamp } from "../../model/index.ts";

/** RFC 3339 (as HAR and proto3's JSON have it), to the nanosecond; undefined for anything else. */
export function parseTimestamp(text: string): Timestamp | undefined {
  const match = /^(\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d)(?:\.(\d{1,9})\d*)?([Zz]|[+-]\d\d:?\d\d)$/.exec(text);
  if (match === null) return undefined;
  const zone = match[3]!.replace(/^([+-]\d\d)(\d\d)$/, "$1:$2");
  const millis = Date.parse(`${match[1]}${zone}`.toUpperCase());
  if (Number.isNaN(millis)) return undefined;
  return { seconds: Math.floor(millis / 1000), nanos: Number((match[2] ?? "").padEnd(9, "0")) };
}
