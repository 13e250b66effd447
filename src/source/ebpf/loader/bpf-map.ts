import type { Libbpf } from "./libbpf.ts";

/** A map of the kernel's, with keys and values as bytes in the processor's order (little-endian). */
export class BpfMap {
  readonly #libbpf: Libbpf;
  readonly #fd: number;

  constructor(libbpf: Libbpf, fd: number) {
    this.#libbpf = libbpf;
    this.#fd = fd;
  }

  /** Gives the reason where it cannot be set: the map is full. */
  set(key: Uint8Array, value: Uint8Array): string | undefined {
    return this.#libbpf.bpf_map_update_elem(this.#fd, key, value, 0) === 0 ? undefined : this.#libbpf.lastError();
  }

  /** False where there is no such key; the value is in `value` otherwise. */
  get(key: Uint8Array, value: Uint8Array): boolean {
    return this.#libbpf.bpf_map_lookup_elem(this.#fd, key, value) === 0;
  }

  delete(key: Uint8Array): boolean {
    return this.#libbpf.bpf_map_delete_elem(this.#fd, key) === 0;
  }
}

/** Keys and values of one number. */
export function u32(value: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(value).buffer);
}

export function u64(value: bigint): Uint8Array {
  return new Uint8Array(BigUint64Array.of(value).buffer);
}
