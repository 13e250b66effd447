import type { FlowEvent, Ledger, MemoryBudget, SocketObserver } from "../../model/index.ts";
import type { KernelOperation } from "./events/kernel-operation.ts";
import type { ProcessEvent } from "./events/process-event.ts";
import { WallTime } from "./events/wall-time.ts";
import { KernelPrograms, type KernelProgramsOptions, type Selection } from "./kernel-programs.ts";
import type { BpfObject } from "./loader/bpf-object.ts";
import type { ProcessTable } from "./processes/process-table.ts";
import { RingListener } from "./ring-listener.ts";

export interface KernelAgentOptions extends Omit<KernelProgramsOptions, "packets"> {
  readonly observer: SocketObserver;
  readonly ledger: Ledger;
  readonly budget: MemoryBudget;
  readonly processes: ProcessTable;
  readonly onProcess?: (event: ProcessEvent) => void;
  /** Every call on a TCP connection. */
  readonly onOperation?: (operation: KernelOperation) => void;
  /** Retransmissions and drops of the connections' packets; absent: packets are not looked at. */
  readonly onFlow?: (event: FlowEvent) => void;
  /** Told what a ring had no room for, of each connection. */
  readonly onLost?: (event: FlowEvent) => void;
  /** Called after each batch of records. */
  readonly onBatch?: () => void;
}

/** Watches what processes say on their sockets, by programs in the kernel, in this thread. From `watch` on; `close` detaches everything. */
export class KernelAgent {
  readonly programs: KernelPrograms;
  readonly #listeners: readonly RingListener[];
  readonly #ledger: Ledger;
  #lost: readonly number[] = [];
  #isClosed = false;

  private constructor(programs: KernelPrograms, options: KernelAgentOptions) {
    this.programs = programs;
    this.#ledger = options.ledger;
    const clock = new WallTime();
    const { libbpf } = programs.object;
    this.#listeners = programs.places.map(
      (place) => new RingListener(place, { ...options, libbpf, clock, adjustsClock: true }),
    );
  }

  /**
   * Loads and attaches the programs. Nothing is watched yet.
   * @throws TaplineError (`configuration`) with the reason, where the kernel or the privileges do not allow it
   */
  static async start(options: KernelAgentOptions): Promise<KernelAgent> {
    const programs = await KernelPrograms.start({ ...options, packets: options.onFlow !== undefined });
    try {
      return new KernelAgent(programs, options);
    } catch (error) {
      programs.close(options.ledger);
      throw error;
    }
  }

  get object(): BpfObject {
    return this.programs.object;
  }

  /** Watches what the rules name, from now on; what they named before stays watched. */
  watch(selection: Selection): void {
    this.programs.watch(selection);
  }

  /** Handles what has been written to the rings so far. */
  drain(): void {
    for (const listener of this.#listeners) listener.drain();
  }

  /** After `close`: records for which a ring had no room, by processor. */
  get lost(): readonly number[] {
    return this.#lost;
  }

  /** Detaches everything, handles what is left, and books what the kernel had no room for. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.programs.detach();
    for (const listener of this.#listeners) listener.close();
    this.#lost = this.programs.close(this.#ledger);
  }
}
