/**
 * Receives the events of a `FrameParser` for one direction, in the order of the wire. Bytes are borrowed: they are valid until the call
 * returns.
 */
export interface FrameHandler {
  /**
   * The direction's first bytes were seen (the client's preface, or the server's first SETTINGS): what was not known about the
   * direction is known now, its header table is empty.
   */
  started(by: "client-preface" | "server-settings"): void;

  /** `bytes[start, end)` are content of a DATA frame (padding excluded), as they come: one frame may be reported in pieces. */
  data(streamId: number, bytes: Uint8Array, start: number, end: number): void;
  /** Content of a DATA frame that was never seen; the frame goes on after it. */
  dataMissing(streamId: number, size: number): void;
  /** The DATA frame is over. */
  dataEnd(streamId: number, endStream: boolean): void;

  /**
   * `bytes[start, end)` is a whole header block: of HEADERS and its CONTINUATIONs.
   *
   * @param wireBytes of all these frames, their headers included
   */
  headerBlock(
    streamId: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    endStream: boolean,
    wireBytes: number,
  ): void;
  /** As `headerBlock`, of PUSH_PROMISE: the request that the server answers on the promised stream. */
  pushPromise(
    streamId: number,
    promisedStreamId: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    wireBytes: number,
  ): void;
  /** A header block of that stream cannot be had whole (a limit, or frames that were missed): the header table is unknown from here on. */
  headerBlockLost(streamId: number, endStream: boolean, why: LostHeaderBlock): void;

  /** One setting that the direction's sender announced. */
  setting(setting: number, value: number): void;
  rstStream(streamId: number, errorCode: number): void;
  goaway(lastStreamId: number, errorCode: number): void;

  /** A frame that RFC 9113 has a receiver answer with that error. What it says is ignored. */
  violation(errorCode: number, type: number, streamId: number): void;
  /** It is no longer known where a frame begins; anything may have been missed. */
  synchronizationLost(): void;
  /** A frame's beginning was found again; `skipped` bytes before it were not understood. */
  synchronized(skipped: number): void;
}

/**
 * - `too-large`: more bytes or more CONTINUATION frames than the limits allow.
 * - `interrupted`: another frame stood where a CONTINUATION had to.
 * - `beginning-missed`: a CONTINUATION without HEADERS.
 * - `malformed`: padding longer than the frame.
 * - `memory`: the budget is used up.
 */
export type LostHeaderBlock = "too-large" | "interrupted" | "beginning-missed" | "malformed" | "memory";
