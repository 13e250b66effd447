import { Status } from "../../../src/wasm-host/abi.ts";
import type { BodyBuffer } from "../../../src/wasm-host/body-buffer.ts";
import type { Context, Guest } from "../../../src/wasm-host/context.ts";
import { linkFunctions } from "../../../src/wasm-host/functions/index.ts";
import { GuestMemory } from "../../../src/wasm-host/guest-memory.ts";
import type { HeaderMap } from "../../../src/wasm-host/header-map.ts";
import type { PropertyValue } from "../../../src/wasm-host/properties.ts";
import { createServices } from "../../../src/wasm-host/services.ts";
import { buildModule, I32, I64 } from "./build-module.ts";

/** Where functions put the pointer and the size of what they hand over. */
export const OUT = 64;
export const OUT_SIZE = 68;

/** Calls host functions as a module does, for a machine that has one context. */
export class HostCaller {
  readonly memory = new WebAssembly.Memory({ initial: 2, maximum: 200 });
  readonly maps = new Map<number, HeaderMap>();
  readonly buffers = new Map<number, BodyBuffer>();
  readonly properties = new Map<string, PropertyValue>();
  readonly logs: string[] = [];
  readonly calls: string[] = [];
  readonly guest: Guest;
  /** 0: the module has no memory left. */
  next = 70_000;
  growsBy = 0;

  constructor(abi: Guest["abi"] = "0.2.0") {
    const note = (name: string) => {
      this.calls.push(name);
      return Status.Ok;
    };
    const context: Context = {
      id: 2,
      rootId: 1,
      map: (kind) => this.maps.get(kind),
      buffer: (kind) => this.buffers.get(kind),
      property: (path) => this.properties.get(path),
      setProperty: (path, value) => note(`set ${path}=${Buffer.from(value)}`),
      continueStream: (kind) => note(`continue ${kind}`),
      closeStream: (kind) => note(`close ${kind}`),
      sendLocalResponse: ({ status, body }) => note(`respond ${status} ${Buffer.from(body)}`),
    };
    this.guest = {
      vmId: "vm",
      abi,
      memory: new GuestMemory(this.memory, (size) => {
        // The memory moves in the middle of a call.
        if (this.growsBy > 0) this.memory.grow(this.growsBy);
        const pointer = this.next;
        if (pointer !== 0) this.next += size;
        return pointer;
      }),
      services: createServices({
        log: (level, message) => this.logs.push(`${level}: ${message}`),
        now: () => 1_700_000_000_000_000_001n,
        calls: { has: (name) => name === "known", start: () => () => {} },
        logLevel: "info",
      }),
      vmConfiguration: Buffer.from("vm configuration"),
      context,
      switchContext: (id) => id === 2,
      defer: (run) => run(),
      startCall: (rootId, { cluster }) => {
        note(`call ${rootId} ${cluster}`);
        return 77;
      },
      setTick: (rootId, millis) => note(`tick ${rootId} ${millis}`),
      notifyQueue: (_rootId, queue) => note(`queue ${queue}`),
      exit: (code) => {
        throw new Error(`exit ${code}`);
      },
      done: () => Status.Ok,
    };
  }

  /** Calls a function; texts and bytes become a pointer and a size. */
  call(name: string, ...args: (number | bigint | string | Uint8Array)[]): number {
    let at = 8192;
    const flat = args.flatMap((arg) => {
      if (typeof arg === "number" || typeof arg === "bigint") return [arg];
      const bytes = typeof arg === "string" ? Buffer.from(arg, "latin1") : arg;
      new Uint8Array(this.memory.buffer).set(bytes, at);
      at += bytes.length + 8;
      return [at - bytes.length - 8, bytes.length];
    });
    const params = flat.map((arg) => (typeof arg === "bigint" ? I64 : I32));
    const module =
      name.startsWith("proxy_") || !/^(fd|clock|random|args|environ|proc|sched|poll)_/.test(name)
        ? "env"
        : "wasi_snapshot_preview1";
    const bytes = buildModule({ imports: [{ module, name, params, results: [I32] }] });
    const imports = linkFunctions(new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>), () => this.guest);
    return (imports[module]![name] as (...args: unknown[]) => number)(...flat);
  }

  /** Whatever the last function handed over. */
  get answer(): Uint8Array {
    const view = new DataView(this.memory.buffer);
    return new Uint8Array(this.memory.buffer, view.getUint32(OUT, true), view.getUint32(OUT_SIZE, true)).slice();
  }

  get text(): string {
    return Buffer.from(this.answer).toString();
  }

  uint32(at: number): number {
    return new DataView(this.memory.buffer).getUint32(at, true);
  }
}
