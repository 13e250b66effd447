import assert from "node:assert/strict";
import { test } from "node:test";
import { redactEncoded } from "./redact-encoded.ts";

/** Hides what is between quotes or angle brackets behind a colon, so that it is found where these were decoded. */
const inner = (text: string): string => text.replace(/(["'<]:["'<])[a-z]+(?=["'<])/g, "$1…");

const TEXTS: readonly (readonly [text: string, shown: string])[] = [
  ...["&quot;", "&#34;", "&#x22;", "&QUOT;"].map((sign) => [`a${sign}:${sign}x${sign}b`, "a&quot;:&quot;…&quot;b"] as const),
  ...["&apos;", "&#39;", "&#x27;"].map((sign) => [`a${sign}:${sign}x${sign}b`, "a&#39;:&#39;…&#39;b"] as const),
  ...["&lt;", "&#60;", "&#x3c;"].map((sign) => [`a${sign}:${sign}x${sign}b`, "a&lt;:&lt;…&lt;b"] as const),
  ["&quot;:&quot;x&quot; &gt; &#62; &#x3e; > &amp; &", "&quot;:&quot;…&quot; > > > > &amp; &amp;"],
  ["&quot;:&quot;X&quot; &gt; &", "&quot;:&quot;X&quot; &gt; &"],
  ["&amp;:&amp;x&amp;", "&amp;:&amp;x&amp;"],
  ['"&quot;:&quot;x&quot;"<&lt;:&lt;x&lt;', '"&quot;:&quot;…&quot;"<&lt;:&lt;…&lt;'],
  ['"a\\":\\"x\\"" b', '"a\\":\\"…\\"" b'],
  ['"a\\":\\"X\\"" "c\\":\\"y\\"', '"a\\":\\"X\\"" "c\\":\\"…\\"'],
  ['"\\n\\":\\"x\\"\n\\d"', '"\\n\\":\\"…\\"\\n\\\\d"'],
  ['"\\u00":\\"x\\""', '"\\u00":\\"x\\""'],
  ['a\\":\\"x\\" b', 'a\\":\\"…\\" b'],
  ['{\\"a\\":\\"X\\" b', '{\\"a\\":\\"X\\" b'],
  ['{\\"a\\":\\"x\\",\\"c\\":1} "d"', '{\\"a\\":\\"…\\",\\"c\\":1} "d"'],
  ['a\\\\\\":\\\\\\"x\\\\\\" b', 'a\\\\\\":\\\\\\"x\\\\\\" b'],
  ["a%22:%22x%22b", "a%22:%22%E2%80%A6%22b"],
  ["a%22:%22X%22b%2f", "a%22:%22X%22b%2f"],
  ["a%22%3A%22x%22%2f b%zz", "a%22%3A%22%E2%80%A6%22%2f b%zz"],
  ["%3C:%3Cx%3C %27:%27x%27", "%3C:%3C%E2%80%A6%3C %27:%27x%27"],
  ["no signs", "no signs"],
]; // biome-ignore format: a table

test("a text in another is decoded, looked at, and encoded again where that changed it", () => {
  for (const [text, shown] of TEXTS) assert.equal(redactEncoded(text, inner), shown, text);
});

test("where lengths are kept the encoded text is covered as a whole", () => {
  const cover = (encoded: string): string => "*".repeat(encoded.length);
  assert.equal(redactEncoded('"a\\":\\"x\\"" b', inner, cover), "*********** b");
  assert.equal(redactEncoded("a%22:%22x%22b c", inner, cover), "************* c");
  assert.equal(redactEncoded("'a&quot;:&quot;x&quot;' b", inner, cover), "'*********************' b");
  assert.equal(redactEncoded("a%22:%22X%22b c", inner, cover), "a%22:%22X%22b c");
});

test("only those texts of JSON are looked into that are said to have escapes", () => {
  const text = '["a\\":\\"x\\"","b\\":\\"y\\""]';
  assert.equal(redactEncoded(text, inner, undefined, [13, 24]), '["a\\":\\"x\\"","b\\":\\"…\\""]');
  assert.equal(redactEncoded(text, inner, undefined, [1, 12, 13, 24]), '["a\\":\\"…\\"","b\\":\\"…\\""]');
  assert.equal(redactEncoded(text, inner, undefined, []), text);
});

test("texts without the quotes around them are looked into at each level of escapes", () => {
  const inner = (text: string): string => redactEncoded(text, inner).replace(/":"x"/g, '":"…"');
  for (const escapes of [1, 3, 7].map((count) => "\\".repeat(count))) {
    const text = `b {${escapes}"a${escapes}":${escapes}"x${escapes}"} c`;
    assert.equal(redactEncoded(text, inner), text.replace("x", "…"));
  }
  const many = `${"\\".repeat(100_000)}"a`;
  assert.equal(redactEncoded(many, inner), many);
});
