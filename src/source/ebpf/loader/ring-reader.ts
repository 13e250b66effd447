import { TaplineError } from "../../../model/index.ts";
import type { Libbpf } from "./libbpf.ts";

/** Called with a record in place: valid until the call returns. */
export type TakeRecord = (view: DataView, bytes: Uint8Array, at: number, length: number) => void;

/**
 * Reads the kernel's ring buffer where it is, without copies (BPF_MAP_TYPE_RINGBUF, kernel/bpf/ringbuf.c):
 *
 *     page 0, ours to write: the position up to which records were taken      page 1: how far the kernel has written
 *     then the data; a record that goes on at its beginning is copied together (the kernel would map it twice, and count its memory twice)
 *     record: u32 length | busy (bit 31) | discarded (bit 30), u32 unused, the bytes, up to a multiple of 8
 *
 * While records come they are asked for by a timer, and the kernel wakes nobody; when none came it waits for the kernel to wake it.
 */
export class RingReader {
  readonly #libbpf: Libbpf;
  readonly #size: number;
  readonly #consumer: BigInt64Array;
  readonly #producer: BigInt64Array;
  readonly #headers: Int32Array;
  readonly #view: DataView;
  readonly #bytes: Uint8Array;
  readonly #mapped: { at: bigint | number; length: number }[] = [];
  readonly #fd: number;
  /** For a record that goes on at the ring's beginning. */
  #joined = new Uint8Array(LARGEST_USUAL);
  #position: number;

  /** @param size of the ring in bytes, a power of two */
  constructor(libbpf: Libbpf, fd: number, size: number) {
    this.#libbpf = libbpf;
    this.#size = size;
    this.#fd = fd;
    const page = this.#libbpf.getpagesize();
    const own = this.#map(page, PROT_READ | PROT_WRITE, 0);
    const shared = this.#map(page + size, PROT_READ, page);
    this.#consumer = new BigInt64Array(own, 0, 1);
    this.#producer = new BigInt64Array(shared, 0, 1);
    this.#headers = new Int32Array(shared, page, size / 4);
    this.#view = new DataView(shared, page, size);
    this.#bytes = new Uint8Array(shared, page, size);
    this.#position = Number(this.#consumer[0]);
  }

  get fd(): number {
    return this.#fd;
  }

  /** Bytes that are in the ring now. */
  get filled(): number {
    return Number(Atomics.load(this.#producer, 0)) - this.#position;
  }

  /** Takes what there is, at most `most` records; gives how many. */
  drain(take: TakeRecord, most: number): number {
    let taken = 0;
    let released = this.#position;
    let isBusy = false;
    while (!isBusy && taken < most) {
      const produced = Number(Atomics.load(this.#producer, 0));
      if (this.#position >= produced) break;
      while (this.#position < produced && taken < most) {
        const at = this.#position % this.#size;
        const word = Atomics.load(this.#headers, at >> 2);
        if (word < 0) {
          isBusy = true;
          break;
        }
        const length = word & LENGTH;
        this.#position += (length + 15) & ~7;
        taken++;
        if ((word & DISCARDED) === 0) {
          if (at + 8 + length <= this.#size) take(this.#view, this.#bytes, at + 8, length);
          else this.#takeJoined(take, at + 8, length);
        }
        if (this.#position - released >= this.#size >> 3) released = this.#release();
      }
    }
    if (this.#position !== released) this.#release();
    return taken;
  }

  close(): void {
    for (const { at, length } of this.#mapped.splice(0)) this.#libbpf.munmap(at, length);
  }

  #takeJoined(take: TakeRecord, at: number, length: number): void {
    if (this.#joined.length < length) this.#joined = new Uint8Array(length);
    const before = Math.max(0, this.#size - at);
    this.#joined.set(this.#bytes.subarray(at, at + before));
    this.#joined.set(this.#bytes.subarray(at + before - this.#size, at + length - this.#size), before);
    take(new DataView(this.#joined.buffer), this.#joined, 0, length);
  }

  #release(): number {
    Atomics.store(this.#consumer, 0, BigInt(this.#position));
    return this.#position;
  }

  #map(length: number, protection: number, offset: number): ArrayBuffer {
    const at = this.#libbpf.mmap(null, length, protection, MAP_SHARED, this.#fd, offset);
    if (BigInt(at) === MAP_FAILED)
      throw new TaplineError(
        "limit",
        `the kernel's ring of ${length} bytes cannot be mapped: ${this.#libbpf.lastError()}`,
      );
    this.#mapped.push({ at, length });
    return this.#libbpf.koffi.view(at, length);
  }
}

const PROT_READ = 1;
const PROT_WRITE = 2;
const MAP_SHARED = 1;
/** Most records: larger than the largest chunk with its header. */
const LARGEST_USUAL = 17 * 1024;
const MAP_FAILED = 0xffff_ffff_ffff_ffffn;
const DISCARDED = 0x4000_0000;
const LENGTH = 0x3fff_ffff;
