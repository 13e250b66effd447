import type { RatioInterval } from "./statistics/bootstrap-ratio.ts";

/** The kinds of difference, in the order in which they are told. */
export const ASPECTS = {
  "route-came": { title: "routes that came", doc: "a route that B alone has" },
  "route-gone": { title: "routes that are gone", doc: "a route that A alone has" },
  errors: {
    title: "failures",
    doc: "the share of requests that failed: 5xx, a gRPC status other than OK, a reset, no answer",
  },
  status: { title: "statuses", doc: "the mix of statuses" },
  "pairs-errors": {
    title: "failures of the same requests",
    doc: "of requests that both sides have: how many fail on one side only",
  },
  latency: { title: "latency", doc: "the time from the request's first byte to the response's last" },
  "latency-tail": { title: "slow requests", doc: "the share of requests that are slower than 95 % of both sides'" },
  "pairs-latency": {
    title: "latency of the same requests",
    doc: "of requests that both sides have: how many are slower on one side",
  },
  "response-member": { title: "JSON of responses", doc: "how many responses have a member, with its type" },
  "request-member": { title: "JSON of requests", doc: "how many requests have a member, with its type" },
  "response-header": { title: "header fields of responses", doc: "how many responses have a header field" },
  "request-header": { title: "header fields of requests", doc: "how many requests have a header field" },
  "response-size": { title: "sizes of responses", doc: "the size of responses' bodies" },
  "request-size": { title: "sizes of requests", doc: "the size of requests' bodies" },
  protocol: { title: "protocols", doc: "how many connections speak a protocol" },
  tls: { title: "TLS", doc: "how many connections have a version of TLS, a cipher, a protocol that ALPN chose" },
  "connection-use": { title: "use of connections", doc: "requests on a connection" },
  traffic: { title: "traffic", doc: "a route's share of all requests" },
} as const satisfies Readonly<Record<string, { readonly title: string; readonly doc: string }>>;

export type Aspect = keyof typeof ASPECTS;

/** Something in which A and B differ, or may. */
export interface Difference {
  readonly aspect: Aspect;
  /** The route; empty for all traffic. */
  readonly key: readonly string[];
  /** The part of it: a status, a header field, a member, a protocol. */
  readonly name?: string;
  readonly a: Measure;
  readonly b: Measure;
  /** B by A: 1.2 is a fifth more; 0 and Infinity for what one side alone has. */
  readonly ratio: number;
  readonly interval?: RatioInterval;
  /** How likely chance alone makes such a difference, by itself: of many, the certain ones were chosen with regard to how many they are. */
  readonly p: number;
}

/** A count of so many, or the middle of some values. */
export type Measure = ShareMeasure | ValueMeasure;

export interface ShareMeasure {
  readonly count: number;
  readonly of: number;
  /** Where there is more to say: `200 98 %, 503 2 %`. */
  readonly mix?: string;
}

export interface ValueMeasure {
  readonly unit: "nanoseconds" | "bytes" | "requests";
  readonly values: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
}
