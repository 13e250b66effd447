import type { Header } from "../../model/index.ts";
import { AccessLogTraceInfoProvider } from "../../wire/skywalking/gen/skywalking/v3/access_log_pb.js";

/** The trace that a request belongs to, by its headers. */
export interface TraceContext {
  readonly provider: AccessLogTraceInfoProvider;
  readonly traceId: string;
  readonly traceSegmentId: string;
  readonly spanId: string;
}

/** `sw8` (8 parts, the ids in base64), or B3 in one header or several. */
export function findTrace(headers: readonly Header[]): TraceContext | undefined {
  let [sw8, b3, traceId, spanId]: (string | undefined)[] = [];
  for (const { name, value } of headers) {
    // Nearly all headers are others: their names are not looked at.
    if (name === undefined || !LENGTHS.has(name.length)) continue;
    const key = name.toLowerCase();
    if (key === "sw8") sw8 ??= value;
    else if (key === "b3") b3 ??= value;
    else if (key === "x-b3-traceid") traceId ??= value;
    else if (key === "x-b3-spanid") spanId ??= value;
  }
  const parts = sw8?.split("-") ?? [];
  if (parts.length === 8)
    return {
      provider: AccessLogTraceInfoProvider.SkyWalking,
      traceId: Buffer.from(parts[1]!, "base64").toString("utf8"),
      traceSegmentId: Buffer.from(parts[2]!, "base64").toString("utf8"),
      spanId: parts[3]!,
    };
  if (b3 !== undefined) [traceId, spanId] = b3.split("-");
  if (traceId === undefined || spanId === undefined) return undefined;
  return { provider: AccessLogTraceInfoProvider.Zipkin, traceId, spanId, traceSegmentId: "" };
}

const LENGTHS: ReadonlySet<number> = new Set(["sw8", "b3", "x-b3-traceid", "x-b3-spanid"].map(({ length }) => length));
