import type { LedgerReason } from "../../../model/index.ts";
import type { EncodingReader, TraceReaderLimits, TraceReport } from "../trace-record.ts";
import { decodeTraceWrapper, decodeWrapperField, finishSocketBuffered, type WrapperDraft } from "./binary-decoder.ts";
import { ByteQueue } from "./byte-queue.ts";
import { INCOMPLETE, INVALID, measureField, peekVarint } from "./field-extent.ts";
import { type Frame, FrameSearch, TRACE_TAGS } from "./frame-search.ts";
import { type OpenTrace, openTrace, readFields } from "./open-trace.ts";
import { ProtobufReader } from "./protobuf-reader.ts";

/**
 * Reads TraceWrappers in protobuf's binary form.
 *
 *     delimited     [length][wrapper] [length][wrapper] …
 *     undelimited   [tag 1-4, length, trace] [tag 5: sample rate, of the trace before it] [tag 1-4 …] …
 *
 * Without framing every trace is one field of the top level, and Envoy writes fields in order: so the wrappers can be told
 * apart although protobuf would merge them.
 *
 * A buffered trace that is long in coming is read field by field and handed on in pieces; so is one that is cut or damaged,
 * up to the damage. A damaged wrapper in a frame costs that frame, as long as another one begins behind it; where none does, its length is
 * damaged, and the next frame is looked for.
 */
export class WrapperReader implements EncodingReader {
  readonly #queue = new ByteQueue();
  readonly #reader = new ProtobufReader();
  readonly #report: TraceReport;
  readonly #limits: TraceReaderLimits;
  readonly #delimited: boolean;
  readonly #search: FrameSearch;
  #isSearching = false;
  /** Bytes still to come that belong to something that is lost. */
  #skip = 0;
  #skipReason: LedgerReason = "corrupt";
  #open: OpenTrace | undefined;
  #ended = false;
  /** Something was damaged: the next frame must look like one. */
  #suspicious = false;

  constructor(report: TraceReport, limits: TraceReaderLimits, delimited: boolean) {
    this.#report = report;
    this.#limits = limits;
    this.#delimited = delimited;
    this.#search = new FrameSearch(limits.maxMessageBytes);
  }

