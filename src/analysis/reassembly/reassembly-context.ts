import type { Ledger, MemoryBudget, SocketObserver, Timestamp } from "../../model/index.ts";
import { BlockPool } from "./block-pool.ts";
import { PacketAccounts } from "./packet-accounts.ts";
import { ReassemblyCounters, type ReassemblyLimits } from "./reassembly-limits.ts";
import type { TcpConnection } from "./tcp-connection.ts";

/** Shared by all connections of a reassembly: where events go, what bounds them, and what time it is. */
export class ReassemblyContext {
  readonly observer: SocketObserver;
  readonly budget: MemoryBudget;
  /** Bytes that wait for missing ones. */
  readonly pendingBudget: MemoryBudget;
  readonly blocks: BlockPool;
  readonly limits: ReassemblyLimits;
  readonly accounts: PacketAccounts;
  readonly counters = new ReassemblyCounters();
  /** Connections that wait for something that is missing. */
  readonly holes = new Set<TcpConnection>();
  /** Lets go of a connection that is idle, so that there is room for what waits on another; false: there is none. */
  relieve: () => boolean = () => false;
  /** Lets what waits on a connection that is idle wait no longer, for the same; false: there is none. */
  giveWay: () => boolean = () => false;
  /** Where packets come from: `Connection.source`. */
  source: string | undefined;
  /** The time of the packet that is looked at; it may be unknown. */
  seconds = 0;
  nanos = 0;
  /** Seconds, by which it is told how long something took: those of the last packet whose time is known, NaN before the first. */
  clock = Number.NaN;
  #time: Timestamp | undefined;
  #lastId = 0n;

  constructor(observer: SocketObserver, ledger: Ledger, budget: MemoryBudget, limits: ReassemblyLimits) {
    this.observer = observer;
    this.budget = budget;
    this.pendingBudget = budget.child(
      limits.totalPendingBytes,
      () => this.relieve(),
      () => this.giveWay(),
    );
    this.blocks = new BlockPool(limits.totalPendingBytes / 2);
    this.limits = limits;
    this.accounts = new PacketAccounts(ledger);
  }

  setTime(seconds: number, nanos: number): void {
    this.seconds = seconds;
    this.nanos = nanos;
    this.#time = undefined;
  }

  /** `Connection.id` of the next connection: from 1. */
  nextId(): bigint {
    this.#lastId++;
    return this.#lastId;
  }

  get time(): Timestamp {
    this.#time ??= { seconds: this.seconds, nanos: this.nanos };
    return this.#time;
  }
}
