import { HEADER_BYTES, readU64 } from "./record.ts";

/** The packets of one call, and their time in each layer: sums, times in nanoseconds; 0 where nothing measures it. Order: `SUM`. */
export type PathSums = readonly number[];

/** Indices of `PathSums`: enum path_sum of bpf/path_sums.h. */
export const SUM = {
  packets: 0,
  bytes: 1,
  interface: 2,
  queued: 3,
  l2: 4,
  ready: 5,
  device: 6,
  toQueue: 3,
  fromQueue: 4,
  l3: 7,
  local: 8,
  output: 9,
  mac: 10,
  macTime: 11,
  filter: 12,
  filterTime: 13,
  l4: 14,
} as const;

const SUMS = 16;

/** Adds what a record (struct path_record) says to what is known. */
export function addPath(known: PathSums | undefined, view: DataView, at: number): PathSums {
  return Array.from({ length: SUMS }, (_, index) => {
    const value = readU64(view, at + HEADER_BYTES + 8 * index);
    return index === SUM.interface ? value || (known?.[index] ?? 0) : value + (known?.[index] ?? 0);
  });
}
