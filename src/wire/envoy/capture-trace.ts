import type { Timestamp } from "../../model/index.ts";
import { message, TIMESTAMP } from "./read/document/schema.ts";
import { ADDRESS, type TraceConnection } from "./trace.ts";

/**
 * The `Trace` of the capture transport socket (Envoy 1.7 to 1.9). Encodings of parts of it, one after the other, are the
 * encoding of the whole (binary and text alike): a capture can be written as it happens.
 */
export interface CaptureTrace {
  readonly id?: bigint;
  readonly connection?: TraceConnection;
  readonly events: readonly CaptureEvent[];
}

/** The capture era's `Event`: its data is bytes, not a body. */
export interface CaptureEvent {
  readonly kind: "read" | "write" | "unknown";
  readonly timestamp?: Timestamp;
  readonly data: Uint8Array;
  /** Write only. */
  readonly endStream?: boolean;
}

const CAPTURE_CONNECTION = message<CaptureTrace>(
  ["id=1 uint64", (trace) => trace.id],
  ["local_address=2", ({ connection }) => connection?.localAddress, ADDRESS],
  ["remote_address=3", ({ connection }) => connection?.remoteAddress, ADDRESS],
);
const CAPTURE_EVENT = message<CaptureEvent>(
  ["timestamp=1", (event) => event.timestamp, TIMESTAMP],
  [
    "read=2",
    (event) => (event.kind === "read" ? event : undefined),
    message<CaptureEvent>(["data=1 bytes", (read) => read.data]),
  ],
  [
    "write=3",
    (event) => (event.kind === "write" ? event : undefined),
    message<CaptureEvent>(["data=1 bytes", (write) => write.data], ["end_stream=2 bool", (write) => write.endStream]),
  ],
);
export const CAPTURE_TRACE = message<CaptureTrace>(
  [
    "connection=1",
    (trace) => (trace.connection === undefined && trace.id === undefined ? undefined : trace),
    CAPTURE_CONNECTION,
  ],
  ["events=2 repeated", (trace) => trace.events, CAPTURE_EVENT],
);
