import { octetsOf } from "./pairs.ts";

/** Thrown out of a host function when a module gave a pointer outside of its memory; it becomes the status 6. */
export class InvalidAccess extends Error {}

/**
 * A module's memory. It moves when it grows, and it may grow with every call into the module: nothing of it is kept here. Pointers and
 * sizes are unsigned, whatever sign they came with.
 */
export class GuestMemory {
  readonly #memory: WebAssembly.Memory;
  readonly #allocate: (size: number) => number;

  constructor(memory: WebAssembly.Memory, allocate: (size: number) => number) {
    this.#memory = memory;
    this.#allocate = allocate;
  }

  get size(): number {
    return this.#memory.buffer.byteLength;
  }

  /** A view that holds until the module runs next. */
  view(pointer: number, size: number): Uint8Array {
    const [at, length] = this.#check(pointer, size);
    return new Uint8Array(this.#memory.buffer, at, length);
  }

  copy(pointer: number, size: number): Uint8Array {
    return this.view(pointer, size).slice();
  }

  /** A byte string. */
  octets(pointer: number, size: number): string {
    return octetsOf(this.view(pointer, size));
  }

  text(pointer: number, size: number): string {
    return new TextDecoder().decode(this.view(pointer, size));
  }

  readUint32(pointer: number): number {
    const [at] = this.#check(pointer, 4);
    return new DataView(this.#memory.buffer).getUint32(at, true);
  }

  writeUint32(pointer: number, value: number): void {
    const [at] = this.#check(pointer, 4);
    new DataView(this.#memory.buffer).setUint32(at, value, true);
  }

  writeUint64(pointer: number, value: bigint): void {
    const [at] = this.#check(pointer, 8);
    new DataView(this.#memory.buffer).setBigUint64(at, value, true);
  }

  /** Hands bytes to the module: allocates there, and writes where they are. Nothing is handed over as a null pointer. */
  give(bytes: Uint8Array, pointerTo: number, sizeTo: number): void {
    this.#check(pointerTo, 4);
    this.#check(sizeTo, 4);
    let pointer = 0;
    if (bytes.length > 0) {
      pointer = this.#allocate(bytes.length) >>> 0;
      if (pointer === 0) throw new InvalidAccess("the module has no memory left");
      const [at] = this.#check(pointer, bytes.length);
      new Uint8Array(this.#memory.buffer, at, bytes.length).set(bytes);
    }
    this.writeUint32(pointerTo, pointer);
    this.writeUint32(sizeTo, bytes.length);
  }

  #check(pointer: number, size: number): readonly [number, number] {
    const at = pointer >>> 0;
    const length = size >>> 0;
    if (at + length > this.#memory.buffer.byteLength) throw new InvalidAccess(`${length} bytes at ${at}`);
    return [at, length];
  }
}
