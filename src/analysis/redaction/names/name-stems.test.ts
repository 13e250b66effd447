import assert from "node:assert/strict";
import { test } from "node:test";
import { Random } from "../../../../test/support/random.ts";
import { DEFAULT_RULES, normaliseName } from "../rules.ts";
import * as words from "./name-words.ts";
import { SecretNames } from "./secret-names.ts";

const names = new SecretNames(new Set(DEFAULT_RULES.names.map(normaliseName)), new Set());
const ALL_WORDS = Object.values(words).flatMap((list) =>
  list instanceof RegExp ? list.source.match(/[a-z]+/g)! : [...list.keys()].flatMap((word) => word.split(" ")),
);

test("no name of a secret is passed over, however its words are joined", () => {
  const seed = Number(process.env["SEED"] ?? 0) || 20_261_129;
  const random = new Random(seed);
  let secret = 0;
  for (let count = 0; count < 20_000; count++) {
    const joint = random.pick(["", "_", "-", " ", ".", "$", "/", "__"]);
    const parts = random.list(3, () => {
      const word = random.pick(random.below(4) === 0 ? ["user", "x", "s", "2", "of", "my", "foo"] : ALL_WORDS);
      return random.pick([word, word.toUpperCase(), word.slice(0, 1).toUpperCase() + word.slice(1), `${word}s`]);
    });
    const name = parts.join(joint);
    const { kind } = names.judge(name);
    assert.equal(names.isSecret(name), kind === "strong" || kind === "weak", `seed ${seed}: ${name}`);
    if (kind === "strong" || kind === "weak") secret++;
  }
  assert.ok(secret > 2000 && secret < 18_000, String(secret));
  for (const name of DEFAULT_RULES.names) assert.ok(names.isSecret(name), name);
  for (const name of ["p%61ssword", "пароль", "a\\u0062_token", "Passwort", "to_ken", "j-w-t"])
    assert.equal(names.isSecret(name), names.judge(name).kind === "strong", name);
});
