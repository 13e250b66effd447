import type { ClientRequest } from "node:http";
import { timerMillis } from "../../../model/index.ts";
import type { ChannelDuplex } from "./channel-duplex.ts";

export interface KeptStreamsOptions {
  readonly dial: () => Promise<ChannelDuplex>;
  /** After so long without a request a stream is closed; 0 is never. */
  readonly idleMillis: number;
  /** Streams without a request that are kept at most. */
  readonly maxIdle: number;
}

/**
 * Streams to one endpoint that requests take and give back, as Node's client asks of an agent: it calls `addRequest` and emits `free` on
 * the stream. Node's own Agent, which finds them by names made of their options, costs as much as the rest of a request.
 */
export class KeptStreams {
  // Node asks for these.
  readonly protocol = "http:";
  readonly defaultPort = 80;
  readonly keepAlive = true;
  readonly maxSockets = Number.POSITIVE_INFINITY;
  readonly options = {};
  readonly #options: KeptStreamsOptions;
  /** The last one is taken first. */
  readonly #idle: ChannelDuplex[] = [];
  readonly #timers = new WeakMap<ChannelDuplex, NodeJS.Timeout>();

  constructor(options: KeptStreamsOptions) {
    this.#options = options;
  }

  /** How many no request has. */
  get idleCount(): number {
    return this.#idle.length;
  }

  /** Called by Node where a request begins. */
  addRequest(request: ClientRequest): void {
    for (let stream = this.#idle.pop(); stream !== undefined; stream = this.#idle.pop()) {
      if (isUsable(stream)) {
        request.onSocket(stream as never);
        return;
      }
      stream.destroy();
    }
    const { dial } = this.#options;
    dial().then(
      (stream) => {
        this.#watch(stream);
        request.onSocket(stream as never);
      },
      (error) => (request as unknown as { onSocket(socket: null, error: Error): void }).onSocket(null, error),
    );
  }

  /** Takes a stream in that was dialled for something else. */
  add(stream: ChannelDuplex): void {
    this.#watch(stream);
    this.#release(stream);
  }

  /** One that its endpoint closes while no request has it is closed here, too. */
  #watch(stream: ChannelDuplex): void {
    stream.on("free", () => this.#release(stream));
    for (const end of ["end", "close"]) stream.on(end, () => this.#closeIdle(stream));
  }

  #release(stream: ChannelDuplex): void {
    const { idleMillis, maxIdle } = this.#options;
    if (!isUsable(stream) || this.#idle.length >= maxIdle) {
      stream.destroy();
      return;
    }
    this.#idle.push(stream);
    if (idleMillis === 0) return;
    const timer = this.#timers.get(stream);
    if (timer === undefined)
      this.#timers.set(stream, setTimeout(() => this.#closeIdle(stream), timerMillis(idleMillis)).unref());
    else timer.refresh();
  }

  /** One that a request has is looked at again when it is given back. */
  #closeIdle(stream: ChannelDuplex): void {
    const at = this.#idle.indexOf(stream);
    if (at < 0) return;
    this.#idle.splice(at, 1);
    stream.destroy();
  }
}

function isUsable(stream: ChannelDuplex): boolean {
  return stream.writable && !stream.destroyed && !stream.readableEnded;
}
