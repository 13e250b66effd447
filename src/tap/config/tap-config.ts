import type { CaptureFormat, ConnectionLayout, TraceFormat } from "../../wire/envoy/index.ts";
import type { MatchPredicate } from "./match-predicate.ts";

/**
 * What a tap records and where it goes: Envoy's `envoy.config.tap.v3.TapConfig` (and `envoy.service.tap.v2alpha.TapConfig`,
 * which has the same fields), checked and with its defaults filled in.
 */
export interface TapConfig {
  /** `match` where it is set, else `match_config`. */
  readonly match: MatchPredicate;
  readonly output: OutputConfig;
  /** `tap_enabled`; absent means that everything that matches is tapped. */
  readonly sampling?: Sampling;
}

export interface OutputConfig {
  readonly sink: OutputSink;
  /**
   * How many bytes read from the connection (or of a request's body) are kept; default 1024. Buffered: in all; streamed: of
   * each event.
   */
  readonly maxBufferedRxBytes: number;
  /** The same for what is written (or for a response's body); default 1024. */
  readonly maxBufferedTxBytes: number;
  /** One message an event as it happens, instead of one message at the end; default false. */
  readonly streaming: boolean;
  /** Streamed socket events are gathered until they hold that many bytes; 0, the default, sends each at once. */
  readonly minStreamedSentBytes: number;
}

export interface OutputSink {
  readonly format: SinkFormat;
  /** How `Connection` is laid out on the wire: as Envoy ≥ 1.28 does (`new`, the default) or as those before (`old`). */
  readonly connectionLayout: ConnectionLayout;
  readonly destination: SinkDestination;
}

export type SinkDestination =
  | { readonly kind: "file-per-tap"; readonly pathPrefix: string }
  | { readonly kind: "streaming-admin" }
  /** `timeoutMillis` is absent where there is no limit of time. */
  | { readonly kind: "buffered-admin"; readonly maxTraces: number; readonly timeoutMillis?: number };

/** `OutputSink.Format`, and Wireshark's file, which is ours. */
export type SinkFormat = TraceFormat | "PCAPNG";

/** `RuntimeFractionalPercent`: `numerator` of `denominator` are tapped. There is no runtime: the default value decides. */
export interface Sampling {
  readonly numerator: number;
  readonly denominator: 100 | 10_000 | 1_000_000;
}

/** Where the tap configuration of a socket or filter comes from (`CommonExtensionConfig`). */
export type CommonTapConfig =
  | { readonly kind: "static"; readonly tap: TapConfig }
  /** Nothing is tapped until a configuration with that id is posted to the admin listener's `/tap`. */
  | { readonly kind: "admin"; readonly configId: string };

/** The tap transport socket (`envoy.extensions.transport_sockets.tap.v3.Tap`), without the socket that it wraps. */
export interface SocketTapConfig {
  readonly common: CommonTapConfig;
  /** Every event of a streamed trace carries the connection's addresses; default false. */
  readonly setConnectionPerEvent: boolean;
  /** Goes into the names of the counters; may be empty. */
  readonly statsPrefix: string;
}

/** The capture transport socket of Envoy 1.7 to 1.9 (`envoy.config.transport_socket.capture.v2alpha.Capture`). */
export interface CaptureConfig {
  readonly pathPrefix: string;
  /** `FileSink.Format`, and Wireshark's file, which is ours. */
  readonly format: CaptureFormat | "PCAPNG";
  /** Ours: the most memory that one connection's capture may take, in bytes; default `DEFAULT_MAX_CAPTURED_BYTES`. */
  readonly maxCapturedBytes: number;
}

export const DEFAULT_MAX_BUFFERED_BYTES = 1024;
export const DEFAULT_MAX_CAPTURED_BYTES = 64 * 1024 * 1024;
