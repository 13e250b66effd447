import type { MatchPredicate } from "./match-predicate.ts";

/**
 * The headers that a predicate asks for and that Envoy's connection manager adds by itself (`x-request-id`, `x-forwarded-proto`,
 * `x-envoy-…`): where bytes are forwarded as they are, they are there only if a client or another proxy sent them.
 */
export function listAddedHeaders(predicate: MatchPredicate): readonly string[] {
  const added = listMatchedHeaders(predicate).filter(({ isRequest, name }) =>
    (isRequest ? ADDED_TO_REQUESTS : ADDED_TO_RESPONSES).test(name),
  );
  return [...new Set(added.map(({ name }) => name))];
}

/** The headers and trailers that a rule looks at. */
export function listMatchedHeaders(predicate: MatchPredicate): readonly { isRequest: boolean; name: string }[] {
  switch (predicate.kind) {
    case "not":
      return listMatchedHeaders(predicate.rule);
    case "or":
    case "and":
      return predicate.rules.flatMap(listMatchedHeaders);
    case "headers": {
      const isRequest = predicate.phase.startsWith("request");
      return predicate.headers.map(({ name }) => ({ isRequest, name }));
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
