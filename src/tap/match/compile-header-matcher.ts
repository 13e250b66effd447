import { compileRegularExpression } from "../../analysis/filter/regular-expression.ts";
import type { Header } from "../../model/index.ts";
import type { HeaderMatcher, HeaderPhase, HeaderTest, StringMatcher } from "../config/match-predicate.ts";
import { JOINED_HEADERS } from "./joined-headers.ts";

/** Whether a message's headers satisfy a matcher. A header whose name or value is not known is as good as absent. */
export type HeadersTest = (headers: readonly Header[]) => boolean;

/**
 * Compiles a header matcher. Of a header that is there several times each value is tested by itself, and one that passes is enough
 * (Envoy since 1.39, `match_headers_individually`), but for those of which Envoy keeps one ({@link JOINED_HEADERS}); `invert` turns that over: none passes. A header that is not there satisfies
 * neither a test of its value nor, with `invert`, its opposite, unless it is to be taken for an empty one
 * (route_components.proto, `treat_missing_header_as_empty`). In a request `host` is `:authority`, as in Envoy.
 */
export function compileHeaderMatcher(matcher: HeaderMatcher, phase: HeaderPhase): HeadersTest {
  const { invert, treatMissingAsEmpty, test } = matcher;
  const name = matcher.name === "host" && phase === "request-headers" ? ":authority" : matcher.name;
  if (test.kind === "present")
    return (headers) =>
      ((treatMissingAsEmpty || someValue(headers, name, () => true) === true) === test.present) !== invert;
  const matches = compileValueTest(test);
  const find = JOINED_HEADERS[phase]?.has(name) === true ? joinedValue : someValue;
  return (headers) => {
    const found = find(headers, name, matches) ?? (treatMissingAsEmpty ? matches("") : undefined);
    return found !== undefined && found !== invert;
  };
}

/** Compiles `StringMatcher` to a test of a whole value. */
export function compileStringMatcher({ kind, value, ignoreCase }: StringMatcher): (text: string) => boolean {
  if (kind === "regex") {
    const expression = compileRegularExpression(value);
    return (text) => expression.isWhole(text);
  }
  const wanted = ignoreCase ? foldCase(value) : value;
  const fold = ignoreCase ? foldCase : (text: string) => text;
  switch (kind) {
    case "exact":
      return (text) => fold(text) === wanted;
    case "prefix":
      return (text) => fold(text).startsWith(wanted);
    case "suffix":
      return (text) => fold(text).endsWith(wanted);
    case "contains":
      return (text) => fold(text).includes(wanted);
  }
}

function compileValueTest(test: Exclude<HeaderTest, { kind: "present" }>): (value: string) => boolean {
  if (test.kind === "string") return compileStringMatcher(test.matcher);
  return (value) => {
    if (!/^\s*[+-]?\d{1,19}\s*$/.test(value)) return false;
    const number = BigInt(value);
    return number >= test.start && number < test.end && BigInt.asIntN(64, number) === number;
  };
}

/** Whether one of the header's values passes; undefined where it has none. */
function someValue(headers: readonly Header[], name: string, passes: (value: string) => boolean): boolean | undefined {
  let found: boolean | undefined;
  for (const header of headers) {
    if (header.value === undefined || header.name?.toLowerCase() !== name) continue;
    if (passes(header.value)) return true;
    found = false;
  }
  return found;
}

/** Whether all of the header's values together pass, with commas between those that are not empty; undefined where it has none. */
function joinedValue(
  headers: readonly Header[],
  name: string,
  passes: (value: string) => boolean,
): boolean | undefined {
  let joined: string | undefined;
  for (const { name: own, value } of headers) {
    if (value === undefined || own?.toLowerCase() !== name) continue;
    if (!joined) joined = value;
    else if (value !== "") joined += `,${value}`;
  }
  return joined === undefined ? undefined : passes(joined);
}

/** ASCII only, as Envoy does. */
function foldCase(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
