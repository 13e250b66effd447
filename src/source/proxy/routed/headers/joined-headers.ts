import { JOINED_HEADERS } from "../../../../tap/match/joined-headers.ts";

/** Headers of requests of which Envoy sends one, whatever came or was added. */
export const JOINED_IN_REQUESTS: ReadonlySet<string> = new Set([
  ...(JOINED_HEADERS["request-headers"] ?? []),
  "x-envoy-expected-rq-timeout-ms",
]);

/** Those of responses. */
export const JOINED_IN_RESPONSES: ReadonlySet<string> = new Set([
  ...(JOINED_HEADERS["response-headers"] ?? []),
  "x-envoy-upstream-service-time",
]);
