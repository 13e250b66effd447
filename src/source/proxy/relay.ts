import type { LedgerBook, LedgerReason, MemoryBudget, SocketClosed } from "../../model/index.ts";
import type { Channel, ChannelHandler } from "./channel/channel.ts";
import type { Counter } from "./counters.ts";
import type { TappedConnection } from "./tapped-connection.ts";

/** One side of a relay: the connection, its bytes, and the account of what is received on it. */
export interface RelaySide {
  readonly tapped: TappedConnection;
  readonly channel: Channel;
  /** Bytes received here: `handled` once the other side's socket has taken them. */
  readonly received: LedgerBook;
}

export interface RelayOptions {
  /** Charged for bytes that a slow receiver has not taken yet; a relay that it refuses is closed. */
  readonly budget: MemoryBudget;
  /** Counts the relays that the budget refused. */
  readonly overflows: Counter;
  /** Called once, when both sides are closed. */
  readonly onClosed: (relay: Relay) => void;
  /**
   * Called once instead, when the endpoint's side is closed and the client's goes on without the relay: after `leaveClient`, and
   * where the endpoint closed before a byte passed in either direction. Absent: such a client is closed too.
   */
  readonly onClientLeft?: () => void;
}

/**
 * Hands the bytes of two connections to each other, verbatim.
 *
 *     client ── channel ─ End ──▶ End ─ channel ── endpoint        received(bytes) ▶ the other channel's write
 *                        ◀──────                                   ended           ▶ the other channel's end
 *                                                                  closed by error ▶ the other channel's reset
 *
 * A half-close is handed on and the other direction goes on. A receiver that is slow holds its sender back.
 */
export class Relay {
  /** Whether bytes moved since somebody last set this to false. */
  active = true;
  readonly options: RelayOptions;
  readonly #downstream: End;
  readonly #upstream: End;
  #isClientLeft = false;

  constructor(downstream: RelaySide, upstream: RelaySide, options: RelayOptions) {
    this.options = options;
    this.#downstream = new End(this, downstream);
    this.#upstream = new End(this, upstream);
    this.#downstream.other = this.#upstream;
    this.#upstream.other = this.#downstream;
  }

  start(): void {
    this.#downstream.start();
    this.#upstream.start();
  }

  /**
   * Starts with somebody who looks at what the ends send before the relay does.
   *
   * @param client is given the relay, as the handler of what it lets through
   * @param endpoint the same, of the endpoint's side
   * @param waits the endpoint, which may speak first, is not read before the client's first bytes were let through
   */
  startGuarded(client: Guard, endpoint: Guard | undefined, waits: boolean): void {
    if (waits) this.#downstream.onFirst = () => this.#upstream.start(endpoint);
    this.#downstream.start(client);
    if (!waits) this.#upstream.start(endpoint);
  }

  /** Takes what the endpoint answered for read, and hands it to nobody. */
  dropAnswer(bytes: Uint8Array, reason: LedgerReason): void {
    this.#upstream.drop(bytes, reason);
  }

  /** Closes the endpoint's side; the client's is somebody else's from now on. */
  leaveClient(): void {
    this.#letGo();
    this.#upstream.abort("fin");
  }

