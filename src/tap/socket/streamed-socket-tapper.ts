import type { SocketData, SocketEvent, SocketObserver, Timestamp } from "../../model/index.ts";
import type { SocketTracePiece, TraceBody, TraceEvent } from "../../wire/envoy/index.ts";
import { copyBody, viewBody } from "../copy-body.ts";
import { toTraceConnection } from "../trace-connection.ts";
import { configuredSampleRate, EVENT_OVERHEAD_BYTES, type SocketTapperOptions } from "./socket-tapper.ts";

/**
 * Submits what happens on a connection as it happens: its addresses when it is made (an upstream connection's local one is not
 * known then), each read and write, and the close. The limits of bytes hold for each event.
 *
 * With `min_streamed_sent_bytes` events are gathered, whole, until they hold that many bytes or span 15 seconds. The age is
 * looked at when an event comes, as Envoy does: there is no timer.
 *
 * Events are numbered by their first byte, from 1, reads and writes together (Envoy ≥ 1.37), but in the old layout, which is
 * for readers that do not know of numbers.
 */
export class StreamedSocketTapper implements SocketObserver {
  readonly #options: SocketTapperOptions;
  readonly #minSentBytes: number;
  #nextSeqNum = 1;
  #gathered: TraceEvent[] = [];
  #gatheredBytes = 0;
  #reserved = 0;
  #hasSubmitted = false;

  constructor(options: SocketTapperOptions) {
    this.#options = options;
    this.#minSentBytes = options.config.output.minStreamedSentBytes;
    this.#submit({ kind: "connection", connection: toTraceConnection(options.connection) }, 0);
  }

  observe(event: SocketEvent): void {
    if (event.kind === "data") {
      if (event.data.length > 0) this.#observeData(event);
    } else if (event.kind === "close") this.#observeClose(event.time);
  }

  #observeData(event: SocketData): void {
    const { bytes } = this.#options.counters;
    const size = event.data.length;
    bytes.enter(size);
    if (this.#minSentBytes > 0) {
      this.#gather(event);
      return;
    }
    const { maxBufferedRxBytes, maxBufferedTxBytes } = this.#options.config.output;
    const body = viewBody(event.data, event.direction === "read" ? maxBufferedRxBytes : maxBufferedTxBytes);
    const kept = body.asBytes!.length;
    if (kept < size) bytes.settleTruncated("max-buffered-bytes", size - kept);
    this.#submit({ kind: "event", event: this.#makeEvent(event, body) }, kept);
  }

  #gather(event: SocketData): void {
    const size = event.data.length;
    if (!this.#options.budget.tryReserve(size + EVENT_OVERHEAD_BYTES)) {
      // No memory to wait for more: what there is goes now, and this event with it.
      this.#gathered.push(this.#makeEvent(event, viewBody(event.data, size)));
      this.#gatheredBytes += size;
      this.#submitGathered();
      return;
    }
    this.#reserved += size + EVENT_OVERHEAD_BYTES;
    this.#gathered.push(this.#makeEvent(event, copyBody(event.data, 0, size, size)));
    this.#gatheredBytes += size;
    if (this.#gatheredBytes >= this.#minSentBytes || this.#isAged()) this.#submitGathered();
  }

  #observeClose(time: Timestamp): void {
    const seqNum = this.#isNumbered ? { seqNum: BigInt(this.#nextSeqNum + 1) } : {};
    const event: TraceEvent = { kind: "closed", timestamp: time, ...this.#connectionOfEvent(), ...seqNum };
    if (this.#minSentBytes > 0) {
      this.#gathered.push(event);
      this.#submitGathered();
    } else this.#submit({ kind: "event", event }, 0);
    this.#options.handle.close();
  }

  #makeEvent(event: SocketData, body: TraceBody): TraceEvent {
    const seqNum = this.#isNumbered ? { seqNum: BigInt(this.#nextSeqNum) } : {};
    this.#nextSeqNum += event.data.length;
    return {
      kind: event.direction,
      timestamp: event.time,
      data: event.truncated === true ? { ...body, truncated: true } : body,
      ...(event.direction === "write" ? { endStream: event.endStream === true } : {}),
      ...this.#connectionOfEvent(),
      ...seqNum,
    };
  }

  get #isNumbered(): boolean {
    return this.#options.config.output.sink.connectionLayout === "new";
  }

  #connectionOfEvent(): Pick<TraceEvent, "connection"> {
    const { connection, setConnectionPerEvent } = this.#options;
    return setConnectionPerEvent ? { connection: toTraceConnection(connection) } : {};
  }

  #isAged(): boolean {
    const first = this.#gathered[0]?.timestamp;
    const last = this.#gathered.at(-1)?.timestamp;
    if (first === undefined || last === undefined) return false;
    return this.#gathered.length >= 2 && last.seconds - first.seconds >= MAX_GATHERED_SECONDS;
  }

  #submitGathered(): void {
    this.#submit({ kind: "events", events: this.#gathered }, this.#gatheredBytes);
    this.#gathered = [];
    this.#gatheredBytes = 0;
    this.#options.budget.release(this.#reserved);
    this.#reserved = 0;
  }

  /** @param size bytes of data in it */
  #submit(piece: SocketTracePiece, size: number): void {
    const { config, connection, counters, handle } = this.#options;
    const submission = handle.submit({
      trace: { kind: "socket-streamed", traceId: connection.id, piece },
      ...(this.#hasSubmitted ? {} : configuredSampleRate(config)),
    });
    this.#hasSubmitted = true;
    counters.streamedSubmit++;
    const taken = counters.countMessage(submission);
    if (taken) counters.bytes.settleHandled(size);
    else counters.bytes.settleDropped("sink", size);
  }
}

const MAX_GATHERED_SECONDS = 15;
