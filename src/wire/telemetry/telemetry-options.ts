import type { TelemetryFormat } from "./telemetry.ts";

/** How an exchange is reported. */
export interface TelemetryOptions {
  readonly format: TelemetryFormat;
  /** The original's empty scheme and version, and its faults where they are values of a field. */
  readonly compat: boolean;
  /** Bytes of a body; default 1 000 000. */
  readonly maxBodyBytes: number;
  /** How a longer body is reported: nothing of it, or its beginning. `none`: no body is reported at all. */
  readonly bodyMode: BodyMode;
  /** Headers that begin so are left out; in lower case. Pseudo-headers always are. */
  readonly excludeHeaderPrefixes: readonly string[];
  /** Bodies in a content coding that was not undone are left out: nobody could look for secrets in them. */
  readonly withholdsCoded: boolean;
}

export const BODY_MODES = ["drop", "prefix", "none"] as const;
export type BodyMode = (typeof BODY_MODES)[number];

export const DEFAULT_TELEMETRY_OPTIONS: TelemetryOptions = {
  format: "scn",
  compat: false,
  maxBodyBytes: 1_000_000,
  bodyMode: "drop",
  excludeHeaderPrefixes: ["x-envoy-"],
  withholdsCoded: false,
};
