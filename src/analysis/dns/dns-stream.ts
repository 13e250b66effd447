import type { Timestamp } from "../../model/index.ts";
import { DnsFramer } from "../../wire/dns/index.ts";
import type { AnalysisContext } from "../protocol-analyzer.ts";
import { looksLikeDns } from "./looks-like-dns.ts";

/** Gets a message with the times of its first and last byte; false says that it is none. */
export type TakeMessage = (
  bytes: Uint8Array,
  start: number,
  end: number,
  started: Timestamp,
  finished: Timestamp,
) => boolean;

/** One direction of DNS over TCP: finds its messages and accounts for every byte of it. */
export class DnsStream {
  readonly #context: AnalysisContext;
  readonly #framer: DnsFramer;
  #started: Timestamp | undefined;
  #now: Timestamp | undefined;
  /** After a hole in which messages ended: it is not known where the next one begins. */
  #isLost = false;

  constructor(context: AnalysisContext, take: TakeMessage) {
    this.#context = context;
    const { budget, bytes: book } = context;
    this.#framer = new DnsFramer({
      message: (bytes, start, end) => {
        const isTaken = take(bytes, start, end, this.#started ?? this.#now!, this.#now!);
        this.#started = undefined;
        if (isTaken) book.settleHandled(end - start + 2);
        else book.settleSkipped("not-dns", end - start + 2);
      },
      lost: (_size, pushed) => {
        this.#started = undefined;
        book.settleSkipped("incomplete-dns-message", pushed);
      },
      reserve: (size) => budget.tryReserve(size),
      release: (size) => budget.release(size),
    });
  }

  push(data: Uint8Array, time: Timestamp): void {
    this.#now = time;
    if (this.#isLost && !beginsWithMessage(data)) {
      this.#context.bytes.settleSkipped("after-gap", data.length);
      return;
    }
    this.#isLost = false;
    this.#framer.push(data);
    if (this.#framer.held > 0) this.#started ??= time;
  }

  gap(size: number | undefined): void {
    if (this.#isLost || (size !== undefined && this.#framer.skip(size))) return;
    this.close();
    this.#isLost = true;
  }

  close(): void {
    const { held } = this.#framer;
    if (held > 0) this.#context.bytes.settleSkipped("incomplete-dns-message", held);
    this.#framer.restart();
    this.#started = undefined;
  }
}

/** Whether a whole message stands there, its length before it. */
function beginsWithMessage(data: Uint8Array): boolean {
  if (data.length < 2) return false;
  const end = 2 + ((data[0]! << 8) | data[1]!);
  return data.length >= end && looksLikeDns(data, 2, end);
}
