import type { BpfMap } from "./bpf-map.ts";
import { u64 } from "./bpf-map.ts";

/** Records for which a ring had no room, and the bytes of the stream that they stood for. */
export interface Loss {
  readonly records: number;
  readonly bytes: number;
}

/** sizeof(struct conn) of bpf/state.h, whose first field is the connection's number; and of struct lost. */
const CONN_BYTES = 64;
const LOST_BYTES = 16;

/** The connections that the kernel's programs know, asked for where records of them were lost. */
export class KernelConnections {
  readonly #conns: BpfMap;
  readonly #losses: BpfMap;
  readonly #hasLost: () => boolean;

  /** @param hasLost whether anything was lost since the programs were attached */
  constructor(conns: BpfMap, losses: BpfMap, hasLost: () => boolean) {
    this.#conns = conns;
    this.#losses = losses;
    this.#hasLost = hasLost;
  }

  get hasLost(): boolean {
    return this.#hasLost();
  }

  /** Whether the descriptor is that connection's still. */
  isOpen(id: number, pid: number, fd: number): boolean {
    const key = new Uint8Array(8);
    const value = new Uint8Array(CONN_BYTES);
    new DataView(key.buffer).setUint32(0, pid, true);
    new DataView(key.buffer).setInt32(4, fd, true);
    return this.#conns.get(key, value) && Number(new DataView(value.buffer).getBigUint64(0, true)) === id;
  }

  /** Loss of a connection so far; undefined where there was none. */
  lossOf(id: number): Loss | undefined {
    const value = new Uint8Array(LOST_BYTES);
    if (!this.hasLost || !this.#losses.get(u64(BigInt(id)), value)) return undefined;
    const view = new DataView(value.buffer);
    return { records: Number(view.getBigUint64(0, true)), bytes: Number(view.getBigUint64(8, true)) };
  }
}
