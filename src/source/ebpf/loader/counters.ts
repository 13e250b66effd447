import { BpfMap, u32 } from "./bpf-map.ts";
import type { BpfObject } from "./bpf-object.ts";

/** Counts of the programs, summed over the processors. */
export interface Counters {
  readonly ringFull: number;
  readonly ringBytes: number;
  readonly noConnection: number;
  readonly faults: number;
  readonly compat: number;
  readonly tlsDepth: number;
  readonly produced: number;
  readonly tasks: number;
}

export function readCounters(object: BpfObject): Counters {
  const map = new BpfMap(object, "counters");
  const perCpu = new BigUint64Array(object.libbpf.libbpf_num_possible_cpus());
  const read = (index: number): number => {
    if (!map.get(u32(index), new Uint8Array(perCpu.buffer))) return 0;
    return Number(perCpu.reduce((sum, value) => sum + value, 0n));
  };
  return {
    ringFull: read(0),
    ringBytes: read(1),
    noConnection: read(2),
    faults: read(3),
    compat: read(4),
    tlsDepth: read(5),
    produced: read(6),
    tasks: read(7),
  };
}
