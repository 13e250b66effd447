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

/** The timers of one request. */
export class StreamTimers {
  readonly #options: StreamTimersOptions;
  readonly #idle: NodeJS.Timeout | undefined;
  readonly #longest: NodeJS.Timeout | undefined;
  readonly #request: NodeJS.Timeout | undefined;
  #route: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(options: StreamTimersOptions) {
    this.#options = options;
    const { idleMillis, longestMillis, requestMillis, onIdle, onLongest, onRequest } = options;
    if (idleMillis > 0) this.#idle = setTimeout(onIdle, idleMillis);
    if (longestMillis > 0) this.#longest = setTimeout(onLongest, longestMillis);
    if (requestMillis > 0) this.#request = setTimeout(onRequest, requestMillis);
  }

  moved(): void {
    if (!this.#isStopped) this.#idle?.refresh();
  }

  requestEnded(): void {
    this.moved();
    clearTimeout(this.#request);
    const { routeMillis, onRoute } = this.#options;
    if (routeMillis > 0 && !this.#isStopped) this.#route ??= setTimeout(onRoute, routeMillis);
  }

  stop(): void {
    this.#isStopped = true;
    for (const timer of [this.#idle, this.#longest, this.#request, this.#route]) clearTimeout(timer);
  }
}
