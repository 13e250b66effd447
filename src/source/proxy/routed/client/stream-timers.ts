import { timerMillis } from "../../../../model/index.ts";

export interface StreamTimersOptions {
  /** Without a move in either direction; 0 is never, as for the others. */
  readonly idleMillis: number;
  /** From the request's end to the response's. */
  readonly routeMillis: number;
  /** From the request's head to its end: `request_timeout`. */
  readonly requestMillis: number;
  readonly longestMillis: number;
  readonly onIdle: () => void;
  readonly onRoute: () => void;
  readonly onRequest: () => void;
  readonly onLongest: () => void;
}

/** The timers of one request. One of Node's stands for all of them, for whichever comes first: most requests are over long before. */
export class StreamTimers {
  readonly #options: StreamTimersOptions;
  readonly #began = performance.now();
  #movedAt = this.#began;
  #endedAt: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** When it goes off. */
  #dueAt = Number.POSITIVE_INFINITY;
  #isStopped = false;

  constructor(options: StreamTimersOptions) {
    this.#options = options;
  }

  /** Begins to watch. What is moved, or ends, before is counted. */
  start(): void {
    if (this.#isStopped) return;
    const { idleMillis, routeMillis, requestMillis, longestMillis } = this.#options;
    const endedAt = this.#endedAt;
    let due = Math.min(after(this.#movedAt, idleMillis), after(this.#began, longestMillis));
    due = Math.min(due, endedAt === undefined ? after(this.#began, requestMillis) : after(endedAt, routeMillis));
    // A timer that goes off too early finds that nothing is due, and is set again.
    if (due >= this.#dueAt) return;
    clearTimeout(this.#timer);
    this.#dueAt = due;
    this.#timer = setTimeout(() => this.#check(), timerMillis(due - performance.now()));
  }

  moved(): void {
    this.#movedAt = performance.now();
  }

  requestEnded(): void {
    this.moved();
    this.#endedAt ??= this.#movedAt;
    this.start();
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  #check(): void {
    if (this.#isStopped) return;
    // Timers count whole milliseconds.
    const now = performance.now() + 1;
    const { idleMillis, routeMillis, requestMillis, longestMillis } = this.#options;
    const { onIdle, onRoute, onRequest, onLongest } = this.#options;
    const endedAt = this.#endedAt;
    // Where it is late, several may be over: the first of them is the one that ended it.
    const [due, expire] = [
      [after(this.#movedAt, idleMillis), onIdle] as const,
      [after(this.#began, longestMillis), onLongest] as const,
      endedAt === undefined
        ? ([after(this.#began, requestMillis), onRequest] as const)
        : ([after(endedAt, routeMillis), onRoute] as const),
    ].reduce((first, next) => (next[0] < first[0] ? next : first));
    if (due <= now) expire();
    else {
      this.#dueAt = Number.POSITIVE_INFINITY;
      this.start();
    }
  }
}

function after(moment: number, millis: number): number {
  return millis > 0 ? moment + millis : Number.POSITIVE_INFINITY;
}
