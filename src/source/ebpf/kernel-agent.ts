import type { FlowEvent, Ledger, MemoryBudget, SocketObserver } from "../../model/index.ts";
import type { KernelOperation } from "./events/kernel-operation.ts";
import type { ProcessEvent } from "./events/process-event.ts";
import { RecordTranslator } from "./events/record-translator.ts";
import { WallTime } from "./events/wall-time.ts";
import { BpfMap, u32, u64 } from "./loader/bpf-map.ts";
import { BpfObject } from "./loader/bpf-object.ts";
import { Control } from "./loader/control.ts";
import { readCounters } from "./loader/counters.ts";
import { readDropReasons } from "./loader/drop-reasons.ts";
import { type FunctionProbes, OptionalProbes } from "./loader/optional-probes.ts";
import { RingReader } from "./loader/ring-reader.ts";
import { WaitingReader } from "./loader/waiting-reader.ts";
import type { ProcessTable } from "./processes/process-table.ts";

export interface KernelAgentOptions {
  readonly observer: SocketObserver;
  readonly ledger: Ledger;
  readonly budget: MemoryBudget;
  readonly processes: ProcessTable;
  readonly onProcess?: (event: ProcessEvent) => void;
  /** Every call on a TCP connection. */
  readonly onOperation?: (operation: KernelOperation) => void;
  /** Retransmissions and drops of the connections' packets; absent: packets are not looked at. */
  readonly onFlow?: (event: FlowEvent) => void;
  /** Told of programs that are not needed and cannot be attached. */
  readonly onMissing?: (problem: string) => void;
  /** The clock that times are told by. By default one that follows the system's. */
  readonly clock?: WallTime;
  /** Called after each batch of records. */
  readonly onBatch?: () => void;
  /** Size of the kernel's ring in bytes, a power of two. Default 16 MiB. */
  readonly ringBytes?: number;
  /** Bytes that are copied of one side's message, until the other speaks; the rest is counted. Default 1 MiB. */
  readonly messageBytes?: number;
  /**
   * Measures how long each call took, and its packets in each layer (`KernelOperation.path`). It costs every system call and packet of the
   * machine a little. Default false.
   */
  readonly timings?: boolean;
  /** Ways of watching the kernel's functions, of which the first that is allowed is taken. Default: fentry, kprobe. */
  readonly functions?: readonly FunctionProbes[];
}

/** Which processes and connections are watched: a process that any of the rules names. */
export interface Selection {
  readonly pids?: readonly number[];
  /** The names of commands, as the kernel has them: at most 15 bytes. */
  readonly commands?: readonly string[];
  /** Ids of cgroups (v2: the inode numbers of their folders), with all below them. */
  readonly cgroups?: readonly bigint[];
  /** Every process but this one. */
  readonly all?: boolean;
  /** Only connections with one of these ports at one end. */
  readonly ports?: readonly number[];
}

const WATCHED = 1;
const INHERITED = 2;
const DEFAULT_MESSAGE_BYTES = 1024 * 1024;
const DEFAULT_RING_BYTES = 16 * 1024 * 1024;
const SWEEP_MILLIS = 1000;

/**
 * Watches what processes say on their sockets, by programs in the kernel (bpf/). From `watch` on; `close` detaches everything.
 */
export class KernelAgent {
  readonly object: BpfObject;
  readonly clock: WallTime;
  readonly translator: RecordTranslator;
  readonly #control: Control;
  readonly #ring: RingReader;
  readonly #reader: WaitingReader;
  readonly #pids: BpfMap;
  readonly #options: KernelAgentOptions;
  #optional: OptionalProbes | undefined;
  readonly #timer: NodeJS.Timeout;
  #isClosed = false;

