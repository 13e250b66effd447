import type { TraceBody } from "../wire/envoy/index.ts";

/** The first `limit` bytes of `data`, as a view: what is encoded at once need not be copied. */
export function viewBody(data: Uint8Array, limit: number): TraceBody {
  return { asBytes: data.length <= limit ? data : data.subarray(0, limit), truncated: data.length > limit };
}

/** At most `limit` bytes of `data[start, start + length)`, copied. */
export function copyBody(data: Uint8Array, start: number, length: number, limit: number): TraceBody {
  const kept = Math.min(length, limit);
  return { asBytes: copyBytes(data, start, start + kept), truncated: kept < length };
}

/** A copy of its own memory (a Buffer's `slice` would be a view). */
export function copyBytes(data: Uint8Array, start: number, end: number): Uint8Array {
  const copy = new Uint8Array(end - start);
  copy.set(data.subarray(start, end));
  return copy;
}
