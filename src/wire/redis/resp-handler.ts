/** A value that stands on its line: `+`, `-`, `:`, `_` (and RESP2's `$-1`, `*-1`), `#`, `,`, `(`. */
export type LineType = "simple" | "error" | "integer" | "null" | "boolean" | "double" | "big-number";

/** A value of so many bytes: `$`, `!`, `=`. */
export type StringType = "bulk" | "bulk-error" | "verbatim";

/** A value of values: `*`, `~`, `%`, `>`; and `|`, which augments the value after it. */
export type AggregateType = "array" | "set" | "map" | "push" | "attribute";

/**
 * Gets what a `RespParser` finds, in the order of the wire. `bytes[start, end)` are valid during the call.
 *
 *     messageBegin (line | string | aggregate) messageEnd
 *     string:    stringBegin (stringBytes | stringGap)* stringEnd
 *     aggregate: aggregateBegin (line | string | aggregate)* aggregateEnd
 */
export interface RespHandler {
  /** @param at where its first byte stands in all that was pushed */
  messageBegin(at: number): void;
  /** @param at where the byte after its last stands */
  messageEnd(at: number): void;
  /** @param size the line's, of which `bytes[start, end)` are those kept */
  line(type: LineType, bytes: Uint8Array, start: number, end: number, size: number): void;
  /** An inline command, without its line's end. Called between `messageBegin` and `messageEnd`. */
  inline(bytes: Uint8Array, start: number, end: number, size: number): void;
  /** @param length undefined of a streamed string */
  stringBegin(type: StringType, length: number | undefined): void;
  stringBytes(bytes: Uint8Array, start: number, end: number): void;
  /** So many bytes of the string were never seen, and so many of its end. */
  stringGap(size: number, end: number): void;
  stringEnd(): void;
  /** @param count of values, or of pairs in a map or attribute; undefined of a streamed aggregate */
  aggregateBegin(type: AggregateType, count: number | undefined): void;
  aggregateEnd(): void;
}
