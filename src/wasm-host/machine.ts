import { TaplineError } from "../model/index.ts";
import { type AbiVersion, Status } from "./abi.ts";
import { BodyBuffer } from "./body-buffer.ts";
import type { CallAnswer, OutgoingCall } from "./calls.ts";
import type { Context, Guest, HostServices } from "./context.ts";
import { ALLOCATORS, type FilterModule } from "./filter-module.ts";
import { linkFunctions } from "./functions/index.ts";
import { GuestMemory } from "./guest-memory.ts";

type Callback = (...args: (number | bigint)[]) => unknown;

/**
 * One instance of a filter's module: runs its callbacks one at a time, and keeps what they began. When a callback traps, the machine has
 * failed: it runs nothing any more, and answers 0 (Continue) for it.
 *
 * What a callback causes (a stream that continues, an answer that came) happens after it has returned: the module is never entered twice.
 */
export class Machine implements Guest {
  readonly vmId: string;
  readonly abi: AbiVersion;
  readonly services: HostServices;
  readonly vmConfiguration: Uint8Array;
  readonly memory: GuestMemory;
  readonly #exports: WebAssembly.Exports;
  readonly #contexts = new Map<number, Context>();
  readonly #ticks = new Map<number, () => void>();
  readonly #calls = new Map<number, { readonly rootId: number; readonly cancel: () => void }>();
  readonly #deferred: (() => void)[] = [];
  readonly #memoryLimit: number;
  #nextContext = 1;
  #nextCall = 1;
  #depth = 0;
  #current: Context | undefined;
  #effective: Context | undefined;
  #failure: Error | undefined;
  #micros = 0;
  readonly #failureListeners: (() => void)[] = [];

