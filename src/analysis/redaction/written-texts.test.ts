/** Texts as they come, each with what is shown of it: `~` stands for a mark. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createNodeRedactor } from "./node-redactor.ts";

const redactor = createNodeRedactor();
const LETTERS = "abcdefghijklmnop";

for (const [text, expected] of [
  // Nothing but the address says what it is.
  [
    `https://discord.com/api/webhooks/123456789012345678/${LETTERS}`,
    "https://discord.com/api/webhooks/123456789012345678/~",
  ],
  [`/webhooks/123456789012345/${LETTERS}`, "/webhooks/123456789012345/~"],
  [`/webhooks/123456789012345678901/${LETTERS}?wait=true`, "/webhooks/123456789012345678901/~?wait=true"],
  [`/webhooks/12345678901234/${LETTERS}`, undefined],
  [`/webhooks/1234567890123456789012/${LETTERS}`, undefined],
  [`/webhooks/123456789012345678/${LETTERS.slice(1)}`, undefined],
  // Without a space in it.
  ['user.setPassword("hunter2x")', 'user.setPassword("~")'],
  ['user.setName("hunter2x")', undefined],
  // A value that goes on on the next line.
  ["password: hunter2\n  more-secret\nnext: x", "password: ~\nnext: x"],
  ["a: b\r\npassword: hunter2\r\n  more-secret\r\n\tthird\r\nnext: x", "a: b\r\npassword: ~\r\nnext: x"],
  ["password: hunter2\n  more-secret", "password: ~"],
  ["password: hunter2\nnext: x\n  more\n", "password: ~\nnext: x\n  more\n"],
  ["x password: hunter2\n  more", "x password: ~\n  more"],
] as const)
  test(`a text: ${JSON.stringify(text)}`, () => {
    const shown = redactor.text(text).replace(/redacted-[\w-]+?-[0-9a-f]{8}/g, "~");
    assert.equal(shown, expected ?? text);
  });

test("a target's names are decoded, as a field of HTTP/2 too; one may be a query alone", () => {
  assert.equal(redactor.target("?page=2"), "?page=2");
  assert.match(redactor.target("/a?p%61ssword=hunter2"), /^\/a\?p%61ssword=redacted-password-/);
  assert.match(
    redactor.headers([{ name: ":path", value: "/a?p%61ssword=hunter2" }])[0]!.value ?? "",
    /=redacted-password-/,
  );
});

test("a key by which a request is known again is none", () => {
  const value = "8e03978e40d543e8bc936894a57f9324";
  for (const name of ["Idempotency-Key", "idempotency-key"])
    assert.equal(redactor.headers([{ name, value }])[0]!.value, value);
});

test("a vendor's token begins where a word does", () => {
  const token = "pul-abcdefghijklmnopqrst";
  for (const before of ["", ...Array.from("+-./=_~%{`@:[", (sign) => `x${sign}`)])
    assert.match(redactor.text(before + token), /redacted-cloud-token-/, before);
  for (const before of "amzAMZ059") assert.equal(redactor.text(`x${before}${token}`), `x${before}${token}`);
});
