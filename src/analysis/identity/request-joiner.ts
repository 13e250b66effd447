import { defaultLimits, type LimitRows, type LimitsOf } from "../../model/index.ts";
import { hashText } from "./hash-text.ts";
import { RecentList } from "./recent-list.ts";
import { contradict, isBetterView, mayBeSame, type RequestView, sharesIdentifier } from "./request-view.ts";
import { type Placed, RequestsByKey } from "./requests-by-key.ts";

/** One request, with the views that several places have of it. */
export interface JoinedRequest<View extends RequestView> {
  /** In the order in which they came. */
  readonly views: readonly View[];
  /** The one that counts: the server's if there is one, else the first of the best standpoint. */
  readonly counted: View;
}

export interface Join<View extends RequestView> {
  readonly request: JoinedRequest<View>;
  /** No view of the request was known before. */
  readonly isFirst: boolean;
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
  /** Views before any of a second place: none of them is of a request that another one is of, and they are indexed when that comes. */
  #ofOnePlace: RecentList<View> | undefined = new RecentList();
  /** In the order in which they came; those that were let go of are among them until their turn comes. */
  readonly #known = new RecentList<Known<View>>();
  #remembered = 0;
  #forgotten = 0;

  constructor(limits: Partial<JoinerLimits> = {}) {
    this.#limits = { ...defaultLimits(JOINER_LIMITS), ...limits };
  }

  /** How many requests were let go of because there were too many: views of them that come later count as requests. */
  get forgotten(): number {
    return this.#forgotten;
  }

  /** Joins it, and tells whether no view of the request was known before: all that many ask for, and quick while all views are of one place. */
  isFirst(view: View): boolean {
    return this.#waits(view) || this.join(view).isFirst;
  }

  /** Joins it, and tells what counts now: as quick. */
  count(view: View): Pick<Join<View>, "counts" | "uncounted"> {
    return this.#waits(view) ? COUNTS : this.join(view);
  }

  join(view: View): Join<View> {
    const started = secondsOf(view);
    if (started === undefined) return first({ views: [view], counted: view });
    this.#indexWaiting();
    const keys = keysOf(view);
    const [request, ...others] = this.#findAll(view, started, keys);
    if (request === undefined) return first(this.#remember(view, started, keys));
    const counted = [request, ...others].map((one) => one.counted);
    this.#take(request, view, keys);
    for (const other of others) {
      this.#forget(other);
      for (const further of other.views) this.#take(request, further, keysOf(further));
    }
    const uncounted = counted.filter((one) => one !== request.counted);
    return { request, isFirst: false, counts: request.counted === view, uncounted };
  }

  /** While all views are of one place, each is a request's first. It is remembered then, and quick. */
  #waits(view: View): boolean {
    const waiting = this.#ofOnePlace;
    if (waiting === undefined || view.started === undefined || (waiting.last ?? view).place !== view.place)
      return false;
    waiting.push(view);
    if (waiting.size > this.#limits.requests) {
      waiting.shift();
      this.#forgotten++;
    }
    return true;
  }

  #indexWaiting(): void {
    const waiting = this.#ofOnePlace;
    this.#ofOnePlace = undefined;
    for (const view of waiting ?? NONE) this.#remember(view, secondsOf(view)!, keysOf(view));
  }

  /** The request that it is of; several where it shows that what no place saw twice is one. */
  #findAll(view: View, started: number, keys: readonly number[]): Known<View>[] {
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
      const nearest = this.#byKey.findNearest(key, view.place, started, identifiedSeconds, isSame);
      if (nearest === undefined) continue;
      found.push(nearest);
      joined.push(...nearest.views);
    }
    return found;
  }

  #take(request: Known<View>, view: View, keys: readonly number[]): void {
    request.views.push(view);
    if (request.place !== undefined && request.place !== view.place) {
      request.place = undefined;
      for (const key of request.keys) this.#byKey.mix(key);
    }
    if (isBetterView(view, request.counted)) request.counted = view;
    this.#index(request, keys);
  }

  #remember(view: View, started: number, keys: readonly number[]): Known<View> {
    const { place } = view;
    const request: Known<View> = { views: [view], counted: view, place, started, keys: [], isForgotten: false };
    this.#known.push(request);
    this.#remembered++;
    this.#index(request, keys);
    if (this.#remembered > this.#limits.requests) this.#forgetOldest();
    return request;
  }

  #index(request: Known<View>, keys: readonly number[]): void {
    for (const key of keys) {
      if (request.keys.includes(key)) continue;
      request.keys.push(key);
      this.#byKey.add(key, request);
    }
  }

  #forgetOldest(): void {
    let oldest = this.#known.shift()!;
    while (oldest.isForgotten) oldest = this.#known.shift()!;
    this.#forgotten++;
    this.#forget(oldest);
  }

  #forget(request: Known<View>): void {
    request.isForgotten = true;
    this.#remembered--;
    for (const key of request.keys) this.#byKey.delete(key, request);
  }
}

interface Known<View extends RequestView> extends JoinedRequest<View>, Placed {
  readonly views: View[];
  counted: View;
  place: string | undefined;
  /** Under which it is found. */
  readonly keys: number[];
  isForgotten: boolean;
}

function first<View extends RequestView>(request: JoinedRequest<View>): Join<View> {
  return { request, isFirst: true, counts: true, uncounted: NONE };
}

const NONE: readonly never[] = [];
const COUNTS = { counts: true, uncounted: NONE };

/**
 * The surest first. Numbers: texts of so many parts cost more than all else that is done with a view. Two of one number are told apart by
 * what they are (`mayBeSame`).
 */
function keysOf({ traceId, requestId, conversations, operation }: RequestView): number[] {
  const ofOperation = hashText(operation, 0);
  const keys: number[] = [];
  if (traceId !== undefined) keys.push(hashText(traceId, ofOperation + 3));
  if (requestId !== undefined) keys.push(hashText(requestId, ofOperation + 2));
  for (const conversation of conversations) keys.push(hashText(conversation, ofOperation + 1));
  return keys;
}

function secondsOf({ started }: RequestView): number | undefined {
  return started && started.seconds + started.nanos / 1e9;
}
