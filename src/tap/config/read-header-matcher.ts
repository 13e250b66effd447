import { compileRegularExpression } from "../../analysis/filter/regular-expression.ts";
import { type DocumentNode, MessageReader, type MessageShape, refuse } from "../../wire/config-document/index.ts";
import type { HeaderMatcher, HeaderTest, StringMatcher } from "./match-predicate.ts";

const HEADER_MATCHER = {
  name: "HeaderMatcher",
  fields: [
    "name",
    "exact_match",
    "regex_match",
    "safe_regex_match",
    "range_match",
    "present_match",
    "prefix_match",
    "suffix_match",
    "contains_match",
    "string_match",
    "invert_match",
    "treat_missing_header_as_empty",
  ],
} as const satisfies MessageShape<string>;

const STRING_MATCHER = {
  name: "StringMatcher",
  fields: ["exact", "prefix", "suffix", "contains", "safe_regex", "regex", "ignore_case"],
  unsupported: { custom: "" },
} as const satisfies MessageShape<string>;

const REGEX_MATCHER = {
  name: "RegexMatcher",
  fields: ["regex"],
  // Which engine, and how large its program may be: there is one engine here.
  withoutEffect: { google_re2: ["RE2 is the one engine", {}] },
} as const satisfies MessageShape<string>;

const INT64_RANGE = { name: "Int64Range", fields: ["start", "end"] } as const satisfies MessageShape<string>;

/** Reads `envoy.config.route.v3.HeaderMatcher`, in all its forms since v2. */
export function readHeaderMatcher(node: DocumentNode): HeaderMatcher {
  const message = new MessageReader(node, HEADER_MATCHER);
  return {
    name: message.requiredString("name").toLowerCase(),
    test: readTest(message),
    invert: message.bool("invert_match"),
    treatMissingAsEmpty: message.bool("treat_missing_header_as_empty"),
  };
}

function readTest(message: MessageReader<(typeof HEADER_MATCHER.fields)[number]>): HeaderTest {
  const form = message.oneOf(
    "exact_match",
    "regex_match",
    "safe_regex_match",
    "range_match",
    "present_match",
    "prefix_match",
    "suffix_match",
    "contains_match",
    "string_match",
  );
  const text = (kind: StringMatcher["kind"]): HeaderTest => {
    const value = message.string(form!)!;
    if (value === "" && kind !== "exact") refuse(message.placeOf(form!), `${message.name}: ${form} must not be empty`);
    return { kind: "string", matcher: { kind, value, ignoreCase: false } };
  };
  switch (form) {
    case undefined:
      return { kind: "present", present: true };
    case "exact_match":
      // An empty one is satisfied by every value (Envoy, header_utility.cc).
      return message.string(form) === "" ? { kind: "present", present: true } : text("exact");
    case "prefix_match":
      return text("prefix");
    case "suffix_match":
      return text("suffix");
    case "contains_match":
      return text("contains");
    case "present_match":
      return { kind: "present", present: message.bool(form) };
    case "regex_match":
      return { kind: "string", matcher: readRegex(message.requiredNode(form), message.string(form)!) };
    case "safe_regex_match":
      return { kind: "string", matcher: readSafeRegex(message.requiredNode(form)) };
    case "range_match":
      return readRange(message.requiredNode(form));
    case "string_match":
      return { kind: "string", matcher: readStringMatcher(message.requiredNode(form)) };
  }
}

/** Reads `envoy.type.matcher.v3.StringMatcher`. */
export function readStringMatcher(node: DocumentNode): StringMatcher {
  const message = new MessageReader(node, STRING_MATCHER);
  const form = message.requiredOneOf("exact", "prefix", "suffix", "contains", "safe_regex", "regex");
  const ignoreCase = message.bool("ignore_case");
  if (form === "safe_regex" || form === "regex") {
    if (ignoreCase)
      refuse(message.placeOf("ignore_case"), "ignore_case has no effect on a regex", "begin it with (?i)");
    const value = message.requiredNode(form);
    return form === "safe_regex" ? readSafeRegex(value) : readRegex(value, message.requiredString(form));
  }
  const value = form === "exact" ? (message.string(form) ?? "") : message.requiredString(form);
  return { kind: form, value, ignoreCase };
}

function readSafeRegex(node: DocumentNode): StringMatcher {
  const message = new MessageReader(node, REGEX_MATCHER);
  return readRegex(message.requiredNode("regex"), message.requiredString("regex"));
}

function readRegex(node: DocumentNode, value: string): StringMatcher {
  try {
    compileRegularExpression(value);
  } catch (error) {
    refuse(node.place, `regex ${JSON.stringify(value)}: ${error instanceof Error ? error.message : String(error)}`);
  }
  return { kind: "regex", value, ignoreCase: false };
}

function readRange(node: DocumentNode): HeaderTest {
  const message = new MessageReader(node, INT64_RANGE);
  const limits = { least: -(2n ** 63n), most: 2n ** 63n - 1n };
  return {
    kind: "range",
    start: message.integer("start", limits) ?? 0n,
    end: message.integer("end", limits) ?? 0n,
  };
}
