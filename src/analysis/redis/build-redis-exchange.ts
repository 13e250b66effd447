import { NO_APPLICATION, nanosBetween } from "../../model/index.ts";
import { transportTimes } from "../exchange-times.ts";
import type { RedisExchange } from "./redis-exchange.ts";

/** The exchange with the times of its messages. A reply that was captured before its command says nothing of when it came. */
export function buildRedisExchange(parts: Omit<RedisExchange, "kind" | "application" | "times">): RedisExchange {
  const { connection, index, request, response } = parts;
  const isInOrder =
    request === undefined || response === undefined || nanosBetween(request.started, response.started) >= 0;
  return {
    kind: "redis",
    application: NO_APPLICATION,
    ...parts,
    times: {
      ...(index === 0 ? transportTimes(connection) : {}),
      ...(request && { requestStart: request.started, requestEnd: request.finished }),
      ...(response && isInOrder && { responseStart: response.started, responseEnd: response.finished }),
    },
  };
}
