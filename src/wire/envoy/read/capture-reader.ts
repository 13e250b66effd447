import type { LedgerReason } from "../../../model/index.ts";
import type { CaptureEvent } from "../capture-trace.ts";
import type { TraceConnection } from "../trace.ts";
import type { EncodingReader, TraceReaderLimits, TraceReport } from "../trace-record.ts";
import { decodeConnection } from "./address-decoder.ts";
import { decodeCaptureEvent } from "./binary-decoder.ts";
import { ByteQueue } from "./byte-queue.ts";
import { INVALID, measureField } from "./field-extent.ts";
import { ProtobufReader } from "./protobuf-reader.ts";

/**
 * Reads the `Trace` of the capture era in protobuf's binary form: a connection and events, each a field of the top level.
 * So it can be handed on in pieces however long it is, and one that is cut is whole up to the cut. A second connection
 * begins another trace.
 */
export class CaptureTraceReader implements EncodingReader {
  readonly #queue = new ByteQueue();
  readonly #reader = new ProtobufReader();
  readonly #report: TraceReport;
  readonly #limits: TraceReaderLimits;
  #connection: { id: bigint; connection: TraceConnection } | undefined;
  #events: CaptureEvent[] = [];
  /** Something of the trace has not been handed on as its last piece. */
  #begun = false;
  /** Bytes still to come that are lost, and why. */
  #skip = 0;
  #skipReason: LedgerReason = "corrupt";

  constructor(report: TraceReport, limits: TraceReaderLimits) {
    this.#report = report;
    this.#limits = limits;
  }

  push(bytes: Uint8Array): void {
    this.#queue.append(bytes);
    if (this.#skip > 0 || this.#queue.length >= this.#limits.pieceBytes) this.#readAll(false);
  }

  end(): void {
    this.#readAll(true);
    this.#flush(false);
    if (this.#queue.length > 0) this.#lose("cut", this.#queue.length, "the trace ends inside an event");
    if (this.#reader.unknownFields > 0)
      this.#report.unknownFields(this.#reader.unknownFields, this.#reader.firstUnknownField);
  }

  #readAll(ended: boolean): void {
    while (this.#read(ended)) {}
  }

  /** Takes all whole fields off the queue; true when it had to drop one and is to be called again. */
  #read(ended: boolean): boolean {
    const queue = this.#queue;
    this.#skipSome();
    let at = queue.start;
    let extent = 0;
    let whole = 0;
    while (at < queue.end) {
      extent = measureField(queue.bytes, at, queue.end);
      if (extent <= 0 || at + extent > queue.end || extent > this.#limits.maxMessageBytes) break;
      this.#reader.reset(queue.bytes, at, at + extent);
      this.#readField();
      if (this.#reader.failure !== undefined) break;
      at += extent;
      whole += extent;
    }
    this.#report.handled(whole);
    if (!ended) this.#flush(true);
    queue.consume(whole);
    const failure = extent === INVALID ? "what should be a field is none" : this.#reader.failure;
    if (failure !== undefined) {
      this.#reader.failure = undefined;
      this.#flush(true);
      this.#lose("corrupt", Number.MAX_SAFE_INTEGER, failure);
    } else if (extent > this.#limits.maxMessageBytes && at < queue.end) {
      this.#lose("too-large", extent, `an event of ${extent} bytes is over the limit`);
      return true;
    }
    return false;
  }

  #readField(): void {
    const reader = this.#reader;
    const tag = reader.readTag();
    if (tag === 0x0a) {
      if (this.#connection !== undefined) this.#flush(false);
      const { id, connection } = decodeConnection(reader, "old");
      this.#connection = { id, connection };
      this.#begun = true;
    } else if (tag === 0x12) {
      const event = decodeCaptureEvent(reader);
      if (reader.failure === undefined) this.#events.push(event);
      this.#begun = true;
    } else reader.skip(tag);
  }

  #flush(more: boolean): void {
    if (!this.#begun || (more && this.#events.length === 0)) return;
    this.#report.record({
      kind: "capture",
      capture: { ...this.#connection, events: this.#events },
      more,
    });
    this.#events = [];
    this.#begun = more;
  }

  #skipSome(): void {
    const count = Math.min(this.#skip, this.#queue.length);
    if (count === 0) return;
    this.#report.dropped(this.#skipReason, count, { message: "", place: {} });
    this.#queue.consume(count);
    this.#skip -= count;
  }

  /** Drops the next `count` bytes, those that have not come yet too. */
  #lose(reason: LedgerReason, count: number, message: string): void {
    const queue = this.#queue;
    const there = Math.min(count, queue.length);
    this.#report.dropped(reason, there, { message, place: { offset: queue.consumed } });
    queue.consume(there);
    this.#skip = count - there;
    this.#skipReason = reason;
  }
}
