/**
 * When to tap: Envoy's `MatchPredicate` (`envoy.config.common.matcher.v3`, `envoy.config.tap.v3` and
 * `envoy.service.tap.v2alpha`, which have the same fields), checked.
 */
export type MatchPredicate =
  | { readonly kind: "any" }
  | { readonly kind: "or"; readonly rules: readonly MatchPredicate[] }
  | { readonly kind: "and"; readonly rules: readonly MatchPredicate[] }
  | { readonly kind: "not"; readonly rule: MatchPredicate }
  | HeadersPredicate
  | BodyPredicate
  | ExpressionPredicate;

/** `http_{request,response}_{headers,trailers}_match`: true when every matcher is; an empty list is true. */
export interface HeadersPredicate {
  readonly kind: "headers";
  readonly phase: HeaderPhase;
  readonly headers: readonly HeaderMatcher[];
}

export type HeaderPhase = "request-headers" | "request-trailers" | "response-headers" | "response-trailers";

/** `http_{request,response}_generic_body_match`: true once every pattern was found within the limit. */
export interface BodyPredicate {
  readonly kind: "body";
  readonly message: "request" | "response";
  /** At least one; none is empty. */
  readonly patterns: readonly Uint8Array[];
  /** A pattern must end within that many bytes of the body; 0 is no limit. */
  readonly bytesLimit: number;
}

/** `cel_match` (ours): a filter over the attributes of `tapline read -Y`, decided as soon as those that it reads are known. */
export interface ExpressionPredicate {
  readonly kind: "expression";
  /** It was checked. */
  readonly text: string;
}

/** `envoy.config.route.v3.HeaderMatcher`. */
export interface HeaderMatcher {
  /** In lower case; may be a pseudo-header (`:path`, `:status`). */
  readonly name: string;
  readonly test: HeaderTest;
  /** The result is negated. */
  readonly invert: boolean;
  /** A header that is not there is tested as an empty one. */
  readonly treatMissingAsEmpty: boolean;
}

export type HeaderTest =
  /** Whether the header is there; with `present: false`, whether it is not. */
  | { readonly kind: "present"; readonly present: boolean }
  | { readonly kind: "string"; readonly matcher: StringMatcher }
  /** The value is a decimal integer in [start, end). */
  | { readonly kind: "range"; readonly start: bigint; readonly end: bigint };

/** `envoy.type.matcher.v3.StringMatcher`. A regular expression matches the whole value (RE2 syntax). */
export interface StringMatcher {
  readonly kind: "exact" | "prefix" | "suffix" | "contains" | "regex";
  readonly value: string;
  /** Not for regular expressions. */
  readonly ignoreCase: boolean;
}
