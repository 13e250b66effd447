import { compileFilter, type Filter } from "../../analysis/filter/index.ts";
import { TaplineError } from "../../model/index.ts";
import { type DocumentNode, MessageReader, type MessageShape, refuse } from "../../wire/config-document/index.ts";
import type { HeaderPhase, MatchPredicate } from "./match-predicate.ts";
import { readHeaderMatcher } from "./read-header-matcher.ts";
import type { TapSite } from "./tap-site.ts";

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
    "cel_match",
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

/**
 * Reads a `MatchPredicate` of any version, and `cel_match`, which is ours. Throws TaplineError (`configuration`).
 *
 * @param site what is tapped: expressions for a transport socket may ask for its connection only
 */
export function readMatchPredicate(node: DocumentNode, site: Pick<TapSite, "watches">): MatchPredicate {
  const message = new MessageReader(node, MATCH_PREDICATE);
  const rule = message.requiredOneOf(...MATCH_PREDICATE.fields);
  const value = message.requiredNode(rule);
  switch (rule) {
    case "any_match":
      if (!message.bool(rule))
        refuse(value.place, "any_match: value must equal true", "leave it out, or use not_match");
      return { kind: "any" };
    case "not_match":
      return { kind: "not", rule: readMatchPredicate(value, site) };
    case "or_match":
      return { kind: "or", rules: readRules(value, rule, site) };
    case "and_match":
      return { kind: "and", rules: readRules(value, rule, site) };
    case "http_request_generic_body_match":
      return readBodyPredicate(value, "request");
    case "http_response_generic_body_match":
      return readBodyPredicate(value, "response");
    case "cel_match":
      return readExpression(value, message.requiredString(rule), site);
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
    case "expression":
      return false;
  }
}

function readRules(node: DocumentNode, name: string, site: Pick<TapSite, "watches">): MatchPredicate[] {
  const rules = new MessageReader(node, MATCH_SET).list("rules");
  if (rules.length < 2) refuse(node.place, `${name}: rules: value must contain at least 2 item(s)`);
  return rules.map((rule) => readMatchPredicate(rule, site));
}

function readExpression(node: DocumentNode, text: string, { watches }: Pick<TapSite, "watches">): MatchPredicate {
  const filter = compileAt(node, text);
  if (watches.includes("socket")) {
    const unknown = [...filter.attributes].find((name) => !/^(source|destination|connection)\./.test(name));
    if (unknown !== undefined)
      refuse(
        node.place,
        `cel_match: a transport socket sees connections, not HTTP: ${unknown} is never known there`,
        "ask for source.*, destination.* or connection.*, or use the HTTP tap filter",
      );
  }
  return { kind: "expression", text };
}

/** A fault of the expression is told with carets under it, at the place where it stands in the document. */
function compileAt(node: DocumentNode, text: string): Filter {
  try {
    return compileFilter(text, { name: "cel_match", code: "configuration" });
  } catch (error) {
    if (!(error instanceof TaplineError)) throw error;
    return refuse(node.place, error.message, error.hint);
  }
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
