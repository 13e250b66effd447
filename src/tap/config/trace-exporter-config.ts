import type { Place } from "../../model/index.ts";
import { DEFAULT_TELEMETRY_OPTIONS, TELEMETRY_FORMATS, type TelemetryOptions } from "../../wire/telemetry/index.ts";

/** A trace exporter, checked and with its defaults filled in: each exchange becomes a POST to a backend. Durations are milliseconds. */
export interface TraceExporterConfig {
  readonly telemetry: TelemetryOptions;
  readonly backend: BackendConfig;
  /** `/publish` or `/api/telemetry`, by the format. */
  readonly path: string;
  /** The Host that is sent: `scn` or `apiclarity`. */
  readonly authority: string;
  readonly natsSubject: string;
  /** Sent as `X-Trace-Source-Token`. */
  readonly token?: string;
  /** For one POST, from its beginning to the end of the answer; default 15 s. */
  readonly timeoutMillis: number;
  /** Credentials are taken out, those that these name too. Absent: nothing is. */
  readonly redaction?: { readonly headers: readonly string[]; readonly names: readonly string[] };
  /** Only what a sampling manager lists is reported. Absent: everything is. */
  readonly sampling?: SamplingConfig;
  /** The share of exchanges that are reported, 0 to 1. */
  readonly sampleRate: number;
  /** Paths that begin so are not reported. */
  readonly skipPaths: readonly string[];
  /** CEL: only what matches is reported. */
  readonly filter?: string;
  /** Bytes of bodies and of reports that wait, at most; default 64 MiB. */
  readonly maxMemoryBytes: number;
  /** Reports that wait, at most; default 10 000. */
  readonly maxQueued: number;
  /** Connections to the backend, each with one POST at a time; default 32. */
  readonly maxConnections: number;
  /** How often one report is tried; default 4. */
  readonly maxAttempts: number;
  readonly place: Place;
}

/** Where reports go. */
export type BackendConfig =
  | { readonly kind: "cluster"; readonly name: string }
  | { readonly kind: "url"; readonly url: string; readonly tls?: BackendTls };

/** For `https://`: PEM. Without an authority the system's are trusted. */
export interface BackendTls {
  readonly ca?: Uint8Array;
  readonly certificate?: Uint8Array;
  readonly key?: Uint8Array;
}

export interface SamplingConfig {
  readonly backend: BackendConfig;
  readonly path: string;
  readonly intervalMillis: number;
  /** Everything is reported until the first list has come; default nothing is. */
  readonly traceBeforeFirstList: boolean;
}

/** The exporter of a backend that nothing more is said of. */
export function defaultTraceExporter(
  backend: BackendConfig,
  telemetry: TelemetryOptions = DEFAULT_TELEMETRY_OPTIONS,
): TraceExporterConfig {
  const { path, authority, natsSubject } = TELEMETRY_FORMATS[telemetry.format];
  return {
    telemetry,
    backend,
    path,
    authority,
    natsSubject: natsSubject ?? "",
    timeoutMillis: 15_000,
    redaction: { headers: [], names: [] },
    sampleRate: 1,
    skipPaths: [],
    maxMemoryBytes: 64 * 1024 * 1024,
    maxQueued: 10_000,
    maxConnections: 32,
    maxAttempts: 4,
    place: {},
  };
}
