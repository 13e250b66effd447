import { TaplineError } from "../model/index.ts";
import { BufferKind, MapKind, Status } from "./abi.ts";
import type { BodyBuffer } from "./body-buffer.ts";
import type { CallAnswer } from "./calls.ts";
import type { HostServices } from "./context.ts";
import type { FilterModule } from "./filter-module.ts";
import { HeaderMap } from "./header-map.ts";
import { HttpStream, type StreamOptions } from "./http-stream.ts";
import { bufferOf, type CallContext, Machine } from "./machine.ts";
import type { PropertyValue } from "./properties.ts";

export interface PluginOptions {
  /** Plugins of one `vmId` that are given the same machine share its memory. */
  readonly vmId?: string;
  readonly name?: string;
  readonly rootId?: string;
  readonly configuration?: Uint8Array;
  readonly vmConfiguration?: Uint8Array;
  /** The fate of streams while the filter does not run: they pass (`open`), or are answered with 503 (`closed`, Envoy's default). */
  readonly failure?: "open" | "closed";
  /** Bytes of a machine's memory; default 1 GiB. */
  readonly memoryLimit?: number;
  /** Bytes of a body that are held for a filter that paused; default 1 MiB, as Envoy. More ends the stream: 413, or a reset. */
  readonly bufferLimit?: number;
}

/**
 * A filter with its configuration, which streams are opened on. When its machine fails another is made for the streams that come then:
 * at once the first time, and later after a pause that doubles with each failure (1 s to 60 s) until one holds as long as that. One that
 * does not start, or refuses its configuration then, has failed too.
 */
export class Plugin implements CallContext {
  readonly options: Required<Omit<PluginOptions, "memoryLimit">>;
  readonly #filter: FilterModule;
  readonly #services: HostServices;
  readonly #memoryLimit: number | undefined;
  #machine: Machine;
  #id = 0;
  #failures = 0;
  /** Its machine is configured, and has not failed. */
  #isRunning = false;
  #startedAt = 0;
  #retryAt = 0;
  #pauseMillis = 0;
  #answer: { readonly headers: HeaderMap; readonly trailers: HeaderMap; readonly body: BodyBuffer } | undefined;
  #configuring: readonly [kind: number, buffer: BodyBuffer] | undefined;

  /**
   * @param machine one to share with another plugin; otherwise it has its own
   * @throws TaplineError `input` where the module cannot be started, `configuration` where it refuses its configuration
   */
  constructor(filter: FilterModule, services: HostServices, options: PluginOptions = {}, machine?: Machine) {
    this.options = {
      vmId: "",
      name: "",
      rootId: "",
      configuration: NOTHING,
      vmConfiguration: NOTHING,
      failure: "closed",
      bufferLimit: 1024 * 1024,
      ...options,
    };
    this.#filter = filter;
    this.#services = services;
    this.#memoryLimit = options.memoryLimit;
    this.#machine = this.#start(machine);
  }

  get machine(): Machine {
    return this.#machine;
  }

  /** How often its machine has failed. */
  get failures(): number {
    return this.#failures;
  }

  get id(): number {
    return this.#id;
  }

  get rootId(): number {
    return this.#id;
  }

  /** Opens a stream. While the filter does not run, the stream has none: `HttpStream` says what happens then. */
  openStream(options: StreamOptions): HttpStream {
    return new HttpStream(this.#ready() ? this.#machine : undefined, this, this.options, options);
  }

  map(kind: number): HeaderMap | undefined {
    if (kind === MapKind.CallResponseHeaders) return this.#answer?.headers;
    return kind === MapKind.CallResponseTrailers ? this.#answer?.trailers : undefined;
  }

  buffer(kind: number): BodyBuffer | undefined {
    if (kind === BufferKind.CallResponseBody) return this.#answer?.body;
    return this.#configuring?.[0] === kind ? this.#configuring[1] : undefined;
  }

  property(path: string): PropertyValue | undefined {
    switch (path) {
      case "plugin_name":
        return this.options.name;
      case "plugin_root_id":
        return this.options.rootId;
      case "plugin_vm_id":
        return this.options.vmId;
      default:
        return undefined;
    }
  }

  setProperty(): Status {
    return Status.NotFound;
  }

  continueStream(): Status {
    return Status.BadArgument;
  }

  closeStream(): Status {
    return Status.BadArgument;
  }

  sendLocalResponse(): Status {
    return Status.BadArgument;
  }

  answering(answer: CallAnswer | undefined, run: () => void): void {
    if (answer !== undefined)
      this.#answer = {
        headers: new HeaderMap(answer.headers),
        trailers: new HeaderMap(answer.trailers),
        body: bufferOf(answer.body),
      };
    try {
      run();
    } finally {
      this.#answer = undefined;
    }
  }

  /** Ends the plugin: its timers and calls are given up. Streams are to be closed before. */
  close(): void {
    this.#machine.run("proxy_on_done", this);
    this.#machine.close(this);
    if (this.#machine.contexts === 0) this.#machine.stop();
  }

  #start(shared?: Machine): Machine {
    const machine =
      shared ??
      new Machine(this.#filter, {
        vmId: this.options.vmId,
        vmConfiguration: this.options.vmConfiguration,
        services: this.#services,
        ...(this.#memoryLimit !== undefined && { memoryLimit: this.#memoryLimit }),
      });
    this.#id = machine.nextContextId();
    this.#machine = machine;
    machine.open(this);
    this.#configure(machine, "proxy_on_vm_start", BufferKind.VmConfiguration, this.options.vmConfiguration);
    this.#configure(machine, "proxy_on_configure", BufferKind.PluginConfiguration, this.options.configuration);
    machine.whenFailed(() => this.#noteFailure());
    this.#isRunning = true;
    this.#startedAt = performance.now();
    return machine;
  }

  #configure(machine: Machine, callback: string, kind: number, bytes: Uint8Array): void {
    if (!machine.has(callback)) return;
    this.#configuring = [kind, bufferOf(bytes)];
    const isAccepted = machine.run(callback, this, bytes.length) !== 0;
    this.#configuring = undefined;
    if (isAccepted && machine.failure === undefined) return;
    machine.close(this);
    if (machine.contexts === 0) machine.stop();
    throw new TaplineError(
      "configuration",
      machine.failure?.message ?? `the filter refuses its configuration (${callback} answered false)`,
    );
  }

  #ready(): boolean {
    if (this.#isRunning) return true;
    if (performance.now() < this.#retryAt) return false;
    try {
      this.#start();
    } catch (error) {
      if (!(error instanceof TaplineError)) throw error;
      this.#noteFailure();
    }
    return this.#isRunning;
  }

  #noteFailure(): void {
    const now = performance.now();
    if (this.#isRunning && now - this.#startedAt >= this.#pauseMillis) this.#pauseMillis = 0;
    this.#isRunning = false;
    this.#failures++;
    this.#retryAt = now + this.#pauseMillis;
    this.#pauseMillis = Math.min(MOST_PAUSE_MILLIS, Math.max(1000, this.#pauseMillis * 2));
  }
}

const MOST_PAUSE_MILLIS = 60_000;
const NOTHING = new Uint8Array(0);
