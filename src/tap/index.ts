export * from "./capture.ts";
export * from "./config/match-predicate.ts";
export * from "./config/tap-config.ts";
export * from "./connection-ids.ts";
export * from "./match/matcher.ts";
export * from "./socket-tap.ts";
export * from "./tap-counters.ts";
export * from "./trace-sink.ts";
