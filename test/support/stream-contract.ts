import assert from "node:assert/strict";
import type { MessageKind, StreamObserver } from "../../src/analysis/stream-observer.ts";
import type { LedgerReason } from "../../src/model/index.ts";

/**
 * Holds the analysis to the contract of `StreamObserver`: head, body, trailers of each message in this order, then `onEnd` or
 * `onAbandoned`, once, and nothing but `onSkipped` after it. Hands everything on to the observers that it stands for.
 */
export class StreamContract implements StreamObserver {
  isOver = false;
  shown = 0;
  skipped = 0;
  readonly #inner: readonly StreamObserver[];
  readonly #parts: Record<MessageKind, "nothing" | "head" | "trailers"> = { request: "nothing", response: "nothing" };

  constructor(inner: readonly StreamObserver[] = []) {
    this.#inner = inner;
  }

  onHeaders(...event: Parameters<StreamObserver["onHeaders"]>): void {
    this.#assert(this.#parts[event[0]] === "nothing", `a second head of the ${event[0]}`);
    this.#parts[event[0]] = "head";
    for (const inner of this.#inner) inner.onHeaders(...event);
  }

  onBody(...event: Parameters<StreamObserver["onBody"]>): void {
    const [message, data] = event;
    this.#assert(this.#parts[message] === "head", `a body of the ${message} after ${this.#parts[message]}`);
    assert.ok(data.length > 0, "an empty piece of a body");
    this.shown += data.length;
    for (const inner of this.#inner) inner.onBody(...event);
  }

  onTrailers(...event: Parameters<StreamObserver["onTrailers"]>): void {
    this.#assert(this.#parts[event[0]] === "head", `trailers of the ${event[0]} after ${this.#parts[event[0]]}`);
    this.#parts[event[0]] = "trailers";
    for (const inner of this.#inner) inner.onTrailers(...event);
  }

  onEnd(...event: Parameters<StreamObserver["onEnd"]>): void {
    this.#assert(true, "a second end");
    this.isOver = true;
    for (const inner of this.#inner) inner.onEnd(...event);
  }

  onAbandoned(): void {
    this.#assert(true, "given up after its end");
    this.isOver = true;
    for (const inner of this.#inner) inner.onAbandoned?.();
  }

  onSkipped(size: number, reason: LedgerReason): void {
    assert.ok(size > 0 && reason.length > 0);
    this.skipped += size;
    for (const inner of this.#inner) inner.onSkipped?.(size, reason);
  }

  #assert(holds: boolean, what: string): void {
    assert.ok(!this.isOver, `${what}: the exchange is over`);
    assert.ok(holds, what);
  }
}
