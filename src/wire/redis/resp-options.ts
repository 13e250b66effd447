import type { RespHandler } from "./resp-handler.ts";

export interface RespParserOptions {
  readonly handler: RespHandler;
  /**
   * Commands of a client: arrays of bulk strings, or inline commands, as a server takes them (networking.c,
   * processMultibulkBuffer and processInlineBuffer). Default: any values, as a client takes them.
   */
  readonly commands?: boolean;
  /** Bytes of a line kept; the rest of a longer one is counted. Default 16 KiB. */
  readonly lineBytes?: number;
  /** Aggregates within aggregates. Default 64. */
  readonly depth?: number;
}

/** Why a stream is not RESP: the parser has stopped. */
export type RespProblem =
  | "unknown-type"
  | "malformed-length"
  | "malformed-line"
  | "malformed-value"
  | "missing-terminator"
  | "too-large"
  | "nested-too-deep";
