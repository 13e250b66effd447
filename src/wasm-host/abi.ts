/** The numbers of the proxy-wasm ABI (versions 0.1.0 to 0.2.1), as the specification and Envoy have them. */

/** The results of host functions. */
export const Status = {
  Ok: 0,
  NotFound: 1,
  BadArgument: 2,
  InvalidMemoryAccess: 6,
  Empty: 7,
  CasMismatch: 8,
  InternalFailure: 10,
  Unimplemented: 12,
} as const;
export type Status = (typeof Status)[keyof typeof Status];

export const MapKind = {
  RequestHeaders: 0,
  RequestTrailers: 1,
  ResponseHeaders: 2,
  ResponseTrailers: 3,
  CallResponseHeaders: 6,
  CallResponseTrailers: 7,
} as const;
/** The largest number of a map, with those of gRPC, which are never there. */
export const LAST_MAP = 7;

export const BufferKind = {
  RequestBody: 0,
  ResponseBody: 1,
  CallResponseBody: 4,
  VmConfiguration: 6,
  PluginConfiguration: 7,
} as const;
export const LAST_BUFFER = 8;

/** The result of a callback of a stream by which it passes: anything but `Continue` stops the iteration. */
export const CONTINUE = 0;

export const StreamKind = { Request: 0, Response: 1, Downstream: 2, Upstream: 3 } as const;

export const MetricKind = { Counter: 0, Gauge: 1, Histogram: 2 } as const;

export const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "critical"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** The version that a module says by the one marker that it exports. */
export type AbiVersion = "0.1.0" | "0.2.0" | "0.2.1";
export const ABI_MARKERS: ReadonlyMap<string, AbiVersion> = new Map([
  ["proxy_abi_version_0_1_0", "0.1.0"],
  ["proxy_abi_version_0_2_0", "0.2.0"],
  ["proxy_abi_version_0_2_1", "0.2.1"],
]);

/** Bounds on a map that a module hands over: more is taken for an empty one, as proxies do. */
export const MAX_MAP_BYTES = 1024 * 1024;
export const MAX_MAP_PAIRS = 1024;
