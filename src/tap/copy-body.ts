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

/** A copy (a Buffer's `slice` would be a view). Small ones share memory, because memory of its own costs more than the copying. */
export function copyBytes(data: Uint8Array, start: number, end: number): Uint8Array {
  const length = end - start;
  const copy = length > SLAB_BYTES / 4 ? new Uint8Array(length) : takeFromSlab(length);
  copy.set(start === 0 && end === data.length ? data : data.subarray(start, end));
  return copy;
}

/** The most that one small copy that is kept for long may keep alive. */
const SLAB_BYTES = 8 * 1024;
let slab = new ArrayBuffer(SLAB_BYTES);
let slabUsed = 0;

function takeFromSlab(length: number): Uint8Array {
  if (slabUsed + length > SLAB_BYTES) {
    slab = new ArrayBuffer(SLAB_BYTES);
    slabUsed = 0;
  }
  const piece = new Uint8Array(slab, slabUsed, length);
  slabUsed += length;
  return piece;
}
