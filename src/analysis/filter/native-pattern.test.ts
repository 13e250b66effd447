import assert from "node:assert/strict";
import { test } from "node:test";
import { RE2JS } from "@bufbuild/re2";
import { Random } from "../../../test/support/random.ts";
import { toNativePattern } from "./native-pattern.ts";

const PIECES =
  "a b - . / é ^ $ | ( ) (?: [ab] [^a] [a-c] [\\d-] \\d \\w \\. \\s \\b * + ? *? {2} (?i) [[:alpha:]] \\pL".split(" ");
const TEXTS = [
  "",
  "a",
  "b",
  "ab",
  "ba",
  "a-b",
  "a/b",
  "1",
  "é",
  "😀",
  "a\nb",
  "\n",
  "abcabc",
  "a.b",
  "aaaaab",
  "\ud800",
  "_",
  "A",
  " ",
];

test("a pattern for JavaScript's engine finds what RE2 finds", () => {
  const random = new Random();
  let taken = 0;
  for (let i = 0; i < 30_000; i++) {
    const pattern = Array.from({ length: 1 + random.below(7) }, () => random.pick(PIECES)).join("");
    let wanted: RE2JS;
    try {
      wanted = RE2JS.compile(pattern);
    } catch {
      continue;
    }
    const native = toNativePattern(pattern);
    if (native === undefined) continue;
    taken++;
    const found = new RegExp(native, "u");
    for (const text of TEXTS)
      assert.equal(found.test(text), wanted.test(text), `${pattern} on ${JSON.stringify(text)} (seed ${random.seed})`);
  }
  assert.ok(taken > 2000, String(taken));
});

test("what could take long is left to RE2", () => {
  for (const pattern of [
    "(a+)+$",
    "^(a+)+$",
    "^(a|a)*$",
    "a*b",
    "^a*b*",
    "^.*x.*$",
    "^(a?)+",
    "a?a?a?a?a?a?a?aaaaaaa",
    "(a|b)*c",
  ])
    assert.equal(toNativePattern(pattern), undefined, pattern);
  for (const pattern of ["^/users/[0-9]+$", "^/(a|b)", "\\.php$", "^GET /[^/]+/x$", "curl", "^https?://"])
    assert.notEqual(toNativePattern(pattern), undefined, pattern);
});
