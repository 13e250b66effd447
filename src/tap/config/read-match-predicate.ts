import { type DocumentNode, MessageReader, type MessageShape, refuse } from "../../wire/config-document/index.ts";
import type { HeaderPhase, MatchPredicate } from "./match-predicate.ts";
import { readHeaderMatcher } from "./read-header-matcher.ts";

const HEADER_RULES = {
  http_request_headers_match: "request-headers",
  http_request_trailers_match: "request-trailers",
  http_response_headers_match: "response-headers",
  http_response_trailers_match: "response-trailers",
} as const satisfies Record<string, HeaderPhase>;

const MATCH_PREDICATE = {
  name: "MatchPredicate",
  fields: [
    "or_match",
    "and_match",
    "not_match",
    "any_match",
    "http_request_headers_match",
    "http_request_trailers_match",
    "http_response_headers_match",
    "http_response_trailers_match",
    "http_request_generic_body_match",
    "http_response_generic_body_match",
  ],
} as const satisfies MessageShape<string>;

const MATCH_SET = { name: "MatchSet", fields: ["rules"] } as const satisfies MessageShape<string>;
const HEADERS_MATCH = { name: "HttpHeadersMatch", fields: ["headers"] } as const satisfies MessageShape<string>;
const BODY_MATCH = {
  name: "HttpGenericBodyMatch",
  fields: ["bytes_limit", "patterns"],
} as const satisfies MessageShape<string>;
const TEXT_MATCH = {
  name: "GenericTextMatch",
  fields: ["string_match", "binary_match"],
} as const satisfies MessageShape<string>;

/** Reads a `MatchPredicate` of any version. Throws TaplineError (`configuration`). */
export function readMatchPredicate(node: DocumentNode): MatchPredicate {
  const message = new MessageReader(node, MATCH_PREDICATE);
  const rule = message.requiredOneOf(...MATCH_PREDICATE.fields);
  const value = message.requiredNode(rule);
  switch (rule) {
    case "any_match":
      if (!message.bool(rule))
        refuse(value.place, "any_match: value must equal true", "leave it out, or use not_match");
      return { kind: "any" };
    case "not_match":
      return { kind: "not", rule: readMatchPredicate(value) };
    case "or_match":
      return { kind: "or", rules: readRules(value, rule) };
    case "and_match":
      return { kind: "and", rules: readRules(value, rule) };
    case "http_request_generic_body_match":
      return readBodyPredicate(value, "request");
    case "http_response_generic_body_match":
      return readBodyPredicate(value, "response");
    default: {
      const headers = new MessageReader(value, HEADERS_MATCH).list("headers").map(readHeaderMatcher);
      return { kind: "headers", phase: HEADER_RULES[rule], headers };
    }
  }
}

/** Whether a rule in it looks at HTTP, which a transport socket never shows. */
export function looksAtHttp(predicate: MatchPredicate): boolean {
  switch (predicate.kind) {
    case "any":
      return false;
    case "not":
      return looksAtHttp(predicate.rule);
    case "or":
    case "and":
      return predicate.rules.some(looksAtHttp);
    case "headers":
    case "body":
      return true;
  }
}

function readRules(node: DocumentNode, name: string): MatchPredicate[] {
  const rules = new MessageReader(node, MATCH_SET).list("rules");
  if (rules.length < 2) refuse(node.place, `${name}: rules: value must contain at least 2 item(s)`);
  return rules.map(readMatchPredicate);
}

function readBodyPredicate(node: DocumentNode, message: "request" | "response"): MatchPredicate {
  const reader = new MessageReader(node, BODY_MATCH);
  const patterns = reader.list("patterns").map(readPattern);
  if (patterns.length === 0) refuse(reader.placeOf("patterns"), "patterns: value must contain at least 1 item(s)");
  return { kind: "body", message, patterns, bytesLimit: reader.uint32("bytes_limit") ?? 0 };
}

function readPattern(node: DocumentNode): Uint8Array {
  const reader = new MessageReader(node, TEXT_MATCH);
  const form = reader.requiredOneOf("string_match", "binary_match");
  const pattern = form === "string_match" ? new TextEncoder().encode(reader.string(form)) : reader.bytes(form)!;
  if (pattern.length === 0) refuse(reader.placeOf(form), `${form}: value length must be at least 1`);
  return pattern;
}
