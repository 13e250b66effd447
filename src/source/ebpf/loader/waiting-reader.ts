import type { Libbpf } from "./libbpf.ts";
import type { RingReader, TakeRecord } from "./ring-reader.ts";

/** How long between two looks while records come, and how many looks without any until it sleeps. */
const BUSY_MILLIS = 2;
const IDLE_LOOKS = 5;
/** Records that are taken before other work of the process has its turn. */
const MOST_AT_ONCE = 2000;

/**
 * Reads a ring while the process does other things: by a timer while records come, and woken by the kernel after it was quiet. A
 * reader that sleeps each time would make every record pay for waking it.
 */
export class WaitingReader {
  readonly #ring: RingReader;
  readonly #setPolling: (isPolling: boolean) => void;
  readonly #take: TakeRecord;
  readonly #handled: () => void;
  readonly #poll: { start(options: object, callback: () => void): void; stop(): void; close(): void };
  #timer: NodeJS.Timeout | undefined;
  #quiet = 0;
  #isSleeping = false;

  /**
   * @param setPolling tells the kernel whether it is to wake the reader
   * @param handled called after each look, also where there was none
   */
  constructor(
    libbpf: Libbpf,
    ring: RingReader,
    setPolling: (isPolling: boolean) => void,
    take: TakeRecord,
    handled: () => void,
  ) {
    this.#ring = ring;
    this.#setPolling = setPolling;
    this.#take = take;
    this.#handled = handled;
    this.#poll = libbpf.koffi.node.poll(ring.fd, { readable: true }, () => this.#wake()) as never;
    this.#poll.stop();
    this.#look();
  }

  /** Takes all that is in the ring now. */
  drain(): void {
    while (this.#ring.drain(this.#take, MOST_AT_ONCE) > 0);
    this.#handled();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#poll.stop();
    this.#poll.close();
  }

  #look(): void {
    const taken = this.#ring.drain(this.#take, MOST_AT_ONCE);
    this.#handled();
    this.#quiet = taken > 0 ? 0 : this.#quiet + 1;
    if (this.#quiet >= IDLE_LOOKS) this.#sleep();
    else this.#timer = setTimeout(() => this.#look(), taken >= MOST_AT_ONCE ? 0 : BUSY_MILLIS);
  }

  #sleep(): void {
    this.#setPolling(true);
    // A record that came before the kernel was asked to wake us woke nobody.
    if (this.#ring.filled > 0) {
      this.#wakeUp();
      return;
    }
    this.#isSleeping = true;
    this.#poll.start({ readable: true }, () => this.#wake());
    // A record that was being written just then may not wake us either.
    this.#timer = setTimeout(() => this.#wake(), SLEEP_MILLIS);
  }

  #wake(): void {
    if (!this.#isSleeping) return;
    this.#isSleeping = false;
    clearTimeout(this.#timer);
    this.#poll.stop();
    this.#wakeUp();
  }

  #wakeUp(): void {
    this.#setPolling(false);
    this.#quiet = 0;
    this.#look();
  }
}

/** The longest sleep, in case nobody wakes it. */
const SLEEP_MILLIS = 200;
