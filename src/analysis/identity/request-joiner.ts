import { defaultLimits, type LimitRows, type LimitsOf } from "../../model/index.ts";
import { contradict, isBetterView, mayBeSame, type RequestView, sharesIdentifier } from "./request-view.ts";
import { RequestsByKey } from "./requests-by-key.ts";
import type { Timed } from "./requests-by-time.ts";

/** One request, with the views that several places have of it. */
export interface JoinedRequest<View extends RequestView> {
  /** In the order in which they came. */
  readonly views: readonly View[];
  /** The one that counts: the server's if there is one, else the first of the best standpoint. */
  readonly counted: View;
}

export interface Join<View extends RequestView> {
  readonly request: JoinedRequest<View>;
  /** The view that was given is the one that counts now. */
  readonly counts: boolean;
  /**
   * Views that counted until now and do not any more: whoever summed them up takes them out again. There are several where the view
   * shows that requests which were told apart are one.
   */
  readonly uncounted: readonly View[];
}

export const JOINER_LIMITS = {
  requests: {
    default: 65_536,
    unit: "count",
    doc: "requests remembered to join further views to; the oldest is let go of",
  },
  identifiedSeconds: {
    default: 60,
    unit: "seconds",
    doc: "between the beginnings of one request in two views that share a trace or request identifier, clocks that disagree included",
  },
  unidentifiedSeconds: { default: 2, unit: "seconds", doc: "the same, of views that only share a connection" },
} as const satisfies LimitRows;

export type JoinerLimits = LimitsOf<typeof JOINER_LIMITS>;

/**
 * Finds out which views are of one request: by `traceparent` or `x-request-id` where both saw it, else by their connection and time.
 * Of several requests that come into question it is the one that began nearest. Views may come in any order.
 */
export class RequestJoiner<View extends RequestView> {
  readonly #limits: JoinerLimits;
  readonly #byKey = new RequestsByKey<Known<View>>();
  /** In the order in which they came, from `#oldest` on; those that were let go of are among them until their turn comes. */
  #known: Known<View>[] = [];
  #oldest = 0;
  #remembered = 0;
  #forgotten = 0;

  constructor(limits: Partial<JoinerLimits> = {}) {
    this.#limits = { ...defaultLimits(JOINER_LIMITS), ...limits };
  }

  /** How many requests were let go of because there were too many: views of them that come later count as requests. */
  get forgotten(): number {
    return this.#forgotten;
  }

  join(view: View): Join<View> {
    const started = secondsOf(view);
    if (started === undefined) return { request: { views: [view], counted: view }, counts: true, uncounted: [] };
    const keys = keysOf(view);
    const [request, ...others] = this.#findAll(view, started, keys);
    if (request === undefined) return { request: this.#remember(view, started, keys), counts: true, uncounted: NONE };
    const counted = [request, ...others].map((one) => one.counted);
    this.#take(request, [view]);
    for (const other of others) {
      this.#forget(other);
      this.#take(request, other.views);
    }
    return { request, counts: request.counted === view, uncounted: counted.filter((one) => one !== request.counted) };
  }

  /** The request that it is of; several where it shows that what no place saw twice is one. */
  #findAll(view: View, started: number, keys: readonly string[]): Known<View>[] {
    const { identifiedSeconds, unidentifiedSeconds } = this.#limits;
    const found: Known<View>[] = [];
    const joined: View[] = [view];
    const isSame = ({ views, started: other }: Known<View>): boolean =>
      !views.some((one) => joined.some((other) => contradict(one, other))) &&
      views.some(
        (one) =>
          mayBeSame(one, view) &&
          Math.abs(other - started) <= (sharesIdentifier(one, view) ? identifiedSeconds : unidentifiedSeconds),
      );
    for (const key of keys) {
      const nearest = this.#byKey.findNearest(key, started, identifiedSeconds, isSame);
      if (nearest === undefined) continue;
      found.push(nearest);
      joined.push(...nearest.views);
    }
    return found;
  }

  #take(request: Known<View>, views: readonly View[]): void {
    for (const view of views) {
      request.views.push(view);
      if (isBetterView(view, request.counted)) request.counted = view;
      this.#index(request, keysOf(view));
    }
  }

  #remember(view: View, started: number, keys: readonly string[]): Known<View> {
    const request: Known<View> = { views: [view], counted: view, started, keys: [], isForgotten: false };
    this.#known.push(request);
    this.#remembered++;
    this.#index(request, keys);
    if (this.#remembered > this.#limits.requests) this.#forgetOldest();
    return request;
  }

  #index(request: Known<View>, keys: readonly string[]): void {
    for (const key of keys) {
      if (request.keys.includes(key)) continue;
      request.keys.push(key);
      this.#byKey.add(key, request);
    }
  }

  #forgetOldest(): void {
    while (this.#known[this.#oldest]!.isForgotten) this.#oldest++;
    this.#forgotten++;
    this.#forget(this.#known[this.#oldest++]!);
    // An array, and not a set: where the first members of a set were deleted, each look for the next passes over all of them.
    if (2 * this.#oldest < this.#known.length) return;
    this.#known = this.#known.slice(this.#oldest);
    this.#oldest = 0;
  }

  #forget(request: Known<View>): void {
    request.isForgotten = true;
    this.#remembered--;
    for (const key of request.keys) this.#byKey.delete(key, request);
  }
}

interface Known<View extends RequestView> extends JoinedRequest<View>, Timed {
  readonly views: View[];
  counted: View;
  /** Under which it is found. */
  readonly keys: string[];
  isForgotten: boolean;
}

const NONE: readonly never[] = [];

/** The surest first. */
function keysOf({ traceId, requestId, conversations, operation }: RequestView): string[] {
  const keys = conversations.map((conversation) => `conversation ${conversation} ${operation}`);
  if (requestId !== undefined) keys.unshift(`request ${requestId} ${operation}`);
  if (traceId !== undefined) keys.unshift(`trace ${traceId} ${operation}`);
  return keys;
}

function secondsOf({ started }: RequestView): number | undefined {
  return started && started.seconds + started.nanos / 1e9;
}
