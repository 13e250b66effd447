import assert from "node:assert/strict";
import { test } from "node:test";
import { compileHeaderMatcher } from "./compile-header-matcher.ts";

const exact = (name: string, value: string) =>
  ({
    name,
    invert: false,
    treatMissingAsEmpty: false,
    test: { kind: "string", matcher: { kind: "exact", value, ignoreCase: false } },
  }) as const;

test("each value of a header is tested by itself, but where Envoy keeps one", () => {
  const headers = (name: string, ...values: string[]) => values.map((value) => ({ name, value }));
  const cases: readonly (readonly [
    name: string,
    phase: "request-headers" | "response-headers" | "response-trailers",
    given: readonly string[],
    wanted: string,
    boolean,
  ])[] = [
    ["x-a", "request-headers", ["one", "two"], "two", true],
    ["x-a", "request-headers", ["one", "two"], "one,two", false],
    ["accept", "request-headers", ["one", "two"], "two", false],
    ["accept", "request-headers", ["one", "two"], "one,two", true],
    ["accept", "request-headers", ["", "two", ""], "two", true],
    ["accept", "request-headers", [""], "", true],
    ["accept", "response-headers", ["one", "two"], "two", true],
    ["etag", "response-headers", ["one", "two"], "one,two", true],
    ["etag", "response-trailers", ["one", "two"], "two", true],
  ];
  for (const [name, phase, given, wanted, isMatch] of cases)
    assert.equal(
      compileHeaderMatcher(exact(name, wanted), phase)(headers(name, ...given) as never),
      isMatch,
      `${name} ${phase} ${given.join("|")} ${wanted}`,
    );
});
