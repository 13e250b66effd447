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
  const header = (name: string): string | undefined => headers.find((one) => one.name?.toLowerCase() === name)?.value;
  const parts = header("sw8")?.split("-") ?? [];
  if (parts.length === 8)
    return {
      provider: AccessLogTraceInfoProvider.SkyWalking,
      traceId: Buffer.from(parts[1]!, "base64").toString("utf8"),
      traceSegmentId: Buffer.from(parts[2]!, "base64").toString("utf8"),
      spanId: parts[3]!,
    };
  const [traceId, spanId] = header("b3")?.split("-") ?? [header("x-b3-traceid"), header("x-b3-spanid")];
  if (traceId === undefined || spanId === undefined) return undefined;
  return { provider: AccessLogTraceInfoProvider.Zipkin, traceId, spanId, traceSegmentId: "" };
}
