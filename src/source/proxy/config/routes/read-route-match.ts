import { compileRegularExpression } from "../../../../analysis/filter/regular-expression.ts";
import { readHeaderMatcher, readStringMatcher } from "../../../../tap/config/read-header-matcher.ts";
import { type DocumentNode, MessageReader, refuse } from "../../../../wire/config-document/index.ts";
import { CONNECT_MATCHER, QUERY_MATCHER, ROUTE_MATCH } from "../fields/route-fields.ts";
import type { PathMatch, QueryMatch, RouteMatch } from "./route-table.ts";

/** Reads `RouteMatch`. Throws TaplineError (`configuration`). */
export function readRouteMatch(node: DocumentNode): RouteMatch {
  const message = new MessageReader(node, ROUTE_MATCH);
  const grpc = message.node("grpc");
  const fraction = message.node("runtime_fraction");
  const perMillion = fraction === undefined ? undefined : readFraction(fraction);
  return {
    path: readPath(message),
    headers: message.list("headers").map(readHeaderMatcher),
    query: message.list("query_parameters").map(readQuery),
    isGrpc: grpc !== undefined,
    ...(perMillion !== undefined && { perMillion }),
  };
}

function readPath(message: MessageReader<(typeof ROUTE_MATCH.fields)[number]>): PathMatch {
  const form = message.requiredOneOf("prefix", "path", "safe_regex", "path_separated_prefix", "connect_matcher");
  const ignoresCase = message.has("case_sensitive") && !message.bool("case_sensitive");
  if (form === "connect_matcher") {
    new MessageReader(message.requiredNode(form), CONNECT_MATCHER);
    return { kind: "connect", value: "", ignoresCase };
  }
  if (form === "prefix") return { kind: "prefix", value: message.string("prefix") ?? "", ignoresCase };
  if (form === "path") return { kind: "path", value: message.string("path") ?? "", ignoresCase };
  if (form === "path_separated_prefix") {
    const value = message.requiredString(form);
    if (!/^[^?#]+[^?#/]$/.test(value))
      refuse(message.placeOf(form), 'path_separated_prefix: expected a path without "?", "#" and a "/" at its end');
    return { kind: "separated", value, ignoresCase };
  }
  const regex = new MessageReader(message.requiredNode(form), REGEX).requiredString("regex");
  try {
    compileRegularExpression(regex);
  } catch (error) {
    refuse(message.placeOf(form), `regex ${JSON.stringify(regex)}: ${(error as Error).message}`);
  }
  return { kind: "regex", value: regex, ignoresCase: false };
}

const REGEX = {
  name: "RegexMatcher",
  fields: ["regex"],
  withoutEffect: { google_re2: ["RE2 is the one engine", {}] },
} as const;

function readQuery(node: DocumentNode): QueryMatch {
  const message = new MessageReader(node, QUERY_MATCHER);
  const name = message.requiredString("name");
  const form = message.oneOf("string_match", "present_match");
  if (form !== "string_match")
    return { name, ...(form === "present_match" && !message.bool(form) && { isAbsent: true }) };
  return { name, value: readStringMatcher(message.requiredNode(form)) };
}

const DENOMINATORS = { 0: "HUNDRED", 1: "TEN_THOUSAND", 2: "MILLION" } as const;
const MULTIPLES = { HUNDRED: 10_000, TEN_THOUSAND: 100, MILLION: 1 } as const;

function readFraction(node: DocumentNode): number {
  const outer = new MessageReader(node, {
    name: "RuntimeFractionalPercent",
    fields: ["default_value"],
    withoutEffect: { runtime_key: ["there is no runtime: its default holds", "x"] },
  });
  const message = new MessageReader(outer.requiredNode("default_value"), {
    name: "FractionalPercent",
    fields: ["numerator", "denominator"],
  });
  const multiple = MULTIPLES[message.enumeration("denominator", DENOMINATORS) ?? "HUNDRED"];
  return Math.min(1_000_000, (message.uint32("numerator") ?? 0) * multiple);
}
