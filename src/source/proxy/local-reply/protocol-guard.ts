import type { HttpProtocol } from "../../dial/cluster-config.ts";
import type { Channel, ChannelHandler } from "../channel/channel.ts";
import { tellHttp } from "./tell-http.ts";

/** Lets a client's bytes pass to `next` once it is known which HTTP they begin, unless that is refused. */
export class ProtocolGuard implements ChannelHandler {
  readonly #channel: Channel;
  readonly #next: ChannelHandler;
  readonly #takes: (found: HttpProtocol, first: Uint8Array) => boolean;
  /** Too few bytes to tell. */
  #held = Buffer.alloc(0);

  /** @param takes told which HTTP it is, with all bytes that came: with false they, and the channel, are the caller's */
  constructor(channel: Channel, next: ChannelHandler, takes: (found: HttpProtocol, first: Uint8Array) => boolean) {
    this.#channel = channel;
    this.#next = next;
    this.#takes = takes;
  }

  received(bytes: Uint8Array): void {
    const seen = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes]);
    const found = tellHttp(seen);
    if (found === undefined) this.#held = Buffer.from(seen);
    else if (this.#takes(found, seen)) {
      this.#channel.handleWith(this.#next);
      this.#next.received(seen);
    }
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

  #letPass(): void {
    this.#channel.handleWith(this.#next);
    if (this.#held.length > 0) this.#next.received(this.#held);
  }
}
