import { createSocket, type Socket } from "node:dgram";
import {
  type IpEndpoint,
  isTaken,
  type LedgerBook,
  type LedgerReason,
  type Logger,
  type MemoryBudget,
  type Submission,
  systemReason,
} from "../../model/index.ts";
import type { OutputSink, TraceSink, TraceSinkHandle } from "../../tap/index.ts";
import { encodeTrace, type TraceFormat, type TraceWrapper } from "../../wire/envoy/index.ts";
import { MAX_OTHER_BYTES, MAX_TEXT_BYTES, splitTrace } from "./split-trace.ts";

export interface UdpTapSinkOptions {
  readonly address: IpEndpoint;
  readonly sink: Pick<OutputSink, "format" | "connectionLayout">;
  readonly budget: MemoryBudget;
  /** Counts datagrams: handled when the system took them, dropped with the reason otherwise. */
  readonly book: LedgerBook;
  readonly logger: Logger;
  /** Bytes on their way to the system at most; default 4 MiB. */
  readonly maxQueuedBytes?: number;
  /** Bytes of a body in one datagram; defaults `MAX_TEXT_BYTES` and `MAX_OTHER_BYTES`. */
  readonly maxTextBytes?: number;
  readonly maxOtherBytes?: number;
}

/**
 * Envoy's `envoy.tap_sinks.udp_sink`: each message in a datagram of its own, sent and forgotten. Events of streamed socket
 * traces that are too large for one are split (`splitTrace`); any other message that is too large is lost. Messages behind their
 * lengths have no use here: they are dropped, as Envoy does, and counted.
 */
export class UdpTapSink implements TraceSink {
  readonly #options: UdpTapSinkOptions;
  readonly #maxBodyBytes: number;
  readonly #maxQueuedBytes: number;
  #socket: Socket | undefined;
  #queuedBytes = 0;
  #isClosed = false;
  #hasWarned = false;

  constructor(options: UdpTapSinkOptions) {
    this.#options = options;
    const isText = options.sink.format === "JSON_BODY_AS_STRING";
    this.#maxBodyBytes = isText ? (options.maxTextBytes ?? MAX_TEXT_BYTES) : (options.maxOtherBytes ?? MAX_OTHER_BYTES);
    this.#maxQueuedBytes = options.maxQueuedBytes ?? DEFAULT_MAX_QUEUED_BYTES;
  }

  open(): TraceSinkHandle {
    return { submit: (wrapper) => this.#submit(wrapper), close() {} };
  }

  /** Waits until the system has taken what was sent, for a second at most. */
  async close(): Promise<void> {
    for (let waited = 0; this.#queuedBytes > 0 && waited < CLOSE_MILLIS; waited += 10)
      await new Promise((resolve) => setTimeout(resolve, 10));
    this.#isClosed = true;
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket !== undefined) await new Promise<void>((resolve) => socket.close(resolve));
  }

  /** Dropped where a part of it was lost that this knows of: what the network loses nobody tells. */
  #submit(wrapper: TraceWrapper): Submission {
    const { format, connectionLayout } = this.#options.sink;
    if (format === "PROTO_BINARY_LENGTH_DELIMITED") return this.#lose("length-delimited");
    let result: Submission = "taken";
    for (const message of splitTrace(wrapper, this.#maxBodyBytes)) {
      const encoding = { layout: connectionLayout, defaults: "omitted" } as const;
      // Formats of files are refused where the configuration is read.
      const sent = this.#send(encodeTrace(message, format as TraceFormat, encoding));
      if (!isTaken(sent)) result = sent;
    }
    return result;
  }

  #send(datagram: Uint8Array): Submission {
    const { address, budget, book } = this.#options;
    const size = datagram.length;
    if (size > MAX_DATAGRAM_BYTES) return this.#lose("too-large");
    if (this.#isClosed) return this.#lose("closed");
    if (this.#queuedBytes + size > this.#maxQueuedBytes || !budget.tryReserve(size)) return this.#lose("queue-full");
    book.enter(1);
    this.#queuedBytes += size;
    this.#socket ??= this.#open();
    this.#socket.send(datagram, address.port, address.address, (error) => {
      this.#queuedBytes -= size;
      budget.release(size);
      if (error === null) book.settleHandled(1);
      else {
        const code = (error as NodeJS.ErrnoException).code ?? "send-failed";
        book.settleDropped(systemReason(code), 1);
        this.#warn(code);
      }
    });
    return "taken";
  }

  #open(): Socket {
    const socket = createSocket(this.#options.address.address.includes(":") ? "udp6" : "udp4");
    // Nobody listens there, as an ICMP message told: the next may arrive.
    socket.on("error", (error) => this.#warn((error as NodeJS.ErrnoException).code ?? error.message));
    return socket.unref();
  }

  #lose(reason: LedgerReason): Submission {
    this.#options.book.enter(1);
    this.#options.book.settleDropped(reason, 1);
    this.#warn(reason);
    return { dropped: reason };
  }

  /** Once: the book counts. */
  #warn(reason: string): void {
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    const { address, logger } = this.#options;
    logger.warn({ address: address.address, port: address.port, reason }, "a trace could not be sent by UDP");
  }
}

/** For IPv4: 65 535 less the headers of IP and UDP. IPv6 takes 20 more, which are not used. */
const MAX_DATAGRAM_BYTES = 65_507;
const DEFAULT_MAX_QUEUED_BYTES = 4 * 1024 * 1024;
const CLOSE_MILLIS = 1000;
