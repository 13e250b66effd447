import assert from "node:assert/strict";
import { test } from "node:test";
import { hiddenParts, SHOWING } from "../../../../../test/support/hidden-parts.ts";
import { redactTokens } from "./redact-tokens.ts";

/** Drawn: it is shown behind names that stand for things, and behind what says that it is data or a digest. */
const T = "Zq4a44dc15364204a80fe80e90";
const TEXT = Buffer.from("a secret! in it").toString("base64");
const ROWS = [
  T, `image ${T}`, `a: ${T}`, `imagex=${T}`, `(${T})`, `image = (${T})`, `image:     ${T}`, `image: x ${T}`, `image ::: ${T}`,
  `;base64,x ${T}`, `token.sha256:x ${T}`, `data:a,b ${T}`, `data:a ${T}`,
].map((text) => text.replace(T, (token) => `«${nameOf(text)}:${token}»`)); // biome-ignore format: a list
const SHOWN = [
  `image=${T}`, `image: ${T}`, `image:    ${T}`, `image = ${T}`, `image="${T}"`, `image: '${T}'`, `"image":"${T}"`, `image=\\"${T}\\"`,
  `etag: W/"${T}"`, `etag=${T}, b`, `x-image=${T}`, `sha256:${T}`, `sha384=${T}`, `data:image/png;base64,${T}`,
  `data:text/x,${T}`, `data:a,${T}`, `data:a;charset=x,${T}`, `data:a;x-y=z,${T}`, `data:a/b+c.d-e,${T}`,
  `token.sha256:${T}`, `token.sha1=${T}`, `token.sha384: ${T}`, `token.sha512="${T}"`,
]; // biome-ignore format: a list

test("a drawn token is hidden as what names it, and not behind what says that it is none", () => {
  for (const [text, shown] of [...ROWS, ...SHOWN].map(hiddenParts))
    assert.equal(
      redactTokens(text, SHOWING, (one) => one.includes("secret!")),
      shown,
      text,
    );
});

test("a token is found by its letters and digits, or by how its vendor begins it", () => {
  for (const [text, shown] of [
    // No vendor's beginning has two of its characters.
    "«token:Zq4zw7Xz9Qv2Xj5Wz8Qw3Xv»",
    "z «token:Zq4zw7Xz9Qv2Xj5Wz8Qw3Xv» z",
    "zq zw xz qv xj wz qw xv zq zw xz",
    "«slack-token:xoxb-abcdefghijklmnopqrstuvwx»",
    "a «vault-token:hvs.abcdefghijklmnopqrstuvwxyz» b",
  ].map(hiddenParts))
    assert.equal(
      redactTokens(text, SHOWING, () => false),
      shown,
      text,
    );
});

test("a line of passwords of databases is one wherever it stands", () => {
  for (const [text, shown] of [
    "h:5432:db:bob:«database-password:pass»",
    "# c\nh:5432:db:bob:«database-password:pass»\n",
    "\n\n*:*:db:bob:«database-password:pass»\n10.0.0.1:5432:*:al:«database-password:word»",
    "x h:5432:db:bob:pass",
    "(h:5432:db:bob:pass)",
  ].map(hiddenParts))
    assert.equal(
      redactTokens(text, SHOWING, () => false),
      shown,
      text,
    );
});

test("a key of Mailchimp's is one with its place", () => {
  const key = "0123456789abcdef".repeat(2);
  for (const shown of [
    `a «mailchimp-key:${key}-us1»`,
    `«mailchimp-key:${key}-us12»,`,
    `${key}-us123`,
    `a${key}-us1`,
    `${key}-eu1`,
  ])
    assert.equal(
      redactTokens(hiddenParts(shown)[0], SHOWING, () => false),
      shown,
    );
});

test("of what a URL of data holds in base64, text with a secret is hidden", () => {
  for (const [text, shown] of [`data:text/plain;base64,«encoded:${TEXT}»`, `x ;base64,${TEXT}`].map(hiddenParts))
    assert.equal(
      redactTokens(text, SHOWING, (one) => one.includes("secret!")),
      shown,
      text,
    );
});

function nameOf(text: string): string {
  return /^(\w+)(?:=|: )\S*$/.exec(text)?.[1] ?? "token";
}
