import { decodeTraceWrapper } from "./binary-decoder.ts";
import { INCOMPLETE, INVALID, peekVarint } from "./field-extent.ts";
import { ProtobufReader } from "./protobuf-reader.ts";

/** Looks for frames (`[length][wrapper]`) behind damage, by what only a wrapper has. Its work is bounded: `MAX_TRIED_BYTES`. */
export class FrameSearch {
  readonly #reader = new ProtobufReader();
  readonly #maxMessageBytes: number;
  /** Bytes of what looked like frames and was none. */
  #tried = 0;

  constructor(maxMessageBytes: number) {
    this.#maxMessageBytes = maxMessageBytes;
  }

  /** Nothing more is looked for: too much looked like a frame. */
  get isExhausted(): boolean {
    return this.#tried > MAX_TRIED_BYTES;
  }

  /** Where the first whole frame begins; undefined where there is none, or only more bytes would tell. */
  find(bytes: Uint8Array, start: number, end: number, ended: boolean): number | undefined {
    for (this.position = start; this.position < end && !this.isExhausted; this.position++) {
      const found = this.judge(bytes, this.position, end, ended);
      if (found === "yes") return this.position;
      if (found === "more") return undefined;
    }
    return undefined;
  }

  /** No frame begins before that. */
  position = 0;

  /** Whether a whole frame stands there, and another one or the end behind it. */
  judge(bytes: Uint8Array, at: number, end: number, ended: boolean): "yes" | "no" | "more" {
    const begins = this.#begins(bytes, at, end, ended);
    if (begins !== "yes") return begins;
    const { value, length } = peekVarint(bytes, at, end);
    const next = at + length + value;
    if (next > end) return ended ? "no" : "more";
    const follows = next === end && ended ? "yes" : this.#begins(bytes, next, end, ended);
    if (follows !== "yes") return follows;
    const reader = this.#reader;
    const unknown = reader.unknownFields;
    reader.reset(bytes, at + length, next);
    const { trace } = decodeTraceWrapper(reader);
    if (trace !== undefined && reader.failure === undefined && reader.unknownFields === unknown) return "yes";
    this.#tried += value;
    return "no";
  }

  /**
   * Whether a frame may begin at `at`, as far as its first bytes tell: its length, and a trace that is no longer. `more`: too few bytes
   * are there, and others are to come.
   */
  #begins(bytes: Uint8Array, at: number, end: number, ended: boolean): "yes" | "no" | "more" {
    if (!ended && end - at < HEAD_BYTES) return "more";
    const outer = peekVarint(bytes, at, end);
    if (outer.length === INVALID || outer.length === INCOMPLETE || outer.value > this.#maxMessageBytes) return "no";
    const trace = at + outer.length;
    if (!TRACE_TAGS.includes(bytes[trace] ?? 0)) return "no";
    const inner = peekVarint(bytes, trace + 1, end);
    return inner.length > 0 && 1 + inner.length + inner.value <= outer.value ? "yes" : "no";
  }
}

/** Where a wrapper stands. */
export interface Frame {
  /** Before the wrapper's first field. */
  readonly header: number;
  /** The wrapper alone. */
  readonly length: number;
}

/** Fields of a wrapper that are traces: HTTP buffered and streamed, socket buffered and streamed. */
export const TRACE_TAGS: readonly number[] = [0x0a, 0x12, 0x1a, 0x22];
/** A length, a tag and a length. */
const HEAD_BYTES = 21;
const MAX_TRIED_BYTES = 64 * 1024 * 1024;
