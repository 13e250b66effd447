import assert from "node:assert/strict";
import { test } from "node:test";
import { Random } from "../../../../test/support/random.ts";
import { shareOf } from "../../../../test/support/share-of.ts";
import { splitName } from "./split-name.ts";

test("a name has the words that signs, capitals and numbers part", () => {
  for (const [name, words] of [
    ["X-Auth-Request-AccessToken2", "x auth request access token 2"],
    ["APIKey", "api key"],
    ["apikey", "api key"],
    ["setcookie2", "set cookie 2"],
    ["key2", "key2"],
    ["token2", "token 2"],
    ["token2x", "token2x"],
    ["token22x", "token 22x"],
    ["token2X", "token 2 x"],
    ["sha256Sum", "sha256 sum"],
    ["subscriptionpassword", "subscription password"],
    ["dbid", "db id"],
    ["HTTPServerURL", "http server url"],
    ["__a--b__", "a b"],
    ["", ""],
    ["пароль", "пароль"],
    // Its small letter is ASCII's.
    ["to\u212Aen22", "token 22"],
  ] as const)
    assert.equal(splitName(name).join(" "), words, name);
});

test("a name is split in the same way whether or not something stands behind it that is not ASCII", () => {
  const random = new Random();
  const pieces = [
    "a",
    "b",
    "token",
    "api",
    "key",
    "Key",
    "A",
    "Z",
    "1",
    "23",
    "-",
    "_",
    ".",
    " ",
    "Pass",
    "id",
    "cookie2",
  ];
  for (let round = 0; round < shareOf(20_000); round++) {
    const name = Array.from({ length: 1 + random.below(8) }, () => random.pick(pieces)).join("");
    assert.deepEqual(splitName(name), splitName(`${name} é`).slice(0, -1), `seed ${random.seed}: ${name}`);
  }
});
