import type { TelemetryFormat } from "../../../wire/telemetry/index.ts";

/** How the filter is put into a cluster. */
export interface FilterOptions {
  /** A host name or address of the backend. */
  readonly address: string;
  readonly port: number;
  /** Where the list of hosts is asked for; absent: everything is reported. */
  readonly samplingPort?: number;
  readonly format: TelemetryFormat;
  /** More of the filter's configuration (docs/trace-exporter.md). */
  readonly configuration: Readonly<Record<string, unknown>>;
  /** The server's side of connections reports, too. */
  readonly inbound: boolean;
  /** `fail-open`: a filter that cannot run is left out; `fail-reload` (Envoy 1.33 and later): and tried again. */
  readonly onFailure: "fail-open" | "fail-reload" | "fail-closed";
  readonly as: "envoy-filter" | "wasm-plugin";
  readonly code: FilterCode;
}

/** How Envoy gets the file. */
export type FilterCode =
  /** From a ConfigMap that is mounted into every pod, by annotations. */
  | { readonly kind: "config-map"; readonly configMap: string; readonly file: string; readonly bytes: Uint8Array }
  /** It fetches it: nothing is mounted, and nothing restarts. */
  | { readonly kind: "remote"; readonly url: string; readonly sha256: string };

/** The original's. */
export const DEFAULT_BACKEND_ADDRESS = "apiclarity-apiclarity.apiclarity.svc.cluster.local";
export const DEFAULT_BACKEND_PORT = 9000;
export const DEFAULT_CONFIG_MAP = "wasm-filter";
export const MOUNT_PATH = "/var/local/lib/wasm-filters";
export const FILTER_NAME = "trace-filter";
export const ROOT_ID = "trace-outbound-filter";
export const VOLUME = "wasmfilters-dir";
/** Kinds whose pods get the annotations. */
export const WORKLOAD_KINDS = ["Deployment", "StatefulSet", "DaemonSet"] as const;
