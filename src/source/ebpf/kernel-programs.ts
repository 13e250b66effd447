import type { Ledger } from "../../model/index.ts";
import { type BpfMap, u32, u64 } from "./loader/bpf-map.ts";
import { BpfObject } from "./loader/bpf-object.ts";
import { Control } from "./loader/control.ts";
import { readCounters } from "./loader/counters.ts";
import { readDropReasons } from "./loader/drop-reasons.ts";
import { type FunctionProbes, OptionalProbes } from "./loader/optional-probes.ts";
import { Rings } from "./loader/rings.ts";
import type { RingPlace } from "./ring-listener.ts";

export interface KernelProgramsOptions {
  /** Rings that the connections are spread over, each for a listener of its own: at most `MOST_RINGS`. Default 1. */
  readonly rings?: number;
  /** Size of each ring in bytes, a power of two. Default 16 MiB. */
  readonly ringBytes?: number;
  /** Bytes that are copied of one side's message, until the other speaks; the rest is counted. Default 1 MiB. */
  readonly messageBytes?: number;
  /** Whether packets are looked at: retransmissions and drops. Default false. */
  readonly packets?: boolean;
  /**
   * Measures how long each call took, and its packets in each layer (`KernelOperation.path`). It costs every system call and packet of the
   * machine a little. Default false.
   */
  readonly timings?: boolean;
  /** Ways of watching the kernel's functions, of which the first that is allowed is taken. Default: fentry, kprobe. */
  readonly functions?: readonly FunctionProbes[];
  /** Told of programs that are not needed and cannot be attached. */
  readonly onMissing?: (problem: string) => void;
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

/**
 * The programs in the kernel (bpf/), attached from `start` to `detach`, with their rings. Nothing is watched before `watch`. Who listens to
 * a ring closes before the programs do.
 */
export class KernelPrograms {
  readonly object: BpfObject;
  /** One a ring, for its listener. */
  readonly places: readonly RingPlace[];
  readonly #control: Control;
  readonly #rings: Rings;
  readonly #pids: BpfMap;
  readonly #optional: OptionalProbes;
  #isClosed = false;

  private constructor(object: BpfObject, rings: Rings, control: Control, options: KernelProgramsOptions) {
    this.object = object;
    this.#rings = rings;
    this.#control = control;
    this.#pids = object.bpfMap("pids");
    const reasons = options.packets === true ? readDropReasons(object.libbpf) : new Map<number, string>();
    const [controlFd, connsFd, lossesFd] = [".bss", "conns", "losses"].map((name) => object.mapFd(name));
    this.places = rings.fds.map((fd, index) => ({
      ...{ index, count: rings.fds.length, fd, bytes: rings.bytes, reasons },
      ...{ controlFd: controlFd!, connsFd: connsFd!, lossesFd: lossesFd! },
    }));
    for (const program of [...PROGRAMS, ...(options.timings === true ? ["on_enter"] : [])]) {
      const problem = object.attach(program);
      if (problem !== undefined) throw object.refusedAttach(program, problem);
    }
    this.#optional = OptionalProbes.attach(object, {
      packets: options.packets === true,
      paths: options.timings === true,
      ...(options.functions !== undefined && { functions: options.functions }),
    });
    for (const { probe, problem } of this.#optional.missing)
      options.onMissing?.(`${probe} cannot be attached: ${problem}`);
  }

  /**
   * Loads and attaches the programs.
   * @throws TaplineError (`configuration`) with the reason, where the kernel or the privileges do not allow it
   */
  static async start(options: KernelProgramsOptions): Promise<KernelPrograms> {
    const object = await BpfObject.open();
    let rings: Rings | undefined;
    let control: Control | undefined;
    try {
      object.enable("on_enter", options.timings === true);
      object.load();
      rings = Rings.create(object, options.rings ?? 1, options.ringBytes ?? DEFAULT_RING_BYTES);
      control = new Control(object.libbpf, object.mapFd(".bss"));
      control.set("ownPid", process.pid);
      control.set("captureBytes", options.messageBytes ?? DEFAULT_MESSAGE_BYTES);
      control.setNextId(1n);
      control.set("rings", rings.fds.length);
      control.set("packets", options.packets === true ? 1 : 0);
      control.set("timings", options.timings === true ? 1 : 0);
      return new KernelPrograms(object, rings, control, options);
    } catch (error) {
      control?.close();
      rings?.close();
      object.close();
      throw error;
    }
  }

  /** The programs that may be missing: which there are, and which not. */
  get probes(): Pick<OptionalProbes, "functions" | "attached" | "missing"> {
    return this.#optional;
  }

  /** Watches what the rules name, from now on; what they named before stays watched. */
  watch({ pids = [], commands = [], cgroups = [], all = false, ports }: Selection): void {
    if (ports !== undefined) this.#control.setPorts(ports);
    for (const pid of pids) this.#pids.set(u32(pid), u32(WATCHED | INHERITED));
    const comms = this.object.bpfMap("comms");
    for (const command of commands) comms.set(commandKey(command), u32(1));
    const groups = this.object.bpfMap("cgroups");
    for (const id of cgroups) groups.set(u64(id), u32(1));
    if (commands.length > 0) this.#control.set("useComms", 1);
    if (cgroups.length > 0) this.#control.set("useCgroups", 1);
    if (all) this.#control.set("watchAll", 1);
    this.#control.reconsider();
  }

  /** Nothing more comes into the rings. */
  detach(): void {
    this.#optional.close();
    this.object.detachFrom(0);
  }

  /**
   * Books what the kernel had no room for, and lets everything go.
   * @returns records for which a ring had no room, by processor
   */
  close(ledger: Ledger): readonly number[] {
    if (this.#isClosed) return [];
    this.#isClosed = true;
    this.detach();
    const lost = readCounters(this.object);
    const records = ledger.book("records");
    for (const [reason, count] of [
      ["ring-full", lost.ringFull],
      ["connection-map-full", lost.noConnection],
      ["32-bit-call", lost.compat],
      ["no-task-storage", lost.tasks],
    ] as const) {
      records.enter(count);
      if (count > 0) records.settleDropped(reason, count);
    }
    const bytes = ledger.book("socket-bytes");
    bytes.enter(lost.ringBytes);
    if (lost.ringBytes > 0) bytes.settleDropped("ring-full", lost.ringBytes);
    this.#control.close();
    this.#rings.close();
    this.object.close();
    return lost.ringFullByCpu;
  }
}

/** They are attached in this order. */
const PROGRAMS = ["on_process_fork", "on_process_exec", "on_process_exit", "on_exit"];

function commandKey(command: string): Uint8Array {
  const key = new Uint8Array(16);
  key.set(Buffer.from(command).subarray(0, 15));
  return key;
}
