import type { MemoryBudget } from "../../../model/index.ts";
import type { HttpProtocol } from "../../dial/cluster-config.ts";
import type { Channel, ChannelHandler } from "../channel/channel.ts";

/** So much of a client's first bytes is kept until the endpoint answers, in bytes. */
const KEPT_BYTES = 64 * 1024;

export interface AnswerCheckOptions {
  readonly client: Channel;
  readonly endpoint: Channel;
  /** Charged for what is kept of the client's bytes. */
  readonly budget: MemoryBudget;
  /**
   * The endpoint begins in another HTTP than the client, and can have understood nothing of what it was sent.
   *
   * @param answer what came of the endpoint: nobody was told of it
   * @param sent all that the client has sent, of which taps and ledger were told
   */
  readonly onOther: (answer: Uint8Array, sent: Uint8Array) => void;
}

/**
 * Looks at the first bytes of both ends of a relay: a configuration may be silent, or wrong, about what a cluster speaks, and an
 * endpoint that begins in the other HTTP than its client shows it. Whatever is no HTTP passes as it comes.
 */
export class AnswerCheck {
  readonly #options: AnswerCheckOptions;
  #client: KeptStart | undefined;
  #endpoint: EndpointStart | undefined;
  #spoken: HttpProtocol | undefined;
  /** Whatever the client has said, it has begun, or has ended without a word: there is nothing more to wait for. */
  #isHeard = false;

  constructor(options: AnswerCheckOptions) {
    this.#options = options;
  }

  /** For the client's channel; once it is let go of, `next` has the channel. */
  keepClient(next: ChannelHandler): ChannelHandler {
    const { client, budget } = this.#options;
    this.#client = new KeptStart(client, next, budget, () => {
      this.#isHeard = true;
      this.#endpoint?.decideNow();
    });
    return this.#client;
  }

  /** For the endpoint's channel. */
  checkEndpoint(next: ChannelHandler): ChannelHandler {
    this.#endpoint = new EndpointStart(this.#options.endpoint, next, (found) => this.#decide(found));
    return this.#endpoint;
  }

  /** The client's first bytes, which are handed on next, begin this. */
  clientSpeaks(spoken: HttpProtocol): void {
    this.#spoken = spoken;
  }

  /** Keeps nothing any more. */
  stop(): void {
    this.#client?.stop();
  }

  #decide(found: HttpProtocol | "other"): "pass" | "wait" | "taken" {
    // A server of HTTP/2 may speak first.
    if (!this.#isHeard && found === "h2") return "wait";
    const sent = this.#client?.kept;
    const isOther = found !== "other" && this.#spoken !== undefined && found !== this.#spoken && sent !== undefined;
    if (isOther) this.#options.onOther(this.#endpoint!.take(), sent);
    this.stop();
    return isOther ? "taken" : "pass";
  }
}

/** Hands on what a client sends, and keeps a copy. */
class KeptStart implements ChannelHandler {
  readonly #channel: Channel;
  readonly #next: ChannelHandler;
  readonly #budget: MemoryBudget;
  readonly #onHeard: () => void;
  #pieces: Uint8Array[] = [];
  #size = 0;
  #isStopped = false;

  constructor(channel: Channel, next: ChannelHandler, budget: MemoryBudget, onHeard: () => void) {
    this.#channel = channel;
    this.#next = next;
    this.#budget = budget;
    this.#onHeard = onHeard;
  }

  /** Undefined where it was too much to keep. */
  get kept(): Uint8Array | undefined {
    return this.#isStopped ? undefined : Buffer.concat(this.#pieces);
  }

  received(bytes: Uint8Array): void {
    if (!this.#isStopped) {
      if (this.#size + bytes.length > KEPT_BYTES || !this.#budget.tryReserve(bytes.length)) this.stop();
      else {
        this.#size += bytes.length;
        this.#pieces.push(Buffer.from(bytes));
      }
    }
    if (this.#isStopped) this.#channel.handleWith(this.#next);
    this.#next.received(bytes);
    this.#onHeard();
  }

  ended(): void {
    this.#next.ended();
    this.#onHeard();
  }

  flushed(bytes: Uint8Array): void {
    this.#next.flushed(bytes);
  }

  closed(error: NodeJS.ErrnoException | undefined): void {
    this.stop();
    this.#next.closed(error);
  }

  stop(): void {
    this.#isStopped = true;
    this.#budget.release(this.#size);
    this.#size = 0;
    this.#pieces = [];
  }
}

/** Holds an endpoint's first bytes until they tell whether they are HTTP, and which. */
class EndpointStart implements ChannelHandler {
  #held: Uint8Array = new Uint8Array(0);
  readonly #channel: Channel;
  readonly #next: ChannelHandler;
  readonly #decide: (found: HttpProtocol | "other") => "pass" | "wait" | "taken";
  #isWaiting = false;

  constructor(
    channel: Channel,
    next: ChannelHandler,
    decide: (found: HttpProtocol | "other") => "pass" | "wait" | "taken",
  ) {
    this.#channel = channel;
    this.#next = next;
    this.#decide = decide;
  }

  received(bytes: Uint8Array): void {
    this.#held = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes]);
    const found = tellAnswer(this.#held);
    const verdict = found === undefined ? "wait" : this.#decide(found);
    if (verdict === "pass") this.#pass();
    if (verdict !== "wait") return;
    this.#held = Buffer.from(this.#held);
    this.#isWaiting = found !== undefined;
    if (this.#isWaiting) this.#channel.pause();
  }

  /** Makes that which is held the caller's. */
  take(): Uint8Array {
    const taken = this.#held;
    this.#held = new Uint8Array(0);
    return taken;
  }

  /** The client's first bytes have come, or its end. */
  decideNow(): void {
    if (!this.#isWaiting) return;
    this.#isWaiting = false;
    if (this.#decide("h2") !== "pass") return;
    this.#pass();
    this.#channel.resume();
  }

  ended(): void {
    this.#pass();
    this.#next.ended();
  }

  flushed(bytes: Uint8Array): void {
    this.#next.flushed(bytes);
  }

  closed(error: NodeJS.ErrnoException | undefined): void {
    this.#pass();
    this.#next.closed(error);
  }

  #pass(): void {
    this.#channel.handleWith(this.#next);
    const held = this.take();
    if (held.length > 0) this.#next.received(held);
  }
}

/** A server's preface is a SETTINGS frame (RFC 9113 §3.4), a response of HTTP/1 begins with its version (RFC 9112 §4). */
function tellAnswer(first: Uint8Array): HttpProtocol | "other" | undefined {
  if (first[0] === HTTP_1[0]) {
    const length = Math.min(first.length, HTTP_1.length);
    if (HTTP_1.subarray(0, length).compare(first.subarray(0, length)) !== 0) return "other";
    return length === HTTP_1.length ? "http/1.1" : undefined;
  }
  if (first[0] !== 0) return "other";
  if (first.length < SETTINGS_HEADER) return undefined;
  const { 1: high, 2: low, 3: type, 4: flags } = first;
  const isSettings = type === SETTINGS && flags === 0 && ((high! << 8) | low!) % SETTING === 0;
  return isSettings && first.subarray(5, SETTINGS_HEADER).every((byte) => byte === 0) ? "h2" : "other";
}

const HTTP_1 = Buffer.from("HTTP/1.");
const SETTINGS_HEADER = 9;
const SETTINGS = 4;
const SETTING = 6;
