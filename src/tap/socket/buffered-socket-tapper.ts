import type { Direction, SocketData, SocketEvent, SocketObserver } from "../../model/index.ts";
import type { TraceEvent } from "../../wire/envoy/index.ts";
import { copyBytes } from "../copy-body.ts";
import { toTraceConnection } from "../trace-connection.ts";
import { configuredSampleRate, EVENT_OVERHEAD_BYTES, type SocketTapperOptions } from "./socket-tapper.ts";

/**
 * Gathers a connection's reads and writes and submits them as one trace when it closes. Each direction has its budget for the
 * whole connection: the event that exceeds it is cut, and later ones of that direction are left out. Half-closes without
 * bytes and the close itself are not recorded.
 */
export class BufferedSocketTapper implements SocketObserver {
  readonly #options: SocketTapperOptions;
  readonly #events: TraceEvent[] = [];
  #readLeft: number;
  #writeLeft: number;
  #readTruncated = false;
  #writeTruncated = false;
  #reserved = 0;

  constructor(options: SocketTapperOptions) {
    this.#options = options;
    this.#readLeft = options.config.output.maxBufferedRxBytes;
    this.#writeLeft = options.config.output.maxBufferedTxBytes;
  }

  observe(event: SocketEvent): void {
    if (event.kind === "data") {
      if (event.data.length > 0) this.#observeData(event);
    } else if (event.kind === "gap") this.#truncate(event.direction);
    else if (event.kind === "close") this.#submit();
  }

  wants(direction: Direction): boolean {
    return direction === "read" ? !this.#readTruncated : !this.#writeTruncated;
  }

  #observeData(event: SocketData): void {
    const { bytes } = this.#options.counters;
    const size = event.data.length;
    bytes.enter(size);
    const isRead = event.direction === "read";
    if (isRead ? this.#readTruncated : this.#writeTruncated) {
      bytes.settleTruncated("max-buffered-bytes", size);
      return;
    }
    const left = isRead ? this.#readLeft : this.#writeLeft;
    let kept = Math.min(size, left);
    if (!this.#reserve(kept + EVENT_OVERHEAD_BYTES)) {
      // The event stands for what is missing; it is the last one of its direction.
      bytes.settleDropped("memory-budget", kept);
      bytes.settleTruncated("max-buffered-bytes", size - kept);
      kept = 0;
    } else if (kept < size) bytes.settleTruncated("max-buffered-bytes", size - kept);
    const truncated = kept < size || event.truncated === true;
    this.#events.push({
      kind: event.direction,
      timestamp: event.time,
      data: { asBytes: copyBytes(event.data, 0, kept), truncated },
      ...(isRead ? {} : { endStream: event.endStream === true }),
    });
    if (isRead) this.#readLeft -= kept;
    else this.#writeLeft -= kept;
    if (truncated) this.#truncate(event.direction);
  }

  #truncate(direction: "read" | "write"): void {
    if (direction === "read") this.#readTruncated = true;
    else this.#writeTruncated = true;
  }

  #reserve(bytes: number): boolean {
    if (!this.#options.budget.tryReserve(bytes)) return false;
    this.#reserved += bytes;
    return true;
  }

  #submit(): void {
    const { budget, config, connection, counters, handle } = this.#options;
    const submission = handle.submit({
      trace: {
        kind: "socket-buffered",
        traceId: connection.id,
        connection: toTraceConnection(connection),
        events: this.#events,
        readTruncated: this.#readTruncated,
        writeTruncated: this.#writeTruncated,
      },
      ...configuredSampleRate(config),
    });
    handle.close();
    counters.bufferedSubmit++;
    const taken = counters.countMessage(submission);
    for (const { data } of this.#events) {
      const kept = data?.asBytes?.length ?? 0;
      if (taken) counters.bytes.settleHandled(kept);
      else counters.bytes.settleDropped("sink", kept);
    }
    this.#events.length = 0;
    budget.release(this.#reserved);
    this.#reserved = 0;
  }
}