  /**
   * @param limits.memory bytes that the module may have; a machine that has more has failed
   * @throws TaplineError `input` where the module cannot be started
   */
  constructor(
    filter: FilterModule,
    { vmId, vmConfiguration = new Uint8Array(0), services, memoryLimit = DEFAULT_MEMORY_LIMIT }: MachineOptions,
  ) {
    this.vmId = vmId;
    this.abi = filter.abi;
    this.services = services;
    this.vmConfiguration = vmConfiguration;
    this.#memoryLimit = memoryLimit;
    const instance = new WebAssembly.Instance(
      filter.module,
      linkFunctions(filter.module, () => this),
    );
    this.#exports = instance.exports;
    const allocate = this.#exports[ALLOCATORS.find((name) => typeof this.#exports[name] === "function")!] as Callback;
    this.memory = new GuestMemory(this.#exports["memory"] as WebAssembly.Memory, (size) => Number(allocate(size)));
    this.#initialize();
  }

  /** Why it runs no more. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** How long the module ran, in microseconds of the services' clock. */
  get micros(): number {
    return this.#micros;
  }

  get context(): Context | undefined {
    return this.#effective ?? this.#current;
  }

  /** Contexts that are open, the plugin's among them. */
  get contexts(): number {
    return this.#contexts.size;
  }

  /** Calls that were not answered yet. */
  get callsUnderWay(): number {
    return this.#calls.size;
  }

  nextContextId(): number {
    return this.#nextContext++;
  }

  open(context: Context): void {
    this.#contexts.set(context.id, context);
    this.run("proxy_on_context_create", context, context.id === context.rootId ? 0 : context.rootId);
  }

  /** Ends a context. With a plugin's its timer and its calls end, which are answered no more. */
  close(context: Context): void {
    this.run("proxy_on_delete", context);
    this.#contexts.delete(context.id);
    if (context.id === context.rootId) this.#giveUp(context.id);
  }

  /** @param tell called once, when the machine fails */
  whenFailed(tell: () => void): void {
    this.#failureListeners.push(tell);
  }

  has(callback: string): boolean {
    return typeof this.#exports[callback] === "function";
  }

  /** Runs a callback for the context. @returns what it gave back; 0 where it is missing, or the machine has failed */
  run(callback: string, context: Context, ...args: readonly number[]): number {
    if (!this.has(callback)) return 0;
    return this.#enter(callback, context, [context.id, ...args]);
  }

  defer(run: () => void): void {
    this.#deferred.push(run);
    if (this.#depth === 0) this.#runDeferred();
  }

  switchContext(id: number): boolean {
    const context = this.#contexts.get(id);
    if (context !== undefined) this.#effective = context;
    return context !== undefined;
  }

  startCall(rootId: number, call: OutgoingCall): number {
    const number = this.#nextCall++;
    const cancel = this.services.calls.start(call, (answer) => {
      if (!this.#calls.delete(number)) return;
      this.defer(() => this.#answer(rootId, number, answer));
    });
    this.#calls.set(number, { rootId, cancel });
    return number;
  }

  setTick(rootId: number, millis: number): void {
    this.#ticks.get(rootId)?.();
    this.#ticks.delete(rootId);
    const context = this.#contexts.get(rootId);
    if (millis === 0 || context === undefined) return;
    this.#ticks.set(
      rootId,
      this.services.timers.every(millis, () => this.defer(() => this.run("proxy_on_tick", context))),
    );
  }

  notifyQueue(rootId: number, queue: number): void {
    const context = this.#contexts.get(rootId);
    if (context !== undefined) this.run("proxy_on_queue_ready", context, queue);
  }

  done(): Status {
    return Status.Ok;
  }

  exit(code: number): never {
    throw new Error(`the module ended itself with code ${code}`);
  }

  /** Gives up what is under way: timers, and calls, which are answered no more. */
  stop(): void {
    this.#giveUp();
    this.#deferred.length = 0;
  }

  /** @param rootId whose timers and calls; absent: all */
  #giveUp(rootId?: number): void {
    for (const [id, stop] of this.#ticks)
      if (rootId === undefined || id === rootId) {
        stop();
        this.#ticks.delete(id);
      }
    for (const [number, call] of this.#calls)
      if (rootId === undefined || call.rootId === rootId) {
        call.cancel();
        this.#calls.delete(number);
      }
  }

  #initialize(): void {
    const start = this.has("_initialize") ? ["_initialize", "main", "__main_void"] : ["_start"];
    for (const name of start) {
      if (!this.has(name)) continue;
      this.#enter(name, undefined, name === "main" ? [0, 0] : []);
      if (this.#failure !== undefined)
        throw new TaplineError("input", `the module failed in ${name}: ${this.#failure.message}`, {
          cause: this.#failure,
        });
    }
  }

  #enter(callback: string, context: Context | undefined, args: number[]): number {
    if (this.#failure !== undefined) return 0;
    const [current, effective] = [this.#current, this.#effective];
    this.#current = context;
    this.#effective = undefined;
    this.#depth++;
    const started = this.services.micros();
    try {
      return Number((this.#exports[callback] as Callback)(...args) ?? 0) >>> 0;
    } catch (error) {
      this.#fail(callback, error as Error);
      return 0;
    } finally {
      if (this.#depth === 1) this.#micros += this.services.micros() - started;
      this.#depth--;
      this.#current = current;
      this.#effective = effective;
      if (this.memory !== undefined && this.memory.size > this.#memoryLimit)
        this.#fail(
          callback,
          new Error(`${this.memory.size} bytes of memory: more than its limit, ${this.#memoryLimit}`),
        );
      if (this.#depth === 0) this.#runDeferred();
    }
  }

  #runDeferred(): void {
    for (let run = this.#deferred.shift(); run !== undefined; run = this.#deferred.shift()) run();
  }

  #answer(rootId: number, number: number, answer: CallAnswer | undefined): void {
    const context = this.#contexts.get(rootId);
    if (context === undefined) return;
    const { headers = [], body = NOTHING, trailers = [] } = answer ?? {};
    (context as Partial<CallContext>).answering?.(answer, () =>
      this.run("proxy_on_http_call_response", context, number, headers.length, body.length, trailers.length),
    );
  }

  #fail(callback: string, error: Error): void {
    if (this.#failure !== undefined) return;
    this.#failure = new Error(`the filter failed in ${callback}: ${error.message}`, { cause: error });
    this.services.log("critical", this.#failure.message);
    this.#giveUp();
    for (const tell of this.#failureListeners) tell();
    // An answer of its own, or whatever else the module had asked for before, comes first.
    for (const context of this.#contexts.values()) this.#deferred.push(() => context.machineFailed?.());
  }
}

/** A context that makes calls: shows an answer while the module hears of it. */
export interface CallContext extends Context {
  answering(answer: CallAnswer | undefined, run: () => void): void;
}

export interface MachineOptions {
  readonly vmId: string;
  readonly vmConfiguration?: Uint8Array;
  readonly services: HostServices;
  readonly memoryLimit?: number;
}

/** 1 GiB. */
export const DEFAULT_MEMORY_LIMIT = 1024 * 1024 * 1024;

const NOTHING = new Uint8Array(0);

/** A buffer that is only read. */
export function bufferOf(bytes: Uint8Array): BodyBuffer {
  const buffer = new BodyBuffer();
  buffer.append(bytes);
  return buffer;
}
