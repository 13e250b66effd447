import type { AbiVersion, LogLevel, Status } from "./abi.ts";
import type { BodyBuffer } from "./body-buffer.ts";
import type { CallClient, OutgoingCall } from "./calls.ts";
import type { GuestMemory } from "./guest-memory.ts";
import type { HeaderMap } from "./header-map.ts";
import type { Metrics } from "./metrics.ts";
import type { Pair } from "./pairs.ts";
import type { PropertyValue } from "./properties.ts";
import type { SharedState } from "./shared-state.ts";

/** A plugin's context or a stream's: what the host functions act upon. */
export interface Context {
  readonly id: number;
  /** The plugin's context; of that its own. Calls, timers and queues belong to it. */
  readonly rootId: number;
  /** Undefined where there is none now. */
  map(kind: number): HeaderMap | undefined;
  buffer(kind: number): BodyBuffer | undefined;
  property(path: string): PropertyValue | undefined;
  setProperty(path: string, value: Uint8Array): Status;
  continueStream(kind: number): Status;
  closeStream(kind: number): Status;
  sendLocalResponse(response: LocalResponse): Status;
  /** Nothing is heard of the module any more. */
  machineFailed?(): void;
}

export interface LocalResponse {
  readonly status: number;
  readonly details: string;
  readonly headers: readonly Pair[];
  readonly body: Uint8Array;
  readonly grpcStatus: number;
}

/** The surroundings of a machine. */
export interface HostServices {
  readonly calls: CallClient;
  readonly metrics: Metrics;
  readonly shared: SharedState;
  readonly log: (level: LogLevel, message: string) => void;
  /** The time in nanoseconds since 1970. */
  readonly now: () => bigint;
  readonly timers: Timers;
  /** A clock in microseconds, for how long a module runs: the wall's, or what the thread has computed. */
  readonly micros: () => number;
  /** The messages that the module may write below this level are left out; modules ask for it. */
  readonly logLevel: LogLevel;
  /** How an empty map is handed over: hosts differ (`encodePairs`). */
  readonly emptyMapAs: 0 | 1 | 4;
}

export interface Timers {
  /** Calls it every so many milliseconds, until what it returns is called. */
  every(millis: number, run: () => void): () => void;
}

/** A machine as its host functions see it. */
export interface Guest {
  readonly vmId: string;
  readonly abi: AbiVersion;
  readonly memory: GuestMemory;
  readonly services: HostServices;
  readonly vmConfiguration: Uint8Array;
  /** The context of the call that is under way, or that the module has switched to. */
  readonly context: Context | undefined;
  /** @returns false for a context that is not there */
  switchContext(id: number): boolean;
  /** Runs a callback once no other is under way. */
  defer(run: () => void): void;
  /** @returns the call's number */
  startCall(rootId: number, call: OutgoingCall): number;
  setTick(rootId: number, millis: number): void;
  /** Calls the module back about a queue. */
  notifyQueue(rootId: number, queue: number): void;
  /** A machine that ends itself. */
  exit(code: number): never;
  done(): Status;
}

export type HostFunction = (guest: Guest, ...args: never[]) => number;
