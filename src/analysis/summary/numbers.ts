import { LatencySketch } from "../latency/latency-sketch.ts";

/** The numbers of some requests. */
export interface Numbers {
  requests: number;
  /** Outcome `error` or `none`. */
  errors: number;
  requestBytes: number;
  responseBytes: number;
  readonly latency: LatencySketch;
}

export function emptyNumbers(): Numbers {
  return { requests: 0, errors: 0, requestBytes: 0, responseBytes: 0, latency: new LatencySketch() };
}

/** Those of all requests together. */
export function sumNumbers(parts: Iterable<Numbers>): Numbers {
  const sum = emptyNumbers();
  for (const { requests, errors, requestBytes, responseBytes, latency } of parts) {
    sum.requests += requests;
    sum.errors += errors;
    sum.requestBytes += requestBytes;
    sum.responseBytes += responseBytes;
    sum.latency.merge(latency);
  }
  return sum;
}
