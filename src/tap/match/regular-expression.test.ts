import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { compileFullMatch } from "./regular-expression.ts";

describe("RE2's syntax", () => {
  const CASES: readonly (readonly [pattern: string, value: string, expected: boolean])[] = [
    ["abc", "abc", true],
    ["abc", "abcd", false],
    ["a|bc", "bcx", false],
    ["(?i)get|post", "POST", true],
    ["(?s)a.b", "a\nb", true],
    ["a.b", "a\nb", false],
    ["(?P<name>x+)y", "xxy", true],
    ["(?<name>x+)y", "xxy", true],
    ["\\Aab\\z", "ab", true],
    ["[[:alpha:]_]+", "ab_C", true],
    ["[^[:space:]]+", "a b", false],
    ["\\Qa.b\\E+", "a.bb", true],
    ["\\Qa.b\\E", "axb", false],
    ["a\\-b\\/c", "a-b/c", true],
    ["[a\\-z]+", "-az", true],
    ["\\x41\\d{2}", "A12", true],
  ];
  for (const [pattern, value, expected] of CASES)
    test(`${pattern} on ${JSON.stringify(value)}`, () => {
      const compiled = compileFullMatch(pattern);
      assert.ok(compiled instanceof RegExp, String(compiled));
      assert.equal(compiled.test(value), expected);
    });

  for (const [pattern, expected] of [
    ["(", "is not a regular expression"],
    ["(a)\\1", "back-references are not supported"],
    ["a(?=b)", "look-around is not supported"],
    ["(?<!a)b", "look-around is not supported"],
    ["(?U)a+", "the flag U is not supported"],
    ["[[:nope:]]", "[:nope:] is not supported"],
    ["a".repeat(4097), "is longer than 4096 characters"],
  ] as const)
    test(`refused: ${pattern.slice(0, 20)}`, () => assert.equal(compileFullMatch(pattern), expected));
});
