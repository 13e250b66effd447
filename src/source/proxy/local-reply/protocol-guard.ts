import type { HttpProtocol } from "../../dial/cluster-config.ts";
import type { Channel, ChannelHandler } from "../channel/channel.ts";
import { tellHttp } from "./tell-http.ts";

/** Lets a client's bytes pass to `next` once it is known which HTTP they begin, unless that is refused. */
export class ProtocolGuard implements ChannelHandler {
  readonly #channel: Channel;
  readonly #next: ChannelHandler;
  readonly #takes: (found: HttpProtocol, first: Uint8Array) => boolean;
  readonly #asks: ((found: HttpProtocol) => Promise<void> | undefined) | undefined;
  /** Too few bytes to tell, or something is asked for. */
  #held = Buffer.alloc(0);
  #isAsking = false;
  #isOver = false;

  /**
   * @param takes told which HTTP it is, with all bytes that came: with false they, and the channel, are the caller's
   * @param asks for what `takes` has to know, which is called when that has come; undefined: it is known
   */
  constructor(
    channel: Channel,
    next: ChannelHandler,
    takes: (found: HttpProtocol, first: Uint8Array) => boolean,
    asks?: (found: HttpProtocol) => Promise<void> | undefined,
  ) {
    this.#channel = channel;
    this.#next = next;
    this.#takes = takes;
    this.#asks = asks;
  }

  /** Bytes are held until it is known what was asked for. */
  get isAsking(): boolean {
    return this.#isAsking;
  }

  received(bytes: Uint8Array): void {
    const seen = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes]);
    const found = tellHttp(seen);
    const answer = this.#isAsking || found === undefined ? undefined : this.#asks?.(found);
    if (found === undefined || this.#isAsking || answer !== undefined) this.#held = Buffer.from(seen);
    else this.#decide(found, seen);
    if (answer === undefined) return;
    this.#isAsking = true;
    this.#channel.pause();
    void answer.then(() => {
      this.#isAsking = false;
      if (this.#isOver) return;
      this.#channel.resume();
      this.#decide(found!, this.#held);
    });
  }

  ended(): void {
    this.#letPass();
    this.#next.ended();
  }

  flushed(bytes: Uint8Array): void {
    this.#next.flushed(bytes);
  }

  closed(error: NodeJS.ErrnoException | undefined): void {
    this.#letPass();
    this.#next.closed(error);
  }

  #decide(found: HttpProtocol, seen: Uint8Array): void {
    if (!this.#takes(found, seen)) return;
    this.#channel.handleWith(this.#next);
    this.#next.received(seen);
  }

  #letPass(): void {
    this.#isOver = true;
    this.#channel.handleWith(this.#next);
    if (this.#held.length > 0) this.#next.received(this.#held);
  }
}
