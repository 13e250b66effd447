import assert from "node:assert/strict";
import { test } from "node:test";
import { expandText, namesIn } from "../../../../test/support/names-in.ts";
import { characterCodes } from "../look/character-codes.ts";
import { findCommands, hasFlag, mayBeCall } from "./find-commands.ts";

/** Those that tell of a secret, those that do where other signs are in them that may tell, and the others. */
const TELLING = [
  "password x",
  "the password is x",
  "a password ",
  "net user",
  "NET user",
  "config:set x",
  "x:set y",
  "x /p:y",
  "x /P:y",
  "identified by",
  "securestring x",
  "ConvertTo-SecureString x",
  "vault x",
  "ends with a space ",
  "the token is abcd",
  "the token was abcd",
  "the token to abcd",
  "the token be abcd",
  "token: abcd",
  "my key: abcd",
  "API key: abcd",
  "a b c token: abcd",
];
const MAYBE_TELLING = ["x identified", "token 'abcd", "api-key `abcd"];
const SILENT = [
  "cabinet user",
  "xnet user",
  "set x",
  "x.set y",
  "user is abcd",
  "user: abcd",
  "token is abc",
  "token xyz abcd",
  "tokens are abcd",
  "vaults abcd",
  "password",
  "x is token",
  "the token wis abcd",
  "x p:y",
  "x /q:y",
  "a token b",
  "{n*16}net x",
  "the token has abcd",
];
const WITH_FLAG = ["-a", "--a", "a -b", "a --b", "(-a", "'-a", "`--a", "x(--a", "\t-a", "é-a", "a --b-c"];
const WITHOUT_FLAG = ["a-b", "-1", "- a", "--", "---a", "a", "-", "x -", "x --", "a--b", "@-a", "[-a"];
const CALLS = ["f('x", "f(", 'f( "x', 'f(\t\t"x', "a_1('", "f({ *8}'"];
const NO_CALLS = ["('x", "f({ *9}'", 'f ("x', "f(x", "f[('"]; // biome-ignore format: a list

test("a space in a text of JSON that may part a secret from its name is seen", () => {
  const found = (text: string, mayTell: boolean) => {
    const names = namesIn(expandText(`["${text}"]`));
    return findCommands(names, 1, names.codes.length - 1, mayTell);
  };
  for (const [texts, alone, withSigns] of [
    [TELLING, true, true],
    [MAYBE_TELLING, false, true],
    [SILENT, false, false],
  ] as const)
    for (const text of texts) assert.deepEqual([found(text, false), found(text, true)], [alone, withSigns], text);
});

test("a flag is seen where one may begin", () => {
  for (const [texts, has] of [
    [WITH_FLAG, true],
    [WITHOUT_FLAG, false],
  ] as const)
    for (const text of texts) assert.equal(hasFlag(characterCodes(`"${text}"`), 0, text.length + 2), has, text);
  assert.equal(hasFlag(characterCodes('"a" "-b"'), 0, 3), false);
});

test("a call with a text is seen", () => {
  for (const text of CALLS) assert.ok(mayBeCall(`"${expandText(text)}"`), text);
  for (const text of NO_CALLS) assert.ok(!mayBeCall(expandText(`"${text}`)), text);
});
