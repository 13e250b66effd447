import {
  addNanos,
  compareTimestamps,
  type FlowEvent,
  isTaken,
  type LedgerReason,
  type MemoryBudget,
  type Submission,
  type Timestamp,
} from "../../model/index.ts";
import { EventSample, type FlowEventReader, readJsonEvent } from "../../wire/cilium/index.ts";
import { type MonitorItem, type MonitorOutput, reasonOf } from "./monitor-output.ts";

/** How many events are held for `last` at most, and how many bytes of them. */
const MAX_HELD = 1_000_000;
const MAX_HELD_BYTES = 64 << 20;

/** The reason of an event that is held: what becomes of it is told later. */
export const HELD = "held";

export interface EventWindowOptions {
  readonly output: MonitorOutput;
  readonly flows: FlowEventReader;
  /** Why a flow is not shown, before anything is held: by filters and verbosity. */
  readonly reasonToSkip: (flow: FlowEvent) => LedgerReason | undefined;
  /** Nothing before it. */
  readonly since: Timestamp | undefined;
  /** Nothing from it on. */
  readonly until: Timestamp | undefined;
  /** That many are shown, and then `onComplete` is called. */
  readonly first: number | undefined;
  /** The last of them are shown at the end: that many, or those of so many nanoseconds before the newest. */
  readonly last: { readonly count: number } | { readonly nanos: number } | undefined;
  readonly onComplete: () => void;
  /** Charged with the bytes of what is held: where it has no room, the oldest are let go. */
  readonly budget: MemoryBudget;
  /** Called for each event that was held, when it is shown or let go of. */
  readonly settle: (reason: LedgerReason | undefined) => void;
}

/**
 * The part of the events that was asked for: from a time, to a time, the first or the last ones. An event without a time is in no
 * range of times (`time-unknown`). Held events are at most 1 000 000, 64 MiB, and what the budget has room for: beyond it the oldest are
 * let go (`not-held`).
 */
export class EventWindow implements MonitorOutput {
  readonly #options: EventWindowOptions;
  readonly #held: Held[] = [];
  #heldFrom = 0;
  #heldBytes = 0;
  #shown = 0;

  constructor(options: EventWindowOptions) {
    this.#options = options;
  }

  submit(item: MonitorItem): Submission {
    const { output, reasonToSkip, last, first, onComplete } = this.#options;
    const flow = this.#read(item);
    if (flow === undefined || flow.kind === "lost") return output.submit(item);
    const reason = reasonToSkip(flow) ?? this.#outside(flow.time);
    if (reason !== undefined) return { dropped: reason };
    if (last !== undefined) return this.#hold(keep(item), sizeOf(item), flow.time);
    if (first !== undefined && this.#shown >= first) return { dropped: "after-the-first" };
    const submission = output.submit(item);
    if (isTaken(submission) && ++this.#shown === first) onComplete();
    return submission;
  }

  whenReady(): Promise<void> {
    return this.#options.output.whenReady();
  }

  flush(): Promise<void> {
    return this.#options.output.flush();
  }

  async close(deadline: number): Promise<void> {
    const { settle, output, budget } = this.#options;
    for (const { item, size } of this.#held.splice(0).slice(this.#heldFrom)) {
      budget.release(size);
      const submission = output.submit(item!);
      settle(reasonOf(submission));
      if (submission === "full") await output.whenReady();
    }
    await output.close(deadline);
  }

  /** Undefined where it cannot be decoded: the output says why. */
  #read(item: MonitorItem): FlowEvent | undefined {
    if (item.payload === undefined) return readJsonEvent(item.json, item.origin);
    if (item.payload.type !== EventSample) return undefined;
    const flow = this.#options.flows.read(item.payload, item.origin);
    return typeof flow === "string" ? undefined : flow;
  }

  #outside(time: Timestamp | undefined): LedgerReason | undefined {
    const { since, until, last } = this.#options;
    const asksForTime = since !== undefined || until !== undefined || (last !== undefined && "nanos" in last);
    if (!asksForTime) return undefined;
    if (time === undefined) return "time-unknown";
    if (since !== undefined && compareTimestamps(time, since) < 0) return "before-since";
    return until !== undefined && compareTimestamps(time, until) >= 0 ? "after-until" : undefined;
  }

  #hold(item: MonitorItem, size: number, time: Timestamp | undefined): Submission {
    const { last, budget } = this.#options;
    while (!budget.tryReserve(size)) {
      if (this.#heldFrom === this.#held.length) return { dropped: "not-held" };
      this.#release("not-held");
    }
    this.#held.push({ item, size, time });
    this.#heldBytes += size;
    const begin = "nanos" in last! ? addNanos(time!, -last.nanos) : undefined;
    const isTooOld = (): boolean =>
      begin === undefined
        ? this.#held.length - this.#heldFrom > (last as { count: number }).count
        : compareTimestamps(this.#held[this.#heldFrom]!.time!, begin) < 0;
    while (isTooOld()) this.#release("before-the-last");
    while (this.#held.length - this.#heldFrom > MAX_HELD || this.#heldBytes > MAX_HELD_BYTES) this.#release("not-held");
    return { dropped: HELD };
  }

  #release(reason: LedgerReason): void {
    const { size } = this.#held[this.#heldFrom]!;
    this.#heldBytes -= size;
    this.#options.budget.release(size);
    this.#held[this.#heldFrom++] = RELEASED;
    this.#options.settle(reason);
    // The front is cut off seldom enough that every event is moved once on the average.
    if (this.#heldFrom > 1024 && this.#heldFrom * 2 > this.#held.length) {
      this.#held.splice(0, this.#heldFrom);
      this.#heldFrom = 0;
    }
  }
}

interface Held {
  /** Undefined once it was let go of. */
  readonly item: MonitorItem | undefined;
  readonly size: number;
  readonly time: Timestamp | undefined;
}

const RELEASED: Held = { item: undefined, size: 0, time: undefined };

/** An item of its own: what came is borrowed. */
function keep(item: MonitorItem): MonitorItem {
  if (item.payload === undefined) return item;
  const { payload, origin } = item;
  const bytes = payload.bytes.slice(payload.start, payload.end);
  return { payload: { ...payload, bytes, start: 0, end: bytes.length, limit: bytes.length }, origin };
}

function sizeOf(item: MonitorItem): number {
  return item.payload === undefined ? item.line.length : item.payload.end - item.payload.start;
}
