import type { Connection, HttpExchange, Submission, Timestamp } from "../model/index.ts";
import type { CaptureTrace, TraceWrapper } from "../wire/envoy/index.ts";

/** Where the traces of one tap configuration go. */
export interface TraceSink {
  /** Makes ready for one trace; nothing comes into being before something is submitted. */
  open(trace: TraceIdentity): TraceSinkHandle;
}

/** The subject of a trace. */
export interface TraceIdentity {
  /** Goes into the names of files: the connection's id, or an HTTP stream's. */
  readonly id: bigint;
  readonly connection: Connection;
}

/** One trace on its way to a sink. */
export interface TraceSinkHandle {
  /**
   * Hands over a message: the only one of a buffered trace, or the next of a streamed one. What it refers to is borrowed until
   * the call returns. Never throws, never waits and books what it did, as every sink; a tap cannot pause, so none says `full`.
   */
  submit(wrapper: TraceWrapper, facts?: TraceFacts): Submission;
  /**
   * Hands over the exchange that a buffered HTTP trace tells of, with the bodies that were kept: for forms that are made of
   * exchanges. Where it is there it is called instead of `submit`, and no message is made. As `submit` else.
   */
  submitExchange?(exchange: HttpExchange): Submission;
  /** The trace is whole. */
  close(): void;
}

/** Facts that a message of an HTTP trace lacks, for sinks whose form has a place for them. */
export interface TraceFacts {
  /** When what it tells of came. */
  readonly time?: Timestamp;
  /** Makes the exchange that a buffered trace tells of, with the bodies that were kept; borrowed as the message is. */
  readonly exchange?: () => HttpExchange;
}

/** Where captures go. */
export interface CaptureSink {
  open(trace: TraceIdentity): CaptureSinkHandle;
}

export interface CaptureSinkHandle {
  /** Hands over a part of the capture; as `TraceSinkHandle.submit`. The parts, one after the other, are the capture. */
  submit(part: CaptureTrace): Submission;
  close(): void;
}
