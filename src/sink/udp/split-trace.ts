import { addNanos } from "../../model/index.ts";
import type { SocketStreamedTraceSegment, TraceEvent, TraceWrapper } from "../../wire/envoy/index.ts";

/** How many bytes of a body go into one datagram: as text, and in any other form (base64 makes four of three). */
export const MAX_TEXT_BYTES = 63_488;
export const MAX_OTHER_BYTES = 47_104;

/**
 * A streamed socket trace whose events have more than `maxBytes` in them, as several messages that have at most so many: each
 * piece of an event has its connection, and its time with the piece's number (from 1) added in nanoseconds, so that they can
 * be put in order; its `seq_num` is that of its own first byte. That the event was cut, or ended its stream, is said by the
 * last piece. Any other message stays as it is.
 */
export function splitTrace(wrapper: TraceWrapper, maxBytes: number): TraceWrapper[] {
  const { trace } = wrapper;
  if (trace.kind !== "socket-streamed") return [wrapper];
  const { piece } = trace;
  if (piece?.kind === "event") {
    const pieces = splitEvent(piece.event, maxBytes);
    if (pieces.length === 1) return [wrapper];
    return wrap(
      wrapper,
      trace,
      pieces.map((event) => ({ kind: "event", event }) as const),
    );
  }
  if (piece?.kind !== "events" || sizeOf(piece.events) <= maxBytes) return [wrapper];
  const groups = group(
    piece.events.flatMap((event) => splitEvent(event, maxBytes)),
    maxBytes,
  );
  return wrap(
    wrapper,
    trace,
    groups.map((events) => ({ kind: "events", events }) as const),
  );
}

/** Facts that a trace has once go with the first message. */
function wrap(
  wrapper: TraceWrapper,
  trace: SocketStreamedTraceSegment,
  pieces: readonly NonNullable<SocketStreamedTraceSegment["piece"]>[],
): TraceWrapper[] {
  return pieces.map((piece, index) => ({ ...(index === 0 ? wrapper : {}), trace: { ...trace, piece } }));
}

function splitEvent(event: TraceEvent, maxBytes: number): TraceEvent[] {
  const bytes = event.data?.asBytes;
  if (bytes === undefined || bytes.length <= maxBytes) return [event];
  const { endStream, timestamp, seqNum, ...common } = event;
  const pieces: TraceEvent[] = [];
  for (let start = 0; start < bytes.length; start += maxBytes) {
    const end = Math.min(bytes.length, start + maxBytes);
    const isLast = end === bytes.length;
    pieces.push({
      ...common,
      ...(timestamp && { timestamp: addNanos(timestamp, pieces.length + 1) }),
      data: { asBytes: bytes.subarray(start, end), truncated: isLast && event.data?.truncated === true },
      ...(endStream !== undefined && { endStream: isLast && endStream }),
      ...(seqNum !== undefined && { seqNum: seqNum + BigInt(start) }),
    });
  }
  return pieces;
}

function group(events: readonly TraceEvent[], maxBytes: number): TraceEvent[][] {
  const groups: TraceEvent[][] = [];
  let room = 0;
  for (const event of events) {
    const size = sizeOf([event]);
    if (groups.length === 0 || size > room) {
      groups.push([]);
      room = maxBytes;
    }
    groups.at(-1)!.push(event);
    room -= size;
  }
  return groups;
}

/** The fields of an event beside its body take room too. */
function sizeOf(events: readonly TraceEvent[]): number {
  return events.reduce((sum, { data }) => sum + (data?.asBytes?.length ?? 0), 0);
}
