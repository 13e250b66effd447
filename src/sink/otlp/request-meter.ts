import type { ExchangeFacts } from "../../analysis/protocols/index.ts";
import { type Exchange, OUTCOME_RESULTS } from "../../model/index.ts";
import { type AttributeValue, spanAttributes, UNKNOWN_SERVICE } from "./span-attributes.ts";

/** Seconds; those that OpenTelemetry advises for `http.server.request.duration`. */
export const DURATION_BOUNDS: readonly number[] = [
  0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
];
/** Rows that are told apart; what comes beyond is counted by its service alone. */
const MAX_ROWS = 2000;

/** Requests of one service, method, route and status. */
export interface MeteredRow {
  readonly service: string;
  readonly attributes: ReadonlyMap<string, AttributeValue>;
  /** By `DURATION_BOUNDS`, and one more for those above. */
  readonly buckets: number[];
  count: number;
  /** Seconds. */
  sum: number;
}

/** Counts requests and how long they took, since it was made. Those whose time is not known are counted by no bucket, and not here. */
export class RequestMeter {
  readonly #rows = new Map<string, MeteredRow>();

  add(exchange: Exchange, { service, outcome, operation }: ExchangeFacts): void {
    const seconds = secondsOf(exchange);
    if (seconds === undefined) return;
    const known = spanAttributes(exchange);
    const attributes = new Map<string, AttributeValue>();
    for (const name of KEPT) {
      const value = known.get(name);
      if (value !== undefined) attributes.set(name, value);
    }
    if (!attributes.has("http.request.method")) attributes.set("tapline.operation", operation.split(" ", 1)[0] ?? "");
    const result = outcome?.result ?? OUTCOME_RESULTS[0];
    if (result === "error" || result === "none")
      attributes.set("error.type", String(outcome?.reason ?? attributes.get("http.response.status_code") ?? "_OTHER"));
    const row = this.#find(service?.name ?? UNKNOWN_SERVICE, attributes);
    row.count++;
    row.sum += seconds;
    const bucket = DURATION_BOUNDS.findIndex((bound) => seconds <= bound);
    row.buckets[bucket < 0 ? DURATION_BOUNDS.length : bucket]!++;
  }

  get rows(): readonly MeteredRow[] {
    return [...this.#rows.values()];
  }

  #find(service: string, attributes: ReadonlyMap<string, AttributeValue>): MeteredRow {
    const key = `${service}\n${[...attributes].join("\n")}`;
    const known = this.#rows.get(key);
    if (known !== undefined) return known;
    if (this.#rows.size < MAX_ROWS) return this.#make(key, service, attributes);
    const other = this.#rows.size < 2 * MAX_ROWS ? service : "(other)";
    return this.#rows.get(other) ?? this.#make(other, other, OTHER);
  }

  #make(key: string, service: string, attributes: ReadonlyMap<string, AttributeValue>): MeteredRow {
    const buckets = new Array<number>(DURATION_BOUNDS.length + 1).fill(0);
    const row: MeteredRow = { service, attributes, buckets, count: 0, sum: 0 };
    this.#rows.set(key, row);
    return row;
  }
}

/** The attributes that OpenTelemetry wants. */
const KEPT = [
  "http.request.method",
  "http.response.status_code",
  "http.route",
  "url.scheme",
  "network.protocol.name",
  "network.protocol.version",
  "rpc.system",
  "rpc.grpc.status_code",
];
const OTHER: ReadonlyMap<string, AttributeValue> = new Map([["http.route", "(other)"]]);

function secondsOf({ times: { requestStart, responseEnd } }: Exchange): number | undefined {
  if (requestStart === undefined || responseEnd === undefined) return undefined;
  return Math.max(0, responseEnd.seconds - requestStart.seconds + (responseEnd.nanos - requestStart.nanos) / 1e9);
}
