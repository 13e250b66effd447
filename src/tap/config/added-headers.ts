import type { MatchPredicate } from "./match-predicate.ts";

/**
 * The headers that a predicate asks for and that Envoy's connection manager adds by itself (`x-request-id`, `x-forwarded-proto`,
 * `x-envoy-…`): where bytes are forwarded as they are, they are there only if a client or another proxy sent them.
 */
export function listAddedHeaders(predicate: MatchPredicate): readonly string[] {
  return [...new Set(collect(predicate))];
}

function collect(predicate: MatchPredicate): readonly string[] {
  switch (predicate.kind) {
    case "not":
      return collect(predicate.rule);
    case "or":
    case "and":
      return predicate.rules.flatMap(collect);
    case "headers": {
      const added = predicate.phase.startsWith("request") ? ADDED_TO_REQUESTS : ADDED_TO_RESPONSES;
      return predicate.headers.map(({ name }) => name).filter((name) => added.test(name));
    }
    case "any":
    case "body":
    case "expression":
      return [];
  }
}

/** https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_conn_man/headers */
const ADDED_TO_REQUESTS = /^(?:x-request-id|x-forwarded-(?:for|proto|host|port|client-cert)|x-envoy-.*)$/;
const ADDED_TO_RESPONSES = /^x-envoy-/;
