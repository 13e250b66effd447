import { u32 } from "./bpf-map.ts";
import type { BpfObject } from "./bpf-object.ts";

/** Counts of the programs, summed over the processors. */
export interface Counters {
  /** Records for which a ring had no room. */
  readonly ringFull: number;
  readonly ringBytes: number;
  readonly noConnection: number;
  readonly faults: number;
  readonly compat: number;
  readonly tlsDepth: number;
  readonly produced: number;
  readonly tasks: number;
  /** `ringFull` of each processor. */
  readonly ringFullByCpu: readonly number[];
}

export function readCounters(object: BpfObject): Counters {
  const map = object.bpfMap("counters");
  const perCpu = new BigUint64Array(object.libbpf.libbpf_num_possible_cpus());
  const readEach = (index: number): number[] =>
    map.get(u32(index), new Uint8Array(perCpu.buffer)) ? [...perCpu].map(Number) : [];
  const read = (index: number): number => readEach(index).reduce((sum, value) => sum + value, 0);
  return {
    ringFull: read(0),
    ringBytes: read(1),
    noConnection: read(2),
    faults: read(3),
    compat: read(4),
    tlsDepth: read(5),
    produced: read(6),
    tasks: read(7),
    ringFullByCpu: readEach(0),
  };
}

/** For people: records that found no room, by processor; undefined where all did. */
export function describeLostByCpu(lost: readonly number[]): string | undefined {
  const sum = lost.reduce((all, one) => all + one, 0);
  if (sum === 0) return undefined;
  const parts = lost.flatMap((count, cpu) => (count > 0 ? [`cpu ${cpu}: ${count}`] : []));
  return `the kernel's ring had no room for ${sum} records (${parts.join(", ")})`;
}
