import type { PersonalClass } from "../../analysis/redaction/index.ts";
import type { Endpoint, IpEndpoint } from "../../model/index.ts";
import type { CaptureFormat, ConnectionLayout, TraceFormat } from "../../wire/envoy/index.ts";
import type { MatchPredicate } from "./match-predicate.ts";

/**
 * The configuration of what a tap records, and where it goes: Envoy's `envoy.config.tap.v3.TapConfig` (and `envoy.service.tap.v2alpha.TapConfig`,
 * which has the same fields), checked and with its defaults filled in.
 */
export interface TapConfig {
  /** `match` where it is set, else `match_config`. */
  readonly match: MatchPredicate;
  readonly output: OutputConfig;
  /** `tap_enabled`, or `rate` of our `sample`; absent means that everything that matches is tapped. */
  readonly sampling?: Sampling;
  /** Ours: what else of `sample` decides whether a trace is kept. */
  readonly selection?: TraceSelection;
  /** Ours: credentials are taken out of what is recorded. HTTP only. */
  readonly redaction?: TraceRedaction;
}

/** The fields of `sample` beside its rate. */
export interface TraceSelection {
  /** Traces a second at most, on average; what was not used is saved up for at most one second. */
  readonly maxPerSecond?: number;
  /** Failed exchanges are kept whatever the rate and the limit: status 5xx, a gRPC status other than OK, a reset, no response. */
  readonly keepErrors: boolean;
  /** So are those that took at least that long. */
  readonly keepSlowerThanMillis?: number;
}

/** Names redacted in addition to the default rules (analysis/redaction), and names exempt from them. */
export interface TraceRedaction {
  readonly headers: readonly string[];
  /** Names of parameters, members and fields in URLs and bodies. */
  readonly names: readonly string[];
  readonly except: readonly string[];
  /** Classes of personal data that are redacted wherever they stand. */
  readonly pii: readonly PersonalClass[];
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
  | FileDestination
  | GrpcDestination
  | UdpDestination
  | { readonly kind: "streaming-admin" }
  /** `timeoutMillis` is absent where there is no limit of time. */
  | { readonly kind: "buffered-admin"; readonly maxTraces: number; readonly timeoutMillis?: number };

/** `file_per_tap`. */
export interface FileDestination {
  readonly kind: "file-per-tap";
  readonly pathPrefix: string;
  /** Ours: all traces go into one file, which may be rolled. */
  readonly single?: SingleFile;
  /** Ours: how many finished files there are at most; the oldest are deleted. */
  readonly keep?: number;
}

/** When a file of many traces is finished and the next begun; without either, at the end and on SIGHUP. */
export interface SingleFile {
  /** Before a message would make it larger. */
  readonly maxBytes?: number;
  /** When it is that old. */
  readonly intervalMillis?: number;
}

/** `streaming_grpc`: StreamTaps of `envoy.service.tap.v3.TapSinkService`, or v2alpha. */
export interface GrpcDestination {
  readonly kind: "streaming-grpc";
  readonly tapId: string;
  readonly target: GrpcTarget;
  /** `transport_api_version` (ours). */
  readonly version: "v3" | "v2alpha";
  /** `initial_metadata`: sent with the call. Names are in lower case. */
  readonly metadata: readonly (readonly [name: string, value: string])[];
}

/** Who is called: a cluster of the configuration, or an address in plain text (`google_grpc`). */
export type GrpcTarget =
  /** `authority` is what the call says that it is for; default the cluster's name. */
  | { readonly kind: "cluster"; readonly name: string; readonly authority?: string }
  | { readonly kind: "address"; readonly address: Endpoint };

/** `custom_sink` with `envoy.tap_sinks.udp_sink`. */
export interface UdpDestination {
  readonly kind: "udp";
  readonly address: IpEndpoint;
}

/** `OutputSink.Format`, and two of ours: Wireshark's file and the browsers'. */
export type SinkFormat = TraceFormat | "PCAPNG" | "HAR";

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
