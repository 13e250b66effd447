import { TaplineError } from "../../../model/index.ts";
import type { Libbpf } from "./libbpf.ts";
import { MOST_RINGS } from "./rings.ts";

/** Settings of the programs, in memory that both see (struct control in bpf/events.h). Each thread maps it for itself. */
export class Control {
  readonly #libbpf: Libbpf;
  readonly #at: bigint | number;
  readonly #length: number;
  readonly #words: Int32Array;
  readonly #view: DataView;

  /** @param fd of the map `.bss` */
  constructor(libbpf: Libbpf, fd: number) {
    this.#libbpf = libbpf;
    this.#length = libbpf.getpagesize();
    this.#at = libbpf.mmap(null, this.#length, 3, 1, fd, 0);
    if (BigInt(this.#at) === 0xffff_ffff_ffff_ffffn)
      throw new TaplineError("limit", `the programs' settings cannot be mapped: ${libbpf.lastError()}`);
    const memory = libbpf.koffi.view(this.#at, this.#length);
    this.#words = new Int32Array(memory, 0, WORDS);
    this.#view = new DataView(memory);
  }

  /** Rules have changed: every task is looked at again. */
  reconsider(): void {
    Atomics.add(this.#words, FIELD.generation, 1);
  }

  set(field: Exclude<keyof typeof FIELD, "generation">, value: number): void {
    Atomics.store(this.#words, FIELD[field], value | 0);
  }

  /** Whether the reader of that ring sleeps and wants to be woken. */
  setPolling(ring: number, isPolling: boolean): void {
    Atomics.store(this.#words, POLLING + ring, isPolling ? 1 : 0);
  }

  /** Whether a ring had no room for a record, once. */
  get hasLost(): boolean {
    return Atomics.load(this.#words, HAS_LOST) !== 0;
  }

  /** The first number that a connection gets. */
  setNextId(id: bigint): void {
    this.#view.setBigUint64(NEXT_ID, id, true);
  }

  /** Only connections with one of these ports at one end; all where there are none. */
  setPorts(ports: readonly number[]): void {
    if (ports.length > MAX_PORTS)
      throw new TaplineError("usage", `${ports.length} ports are more than can be asked for: at most ${MAX_PORTS}`);
    for (const [index, port] of ports.entries()) this.#view.setUint16(PORTS + 2 * index, port, true);
    this.#view.setUint32(PORT_COUNT, ports.length, true);
  }

  close(): void {
    this.#libbpf.munmap(this.#at, this.#length);
  }
}

/** Indices of 32-bit words. */
const FIELD = {
  generation: 0,
  ownPid: 1,
  watchAll: 2,
  useComms: 3,
  useCgroups: 4,
  timings: 5,
  captureBytes: 6,
  rings: 7,
  packets: 19,
} as const;
const HAS_LOST = 20;
const POLLING = 21;
const WORDS = POLLING + MOST_RINGS;
const NEXT_ID = 32;
const PORT_COUNT = 40;
const PORTS = 44;
const MAX_PORTS = 16;