  push(bytes: Uint8Array): void {
    this.#queue.append(bytes);
    while (this.#step()) {}
  }

  end(): void {
    this.#ended = true;
    while (this.#step()) {}
    this.#report.unknownFields(this.#reader.unknownFields, this.#reader.firstUnknownField);
  }

  /** Takes the next thing off the queue; false when more bytes are needed. */
  #step(): boolean {
    const queue = this.#queue;
    if (queue.length === 0 && !(this.#ended && this.#open !== undefined)) return false;
    if (this.#skip > 0) return this.#skipSome();
    if (this.#open !== undefined) return this.#stepOpen(this.#open);
    if (this.#isSearching) return this.#searchOn();
    const frame = this.#delimited ? this.#measureFrame() : this.#measureWrapper();
    if (frame === undefined) return this.#isSearching;
    const { header, length } = frame;
    const available = Math.min(queue.length - header, length);
    if (available === 0 && length > 0 && !this.#ended) return false;
    const isTooLong = length > this.#limits.maxMessageBytes;
    if (available === length && !isTooLong) return this.#readWhole(header, length);
    const isBuffered = queue.bytes[queue.start + header] === SOCKET_BUFFERED_TAG && available > 0;
    if (isBuffered && (this.#ended || isTooLong || available >= this.#limits.pieceBytes))
      return this.#openBuffered(header, length, available);
    if (isTooLong) return this.#lose("too-large", header + length, `a message of ${length} bytes is over the limit`);
    if (!this.#ended) return false;
    const there = `of which ${available} are there`;
    return this.#loseToFrame("cut", queue.length, `the trace ends inside a message of ${length} bytes, ${there}`);
  }

  /** Drops `count` bytes, or those before a frame that stands among them: then what was damaged is a length. */
  #loseToFrame(reason: LedgerReason, count: number, message: string): boolean {
    const { bytes, start, end } = this.#queue;
    const next = this.#delimited ? this.#search.find(bytes, start, end, this.#ended) : undefined;
    if (next !== undefined && next < start + count) return this.#lose("corrupt", next - start, message);
    return this.#lose(reason, count, message);
  }

  /** Drops what is no frame. */
  #searchOn(): boolean {
    const { bytes, start, end } = this.#queue;
    const found = this.#search.find(bytes, start, end, this.#ended);
    if (this.#search.isExhausted) return this.#lose("corrupt", Number.MAX_SAFE_INTEGER, "");
    this.#isSearching = found === undefined;
    const passed = this.#search.position - start;
    if (passed > 0) this.#lose("corrupt", passed, "");
    return found !== undefined || passed > 0;
  }

  #skipSome(): boolean {
    const count = Math.min(this.#skip, this.#queue.length);
    this.#report.dropped(this.#skipReason, count, this.#problem("", this.#queue.start));
    this.#queue.consume(count);
    this.#skip -= count;
    return count > 0;
  }

  /** The frame at the head of the queue; undefined when more bytes are needed, or nothing more is to come. */
  #measureFrame(): Frame | undefined {
    const { bytes, start, end } = this.#queue;
    const { value, length } = peekVarint(bytes, start, end);
    if (length === INCOMPLETE && !this.#ended) return undefined;
    if (length === INCOMPLETE) return this.#giveUp("cut", "the trace ends inside the length of a message");
    if (length === INVALID) return this.#giveUp("corrupt", "what should be the length of a message is no number");
    const dubious = this.#suspicious || value > this.#limits.maxMessageBytes;
    if (dubious && value > 0) {
      if (end - start < length + 1 && !this.#ended) return undefined;
      if (!TRACE_TAGS.includes(bytes[start + length] ?? 0))
        return this.#giveUp("corrupt", `a message of ${value} bytes that holds no trace`);
    }
    return { header: length, length: value };
  }

  /** The wrapper at the head of the queue, which ends where a field follows that is no sample rate. */
  #measureWrapper(): Frame | undefined {
    const { bytes, start, end } = this.#queue;
    const extent = measureField(bytes, start, end);
    if (extent === INCOMPLETE && !this.#ended) return undefined;
    if (extent === INCOMPLETE) return this.#giveUp("cut", "the trace ends inside the head of a message");
    const tag = bytes[start]!;
    if (extent === INVALID || (!TRACE_TAGS.includes(tag) && tag !== SAMPLE_RATE_TAG && (tag & 7) !== 2))
      return this.#giveUp("corrupt", "what should be the head of a message is none");
    if (start + extent > end) return { header: 0, length: extent };
    const trailer = this.#measureTrailer(start + extent);
    return trailer === undefined ? undefined : { header: 0, length: extent + trailer };
  }

  /** How long the sample rate is that stands at `at`, 0 for none; undefined when more bytes are needed. */
  #measureTrailer(at: number): number | undefined {
    const { bytes, end } = this.#queue;
    if (at === end) return this.#ended ? 0 : undefined;
    if (bytes[at] !== SAMPLE_RATE_TAG) return 0;
    const extent = measureField(bytes, at, end);
    if (extent > 0 && at + extent <= end) return extent;
    return this.#ended || extent === INVALID ? 0 : undefined;
  }

  #readWhole(header: number, length: number): boolean {
    const { bytes, start } = this.#queue;
    const reader = this.#reader;
    reader.reset(bytes, start + header, start + header + length);
    const draft = decodeTraceWrapper(reader);
    if (reader.failure !== undefined) {
      const next = this.#delimited ? this.#whatFollows(start + header + length) : "yes";
      if (next === "more") return false;
      if (bytes[start + header] === SOCKET_BUFFERED_TAG) return this.#openBuffered(header, length, length);
      this.#isSearching = next === "no";
      if (this.#isSearching) return this.#lose("corrupt", 1, reader.failure, reader.failedAt);
      return this.#lose("corrupt", header + length, reader.failure, reader.failedAt);
    }
    this.#suspicious = false;
    this.#emit(draft, false);
    this.#report.handled(header + length);
    this.#queue.consume(header + length);
    return true;
  }

  /** Whether the frame that ends at `at` is sound: another one begins there, or nothing does. */
  #whatFollows(at: number): "yes" | "no" | "more" {
    const { bytes, end } = this.#queue;
    return at === end && this.#ended ? "yes" : this.#search.judge(bytes, at, end, this.#ended);
  }

  /** Begins to read a buffered trace field by field, of which `available` bytes are there at most. */
  #openBuffered(header: number, length: number, available: number): boolean {
    const { bytes, start } = this.#queue;
    const at = start + header + 1;
    const inner = peekVarint(bytes, at, start + header + available);
    if (inner.length === INCOMPLETE && available < length && !this.#ended) return false;
    const head = header + 1 + inner.length;
    const fits = inner.length > 0 && 1 + inner.length + inner.value <= length;
    if (!fits) return this.#lose("corrupt", header + length, "a trace is longer than the message around it", at);
    this.#report.handled(head);
    this.#queue.consume(head);
    this.#open = openTrace(inner.value, this.#delimited ? length - 1 - inner.length - inner.value : undefined);
    return true;
  }

  #stepOpen(open: OpenTrace): boolean {
    const queue = this.#queue;
    if (open.remaining === 0) return this.#finishOpen(open);
    const available = Math.min(queue.length, open.remaining);
    if (available < open.remaining && available < this.#limits.pieceBytes && !this.#ended) return false;
    const isAll = available === open.remaining;
    const reader = this.#reader;
    const end = queue.start + available;
    const { at, extent: last } = readFields(
      reader,
      queue.bytes,
      queue.start,
      end,
      open.draft,
      this.#limits.maxMessageBytes,
    );
    let extent = last;
    const failed = reader.failure !== undefined || extent === INVALID;
    if (at === end) extent = INCOMPLETE;
    const whole = at - queue.start;
    if (whole > 0) {
      this.#report.handled(whole);
      open.remaining -= whole;
      this.#emitOpen(open, true);
      queue.consume(whole);
    }
    if (failed) return this.#loseRest(open, "corrupt", reader.failure ?? "what should be a field is none");
    if (open.remaining === 0) return true;
    const isTooLong = extent > this.#limits.maxMessageBytes;
    if (extent > open.remaining || (isAll && !isTooLong))
      return this.#loseRest(open, "corrupt", "a field is longer than the message around it");
    if (isTooLong) {
      open.remaining -= extent;
      return this.#lose("too-large", extent, `an event of ${extent} bytes is over the limit`);
    }
    if (!this.#ended) return whole > 0;
    return this.#loseRest(open, "cut", `the trace ends ${open.remaining} bytes before its message does`);
  }

  /** Drops what is left of the open trace; what came before is complete as far as it goes. */
  #loseRest(open: OpenTrace, reason: LedgerReason, message: string): boolean {
    const rest = open.remaining + (open.after ?? 0);
    open.remaining = 0;
    open.after = 0;
    this.#emitOpen(open, false);
    this.#open = undefined;
    return this.#lose(reason, rest, message);
  }

  /** The trace's field is done; what else the wrapper has comes behind it. */
  #finishOpen(open: OpenTrace): boolean {
    const queue = this.#queue;
    const after = open.after ?? this.#measureTrailer(queue.start);
    if (after === undefined || (queue.length < after && !this.#ended)) return false;
    const reader = this.#reader;
    reader.reset(queue.bytes, queue.start, queue.start + Math.min(after, queue.length));
    for (let tag = reader.readTag(); tag !== 0; tag = reader.readTag()) decodeWrapperField(reader, tag, open.wrapper);
    this.#emitOpen(open, false);
    this.#open = undefined;
    if (queue.length < after)
      return this.#loseToFrame("cut", after, `the trace ends ${after - queue.length} bytes before its message does`);
    if (reader.failure !== undefined) {
      this.#isSearching = this.#delimited;
      return this.#lose("corrupt", this.#isSearching ? 0 : after, reader.failure, reader.failedAt);
    }
    this.#report.handled(after);
    queue.consume(after);
    return true;
  }

  #emitOpen(open: OpenTrace, more: boolean): void {
    const { draft, wrapper } = open;
    if (more && draft.events.length === 0) return;
    this.#emit({ ...wrapper, trace: finishSocketBuffered(draft), layout: draft.layout }, more);
    draft.events = [];
  }

  #emit({ trace, configuredSampleRate, layout }: WrapperDraft, more: boolean): void {
    if (trace === undefined) return;
    this.#report.record({
      kind: "wrapper",
      wrapper: configuredSampleRate === undefined ? { trace } : { trace, configuredSampleRate },
      more,
      ...(layout === undefined ? {} : { layout }),
    });
  }

  /** Drops the next `count` bytes, those that have not come yet too. */
  #lose(reason: LedgerReason, count: number, message: string, at = this.#queue.start): boolean {
    const there = Math.min(count, this.#queue.length);
    this.#report.dropped(reason, there, this.#problem(message, at));
    this.#queue.consume(there);
    this.#skip = this.#ended ? 0 : count - there;
    this.#skipReason = reason;
    this.#suspicious = true;
    return true;
  }

  #giveUp(reason: LedgerReason, message: string): undefined {
    this.#isSearching = this.#delimited && reason !== "cut";
    this.#lose(reason, this.#isSearching ? 1 : Number.MAX_SAFE_INTEGER, message);
    return undefined;
  }

  #problem(message: string, at: number) {
    return { message, place: { offset: this.#queue.consumed + at - this.#queue.start } };
  }
}

const SOCKET_BUFFERED_TAG = 0x1a;
const SAMPLE_RATE_TAG = 0x2a;
