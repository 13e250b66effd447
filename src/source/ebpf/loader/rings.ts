import { TaplineError } from "../../../model/index.ts";
import { u32 } from "./bpf-map.ts";
import type { BpfObject } from "./bpf-object.ts";

/** The most that there may be: the lowest bits of a connection's number say which is its (RING_BITS of bpf/events.h). */
export const MOST_RINGS = 16;

const BPF_MAP_TYPE_RINGBUF = 27;

/**
 * The kernel's rings, one an analyzer. All that is told of a connection goes to one of them, in the kernel's order; the descriptors may be
 * mapped by any thread of the process.
 */
export class Rings {
  readonly fds: readonly number[];
  /** The size of each. */
  readonly bytes: number;
  readonly #object: BpfObject;

  private constructor(object: BpfObject, fds: readonly number[], bytes: number) {
    this.#object = object;
    this.fds = fds;
    this.bytes = bytes;
  }

  /**
   * Makes them and hands them to the programs, which are loaded.
   * @param bytes of each, a power of two
   * @throws TaplineError (`limit`) where the kernel has no memory for them
   */
  static create(object: BpfObject, count: number, bytes: number): Rings {
    const { libbpf } = object;
    const places = object.bpfMap("rings");
    const fds: number[] = [];
    for (let index = 0; index < count; index++) {
      const fd = libbpf.bpf_map_create(BPF_MAP_TYPE_RINGBUF, "ring", 0, 0, bytes, null);
      const problem = fd < 0 ? libbpf.lastError() : places.set(u32(index), u32(fd));
      if (fd >= 0) fds.push(fd);
      if (problem === undefined) continue;
      for (const one of fds) libbpf.close(one);
      throw new TaplineError("limit", `there is no ring of ${bytes} bytes for analyzer ${index + 1}: ${problem}`);
    }
    return new Rings(object, fds, bytes);
  }

  close(): void {
    for (const fd of this.fds) this.#object.libbpf.close(fd);
  }
}
