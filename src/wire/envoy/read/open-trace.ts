import {
  decodeSocketBufferedField,
  newSocketBufferedDraft,
  type SocketBufferedDraft,
  type WrapperDraft,
} from "./binary-decoder.ts";
import { measureField } from "./field-extent.ts";
import type { ProtobufReader } from "./protobuf-reader.ts";

/** A buffered trace of which a part has been read. */
export interface OpenTrace {
  readonly draft: SocketBufferedDraft;
  readonly wrapper: WrapperDraft;
  /** Bytes of the trace that have not been read. */
  remaining: number;
  /** Bytes of the wrapper behind the trace; undefined where only what comes tells. */
  after: number | undefined;
}

export function openTrace(remaining: number, after: number | undefined): OpenTrace {
  const wrapper = { trace: undefined, configuredSampleRate: undefined, layout: undefined };
  return { draft: newSocketBufferedDraft(), wrapper, remaining, after };
}

/**
 * Reads the fields that stand whole in `bytes[start, end)` into the draft, up to one that is damaged (`reader.failure`).
 * @returns where the first begins that was not read, and its extent as `measureField` gives it
 */
export function readFields(
  reader: ProtobufReader,
  bytes: Uint8Array,
  start: number,
  end: number,
  draft: SocketBufferedDraft,
  maxFieldBytes: number,
): { at: number; extent: number } {
  reader.failure = undefined;
  let extent = 0;
  for (let at = start; at < end; at += extent) {
    extent = measureField(bytes, at, end);
    if (extent <= 0 || at + extent > end || extent > maxFieldBytes) return { at, extent };
    reader.reset(bytes, at, at + extent);
    const events = draft.events.length;
    decodeSocketBufferedField(reader, reader.readTag(), draft);
    if (reader.failure === undefined) continue;
    draft.events.length = events;
    return { at, extent };
  }
  return { at: end, extent };
}