  private constructor(object: BpfObject, options: KernelAgentOptions, ringBytes: number) {
    this.object = object;
    this.#options = options;
    this.clock = options.clock ?? new WallTime();
    this.#control = new Control(object);
    this.#control.set("ownPid", process.pid);
    this.#control.set("captureBytes", options.messageBytes ?? DEFAULT_MESSAGE_BYTES);
    this.#control.setNextId(1n);
    this.#pids = new BpfMap(object, "pids");
    this.#control.set("packets", options.onFlow === undefined ? 0 : 1);
    this.#control.set("timings", options.timings === true ? 1 : 0);
    const reasons = options.onFlow === undefined ? new Map<number, string>() : readDropReasons(object.libbpf);
    const nameDrop = (reason: number): string => reasons.get(reason) ?? String(reason);
    this.translator = new RecordTranslator({ ...options, clock: this.clock, nameDrop });
    this.#ring = new RingReader(object, "ring", ringBytes);
    this.#reader = new WaitingReader(object, this.#ring, this.#control, this.translator.take, () => {
      this.translator.settle();
      options.onBatch?.();
    });
    this.#timer = setInterval(() => {
      if (options.clock === undefined) this.clock.adjust();
      this.translator.sweep();
    }, SWEEP_MILLIS);
    this.#timer.unref();
  }

  /**
   * Loads and attaches the programs. Nothing is watched yet.
   * @throws TaplineError (`configuration`) with the reason, where the kernel or the privileges do not allow it
   */
  static async start(options: KernelAgentOptions): Promise<KernelAgent> {
    const object = await BpfObject.open();
    try {
      const ringBytes = options.ringBytes ?? DEFAULT_RING_BYTES;
      object.enable("on_enter", options.timings === true);
      object.resize("ring", ringBytes);
      object.load();
      const agent = new KernelAgent(object, options, ringBytes);
      for (const program of [...PROGRAMS, ...(options.timings === true ? ["on_enter"] : [])]) {
        const problem = object.attach(program);
        if (problem !== undefined) throw object.refusedAttach(program, problem);
      }
      const { onMissing = () => {}, functions } = options;
      agent.#optional = OptionalProbes.attach(object, {
        packets: options.onFlow !== undefined,
        paths: options.timings === true,
        ...(functions !== undefined && { functions }),
      });
      for (const { probe, problem } of agent.#optional.missing) onMissing(`${probe} cannot be attached: ${problem}`);
      return agent;
    } catch (error) {
      object.close();
      throw error;
    }
  }

  /** The programs that may be missing: which there are, and which not. */
  get probes(): Pick<OptionalProbes, "functions" | "attached" | "missing"> | undefined {
    return this.#optional;
  }

  /** Watches what the rules name, from now on; what they named before stays watched. */
  watch({ pids = [], commands = [], cgroups = [], all = false, ports }: Selection): void {
    if (ports !== undefined) this.#control.setPorts(ports);
    for (const pid of pids) this.#pids.set(u32(pid), u32(WATCHED | INHERITED));
    const comms = new BpfMap(this.object, "comms");
    for (const command of commands) comms.set(commandKey(command), u32(1));
    const groups = new BpfMap(this.object, "cgroups");
    for (const id of cgroups) groups.set(u64(id), u32(1));
    if (commands.length > 0) this.#control.set("useComms", 1);
    if (cgroups.length > 0) this.#control.set("useCgroups", 1);
    if (all) this.#control.set("watchAll", 1);
    this.#control.reconsider();
  }

  unwatch(pid: number): void {
    this.#pids.delete(u32(pid));
    this.#control.reconsider();
  }

  /** Handles what has been written to the ring so far. */
  drain(): void {
    this.#reader.drain();
  }

  /** Detaches everything, handles what is left, and books what the kernel had no room for. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearInterval(this.#timer);
    this.#optional?.close();
    this.object.detachFrom(0);
    this.#reader.drain();
    this.#reader.close();
    this.translator.finish();
    this.#bookLost();
    this.#ring.close();
    this.#control.close();
    this.object.close();
  }

  #bookLost(): void {
    const lost = readCounters(this.object);
    const records = this.#options.ledger.book("records");
    for (const [reason, count] of [
      ["ring-full", lost.ringFull],
      ["connection-map-full", lost.noConnection],
      ["32-bit-call", lost.compat],
      ["no-task-storage", lost.tasks],
    ] as const) {
      records.enter(count);
      if (count > 0) records.settleDropped(reason, count);
    }
    const bytes = this.#options.ledger.book("socket-bytes");
    bytes.enter(lost.ringBytes);
    if (lost.ringBytes > 0) bytes.settleDropped("ring-full", lost.ringBytes);
  }
}

/** They are attached in this order. */
const PROGRAMS = ["on_process_fork", "on_process_exec", "on_process_exit", "on_exit"];

function commandKey(command: string): Uint8Array {
  const key = new Uint8Array(16);
  key.set(Buffer.from(command).subarray(0, 15));
  return key;
}
