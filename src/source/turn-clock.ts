/** Tells for how long this turn of the event loop has been running: whoever comes late in a long one has waited for those before. */
export class TurnClock {
  #began: number | undefined;

  /** Milliseconds since it was first asked in this turn. */
  get millis(): number {
    if (this.#began !== undefined) return performance.now() - this.#began;
    this.#began = performance.now();
    setImmediate(() => {
      this.#began = undefined;
    });
    return 0;
  }
}
