/** Where the messages of one trace are written: a file of its own, or one that many share. */
export interface TraceOutput {
  /** Appends a piece that is a whole of its kind; it is copied. False when it is lost. */
  append(bytes: Uint8Array): boolean;
  /** The trace is whole. */
  finish(): void;
}
