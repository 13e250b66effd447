import type { ConversationMessage, MemoryBudget, Timestamp } from "../../../model/index.ts";
import { BodyCollector } from "../../body-collector.ts";
import { ConversationLog } from "../../conversation-log.ts";

/**
 * Finds the events in a `text/event-stream` (HTML, §9.2.6) as it passes: one message an event, with the bytes of its lines as
 * they came (`event: …`, `data: …`, `id: …`), without the line ends after the last. Comments alone make no event.
 *
 * An event that is not ended by an empty line is not dispatched, as in a browser.
 */
export class EventStreamCollector {
  readonly #maxBytes: number;
  readonly #budget: MemoryBudget;
  readonly #log: ConversationLog;
  #event: BodyCollector | undefined;
  #started: Timestamp | undefined;
  #hasField = false;
  #lineIsEmpty = true;
  #lineIsComment = false;
  #afterCarriageReturn = false;

  constructor(limits: { readonly messages: number; readonly messageBytes: number }, budget: MemoryBudget) {
    this.#maxBytes = limits.messageBytes;
    this.#budget = budget;
    this.#log = new ConversationLog(limits.messages, budget);
  }

  /** Events that came, kept or not. */
  get count(): number {
    return this.#log.count;
  }

  /** Events that were not kept. */
  get dropped(): number {
    return this.#log.dropped;
  }

  /** Adds `data[start, end)`, any split of the stream. */
  push(data: Uint8Array, start: number, end: number, time: Timestamp): void {
    let kept = start;
    for (let at = start; at < end; at++) {
      const c = data[at]!;
      const isSecondOfPair = this.#afterCarriageReturn && c === LF;
      this.#afterCarriageReturn = c === CR;
      if (isSecondOfPair) {
        if (this.#event === undefined) kept = at + 1;
      } else if (c !== CR && c !== LF) {
        if (this.#lineIsEmpty) this.#lineIsComment = c === COLON;
        this.#lineIsEmpty = false;
        if (this.#event === undefined) this.#begin(time);
        if (!this.#lineIsComment) this.#hasField = true;
      } else if (this.#lineIsEmpty) {
        this.#event?.push(data, kept, at);
        kept = at + 1;
        this.#dispatch(time);
      } else this.#lineIsEmpty = true;
    }
    this.#event?.push(data, kept, end);
  }

  /** The events so far. */
  peek(): readonly ConversationMessage[] {
    return this.#log.peek();
  }

  /** Hands the events on and gives their share of the budget back. */
  take(): readonly ConversationMessage[] {
    this.#event?.take(false);
    this.#event = undefined;
    return this.#log.take();
  }

  #begin(time: Timestamp): void {
    this.#event = new BodyCollector(this.#maxBytes, this.#budget);
    this.#started = time;
    this.#hasField = false;
  }

  #dispatch(time: Timestamp): void {
    const event = this.#event;
    this.#event = undefined;
    if (event === undefined) return;
    const { bytes: lines, size, truncated } = event.take(true);
    if (!this.#hasField) return;
    const bytes = truncated ? lines : lines.subarray(0, lengthWithoutLineEnds(lines));
    const cut = lines.length - bytes.length;
    this.#log.add({ from: "server", time: this.#started ?? time, kind: "event", bytes, size: size - cut, truncated });
  }
}

const LF = 0x0a;
const CR = 0x0d;
const COLON = 0x3a;

function lengthWithoutLineEnds(lines: Uint8Array): number {
  let length = lines.length;
  while (length > 0 && (lines[length - 1] === CR || lines[length - 1] === LF)) length--;
  return length;
}
