// Functions of the host (proxy-wasm ABI 0.2.x): the only imports of this module. Each returns a status, 0 is OK.

// @ts-ignore: decorator
@external("env", "proxy_log")
export declare function proxy_log(level: u32, text: usize, size: u32): u32;

// @ts-ignore: decorator
@external("env", "proxy_get_buffer_bytes")
export declare function proxy_get_buffer_bytes(buffer: u32, start: u32, most: u32, data: usize, size: usize): u32;

// @ts-ignore: decorator
@external("env", "proxy_get_header_map_pairs")
export declare function proxy_get_header_map_pairs(map: u32, data: usize, size: usize): u32;

// @ts-ignore: decorator
@external("env", "proxy_get_header_map_value")
export declare function proxy_get_header_map_value(
  map: u32,
  key: usize,
  keySize: u32,
  data: usize,
  size: usize,
): u32;

// @ts-ignore: decorator
@external("env", "proxy_get_property")
export declare function proxy_get_property(path: usize, pathSize: u32, data: usize, size: usize): u32;

// @ts-ignore: decorator
@external("env", "proxy_http_call")
export declare function proxy_http_call(
  cluster: usize,
  clusterSize: u32,
  headers: usize,
  headersSize: u32,
  body: usize,
  bodySize: u32,
  trailers: usize,
  trailersSize: u32,
  timeout: u32,
  call: usize,
): u32;

// @ts-ignore: decorator
@external("env", "proxy_set_tick_period_milliseconds")
export declare function proxy_set_tick_period_milliseconds(period: u32): u32;

// @ts-ignore: decorator
@external("env", "proxy_get_current_time_nanoseconds")
export declare function proxy_get_current_time_nanoseconds(time: usize): u32;

// @ts-ignore: decorator
@external("env", "proxy_define_metric")
export declare function proxy_define_metric(kind: u32, name: usize, size: u32, metric: usize): u32;

// @ts-ignore: decorator
@external("env", "proxy_increment_metric")
export declare function proxy_increment_metric(metric: u32, by: i64): u32;

export const OK: u32 = 0;

// Buffers and maps by their numbers in the ABI.
export const REQUEST_BODY: u32 = 0;
export const RESPONSE_BODY: u32 = 1;
export const CALL_RESPONSE_BODY: u32 = 4;
export const PLUGIN_CONFIGURATION: u32 = 7;
export const REQUEST_HEADERS: u32 = 0;
export const RESPONSE_HEADERS: u32 = 2;
export const CALL_RESPONSE_HEADERS: u32 = 6;

/** Where the host puts its answers: a pointer at 0, a size at 4, anything of eight bytes at 8. */
export const ANSWER: usize = memory.data(16);

/** The pointer and the size of the host's last answer. */
// @ts-ignore: decorator
@inline
export function answerData(): usize {
  return load<u32>(ANSWER);
}

// @ts-ignore: decorator
@inline
export function answerSize(): u32 {
  return load<u32>(ANSWER, 4);
}

export function clearAnswer(): void {
  store<u64>(ANSWER, 0);
  store<u64>(ANSWER, 0, 8);
}
