import type { Header } from "../../model/index.ts";

/**
 * One HTTP exchange as trace exporters report it (openclarity's wasm-filters and their like). Texts are octets, one character
 * each, as in the model; what is not known is empty, as in the documents.
 */
export interface Telemetry {
  readonly requestId: string;
  /** `http`, `https`. */
  readonly scheme: string;
  /** `10.0.0.9:8080`, `[::1]:80`. */
  readonly destinationAddress: string;
  /** The Kubernetes namespace of the workload that was called. */
  readonly destinationNamespace: string;
  readonly sourceAddress: string;
  readonly request: TelemetryRequest;
  readonly response: TelemetryResponse;
}

export interface TelemetryRequest extends TelemetryMessage {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly host: string;
}

export interface TelemetryResponse extends TelemetryMessage {
  /** `200`; empty where there was no response. */
  readonly statusCode: string;
}

export interface TelemetryMessage {
  /** `HTTP/1.1` */
  readonly version: string;
  /** In their order; names in lower case, `host` first of a request's. */
  readonly headers: readonly Header[];
  readonly body: Uint8Array;
  /** There was more than `body` has: exporters drop a body that is too long as a whole. */
  readonly truncated: boolean;
  /** Milliseconds since the epoch; absent where it is not known, which `apiclarity` writes as 0 and `scn` never says. */
  readonly timeMillis?: number;
}

/**
 * - `scn`: `POST /publish`, the documented contract: snake_case, the parts of a message flat.
 * - `apiclarity`: `POST /api/telemetry`, which APIClarity takes (its plugins/api/swagger.yaml): camelCase, `common` nested, times.
 */
export type TelemetryFormat = keyof typeof TELEMETRY_FORMATS;

export const TELEMETRY_FORMATS = {
  scn: { path: "/publish", authority: "scn", contentType: undefined, natsSubject: "portshift.messaging.io" },
  apiclarity: {
    path: "/api/telemetry",
    authority: "apiclarity",
    contentType: "application/json",
    natsSubject: undefined,
  },
} as const;
