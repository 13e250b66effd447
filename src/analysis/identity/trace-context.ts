import type { Header } from "../../model/index.ts";
import { decodeBase64 } from "../../wire/text/content-text.ts";
import type { NameEvidence } from "./name-evidence.ts";

/**
 * Finds in a request's headers the trace that it is part of. Where there are several, the first in this order that is well-formed:
 * `traceparent` (https://www.w3.org/TR/trace-context/), `b3` and `x-b3-traceid` (https://github.com/openzipkin/b3-propagation),
 * `sw8` (SkyWalking's Cross Process Propagation Headers Protocol v3), `uber-trace-id` (Jaeger), `x-request-id`.
 */
export function readTraceContext(
  headers: readonly Header[],
): Pick<NameEvidence, "traceId" | "peerService" | "requestId"> {
  let best: TraceHeader | undefined;
  let traceId: string | undefined;
  let peerService: string | undefined;
  let requestId: string | undefined;
  for (const { name, value } of headers) {
    if (name === undefined || value === undefined || !LENGTHS.has(name.length)) continue;
    const header = TRACE_HEADERS.get(name.toLowerCase());
    if (header === undefined) continue;
    if (header.service !== undefined) peerService ??= header.service(value);
    const isRequestId = header.rank === REQUEST_ID_RANK;
    if (best !== undefined && best.rank <= header.rank && !isRequestId) continue;
    const found = header.traceId(value);
    if (found === undefined) continue;
    if (isRequestId) requestId ??= found;
    if (best !== undefined && best.rank <= header.rank) continue;
    best = header;
    traceId = found;
  }
  if (traceId === undefined && peerService === undefined) return NONE;
  return {
    ...(traceId !== undefined && { traceId }),
    ...(peerService !== undefined && { peerService }),
    ...(requestId !== undefined && { requestId }),
  };
}

const NONE = {};

interface TraceHeader {
  /** The least counts. */
  readonly rank: number;
  readonly traceId: (value: string) => string | undefined;
  /** Who asked. */
  readonly service?: (value: string) => string | undefined;
}

const REQUEST_ID_RANK = 5;

const TRACE_HEADERS: ReadonlyMap<string, TraceHeader> = new Map<string, TraceHeader>([
  [
    "traceparent",
    { rank: 0, traceId: (value) => known(/^[\da-f]{2}-([\da-f]{32})-[\da-f]{16}-[\da-f]{2}/.exec(value)) },
  ],
  ["b3", { rank: 1, traceId: (value) => known(/^([\da-f]{32}|[\da-f]{16})-[\da-f]{16}(?:-|$)/i.exec(value)) }],
  ["x-b3-traceid", { rank: 2, traceId: (value) => known(/^([\da-f]{32}|[\da-f]{16})$/i.exec(value)) }],
  ["sw8", { rank: 3, traceId: (value) => skyWalkingField(value, 1), service: (value) => skyWalkingField(value, 4) }],
  ["uber-trace-id", { rank: 4, traceId: jaegerId }],
  [
    "x-request-id",
    { rank: REQUEST_ID_RANK, traceId: (value) => (value.length <= MAX_ID ? value.trim() || undefined : undefined) },
  ],
]);

const LENGTHS: ReadonlySet<number> = new Set([...TRACE_HEADERS.keys()].map(({ length }) => length));

/** Characters of an identifier of any form; a longer one is none. */
const MAX_ID = 256;

/** All zeros stand for no trace. */
function known(match: RegExpExecArray | null): string | undefined {
  const id = match?.[1]?.toLowerCase();
  return id === undefined || /^0+$/.test(id) ? undefined : id;
}

/** `1-TRACE-SEGMENT-3-SERVICE-INSTANCE-ENDPOINT-ADDRESS`, the texts in Base64. */
function skyWalkingField(value: string, index: number): string | undefined {
  const fields = value.split("-", 9);
  if (fields.length !== 8 || value.length > 8 * MAX_ID) return undefined;
  const bytes = decodeBase64(fields[index]!);
  return bytes === undefined || bytes.length === 0 ? undefined : new TextDecoder().decode(bytes);
}

/** `TRACE:SPAN:PARENT:FLAGS`, the colons as `%3A` maybe; leading zeros may be left out. */
function jaegerId(value: string): string | undefined {
  const id = known(/^([\da-f]{1,32})(?::|%3a)[\da-f]{1,16}(?::|%3a)[\da-f]{1,16}(?::|%3a)[\da-f]{1,2}$/i.exec(value));
  return id?.padStart(id.length <= 16 ? 16 : 32, "0");
}