  /** The endpoint goes: whether that leaves the client, as nothing was forwarded yet. */
  leavesClient(end: ChannelHandler): boolean {
    const [client, endpoint] = [this.#downstream, this.#upstream];
    const isUnused = end === endpoint && !client.isClosed && !client.hasReceived && !endpoint.hasReceived;
    if (!isUnused || this.options.onClientLeft === undefined) return false;
    this.#letGo();
    return true;
  }

  /** Closes both sides now. What they had not handed on is lost, and counted. */
  abort(how: SocketClosed["how"]): void {
    this.#downstream.abort(how);
    this.#upstream.abort(how);
  }

  endClosed(): void {
    if (!this.#downstream.isClosed || !this.#upstream.isClosed) return;
    if (this.#isClientLeft) this.options.onClientLeft!();
    else this.options.onClosed(this);
  }

  #letGo(): void {
    this.#isClientLeft = true;
    this.#downstream.isClosed = true;
  }
}

/** Is given the relay's handler of a channel, and gives the one that the channel gets. */
export type Guard = (relay: ChannelHandler) => ChannelHandler;

class End implements ChannelHandler {
  other!: End;
  isClosed = false;
  hasReceived = false;
  /** Called before the first bytes are handed on, or the end. */
  onFirst: (() => void) | undefined;
  readonly #relay: Relay;
  readonly #tapped: TappedConnection;
  readonly #channel: Channel;
  readonly #received: LedgerBook;
  /** Bytes charged to the budget for the backlog of `#channel`. */
  #reserved = 0;
  #ended = false;
  #paused = false;
  /** Why it is closing, where that is already known. */
  #how: SocketClosed["how"] | undefined;

  constructor(relay: Relay, { tapped, channel, received }: RelaySide) {
    this.#relay = relay;
    this.#tapped = tapped;
    this.#channel = channel;
    this.#received = received;
  }

  start(guard?: Guard): void {
    this.#channel.handleWith(guard?.(this) ?? this);
    this.#channel.resume();
  }

  received(bytes: Uint8Array): void {
    const size = bytes.length;
    const { other } = this;
    this.#relay.active = true;
    this.#begin();
    this.#received.enter(size);
    this.#tapped.read(bytes);
    const channel = other.#channel;
    const before = channel.backlog;
    const taken = other.isClosed ? 0 : channel.write(bytes);
    const queued = channel.backlog - before;
    if (taken > 0) {
      this.#received.settleHandled(taken);
      other.#tapped.wrote(taken === size ? bytes : bytes.subarray(0, taken), false);
    }
    const lost = size - taken - queued;
    // A channel that is going, though its end was not told yet, takes nothing.
    if (lost > 0) this.#received.settleDropped("receiver-closed", lost);
    if (queued > 0) this.#hold(queued);
  }

  drop(bytes: Uint8Array, reason: LedgerReason): void {
    this.hasReceived = true;
    this.#received.enter(bytes.length);
    this.#received.settleDropped(reason, bytes.length);
    this.#tapped.read(bytes);
  }

  ended(): void {
    this.#relay.active = true;
    if (this.#relay.leavesClient(this)) {
      this.abort("fin");
      return;
    }
    this.#begin();
    this.#ended = true;
    this.#tapped.readEnded();
    const { other } = this;
    if (other.isClosed) return;
    if (other.#channel.backlog === 0) other.#tapped.writeEnded();
    other.#channel.end();
  }

  flushed(bytes: Uint8Array): void {
    const { other } = this;
    this.#relay.active = true;
    this.#release(bytes.length);
    other.#received.settleHandled(bytes.length);
    this.#tapped.wrote(bytes, true);
    if (other.#ended && this.#channel.backlog === 0) this.#tapped.writeEnded();
    if (other.#paused && !this.#channel.full) {
      other.#paused = false;
      other.#channel.resume();
    }
  }

  closed(error: NodeJS.ErrnoException | undefined): void {
    if (this.isClosed) return;
    this.isClosed = true;
    if (error !== undefined) this.#relay.leavesClient(this);
    const { other } = this;
    const { backlog } = this.#channel;
    if (backlog > 0) other.#received.settleDropped("receiver-closed", backlog);
    this.#release(this.#reserved);
    const broken = error !== undefined || this.#how !== undefined;
    // The other side learns of every end, also where the channel did not tell of it by itself.
    if (!broken && !this.#ended) this.ended();
    const how = this.#how ?? (error === undefined ? "fin" : isReset(error) ? "reset" : "unknown");
    this.#tapped.closed(how, how !== "reset" ? undefined : this.#how === undefined ? "read" : "write");
    if (broken && !other.isClosed) {
      other.#how ??= "reset";
      other.#channel.reset();
    }
    this.#relay.endClosed();
  }

  #begin(): void {
    this.hasReceived = true;
    if (this.onFirst === undefined) return;
    this.onFirst();
    this.onFirst = undefined;
  }

  abort(how: SocketClosed["how"]): void {
    if (this.isClosed) return;
    this.#how ??= how;
    this.#channel.destroy();
    this.closed(undefined);
  }

  /** The other side keeps `size` bytes for later. */
  #hold(size: number): void {
    const { other } = this;
    if (!other.#reserve(size)) {
      this.#relay.options.overflows.value++;
      this.#relay.abort("unknown");
    } else if (other.#channel.full && !this.#paused) {
      this.#paused = true;
      this.#channel.pause();
    }
  }

  #reserve(size: number): boolean {
    const granted = this.#relay.options.budget.tryReserve(size);
    if (granted) this.#reserved += size;
    return granted;
  }

  #release(size: number): void {
    this.#reserved -= size;
    this.#relay.options.budget.release(size);
  }
}

function isReset({ code }: NodeJS.ErrnoException): boolean {
  return code === "ECONNRESET" || code === "EPIPE";
}
