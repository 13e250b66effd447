import assert from "node:assert/strict";
import { test } from "node:test";
import { Random } from "../../../../test/support/random.ts";
import { shareOf } from "../../../../test/support/share-of.ts";
import { characterCodes } from "../look/character-codes.ts";
import { scanCodes } from "../look/scan-codes.ts";
import { DEFAULT_RULES, normaliseName } from "../rules.ts";
import * as words from "./name-words.ts";
import { SecretNames } from "./secret-names.ts";
import { mayHaveStem } from "./stem-grams.ts";

const names = new SecretNames(new Set(DEFAULT_RULES.names.map(normaliseName)), new Set());
const ALL_WORDS = Object.values(words).flatMap((list) =>
  list instanceof RegExp ? list.source.match(/[a-z]+/g)! : [...list.keys()].flatMap((word) => word.split(" ")),
);

const DRAWN = shareOf(20_000);

test("no name of a secret is passed over, however its words are joined", () => {
  const seed = Number(process.env["SEED"] ?? 0) || 20_261_129;
  const random = new Random(seed);
  let secret = 0;
  for (let count = 0; count < DRAWN; count++) {
    const joint = random.pick(["", "_", "-", " ", ".", "$", "/", "__"]);
    const parts = random.list(3, () => {
      const word = random.pick(random.below(4) === 0 ? ["user", "x", "s", "2", "of", "my", "foo"] : ALL_WORDS);
      return random.pick([word, word.toUpperCase(), word.slice(0, 1).toUpperCase() + word.slice(1), `${word}s`]);
    });
    const name = parts.join(joint);
    const { kind } = names.judge(name);
    assert.equal(names.isSecret(name), kind === "strong" || kind === "weak", `seed ${seed}: ${name}`);
    if (kind !== "strong" && kind !== "weak") continue;
    secret++;
    // One look at a text that has it finds its word, where that stands.
    const { stems } = scanCodes(characterCodes(`<p>a "${name}": x`), names.grams);
    assert.ok(mayHaveStem(stems, 6, 6 + name.length), `seed ${seed}: ${name}`);
  }
  assert.ok(secret > DRAWN / 10 && secret < DRAWN * 0.9, String(secret));
  for (const name of DEFAULT_RULES.names) assert.ok(names.isSecret(name), name);
  for (const name of ["p%61ssword", "пароль", "a\\u0062_token", "Passwort", "to_ken", "j-w-t"])
    assert.equal(names.isSecret(name), names.judge(name).kind === "strong", name);
});

test("a part of a text has a word where one of its characters is marked", () => {
  const random = new Random(Number(process.env["SEED"] ?? 0) || 20_261_129);
  for (let count = 0; count < 2000; count++) {
    const places = new Set(random.list(4, () => random.below(200)));
    const map = new Array(7).fill(0);
    for (const place of places) map[place >>> 5] |= 1 << place;
    const [from, to] = [random.below(200), random.below(201)];
    const isIn = [...places].some((place) => place >= from && place < to);
    assert.equal(mayHaveStem(map, from, to), isIn, `${[...places]} ${from} ${to}`);
  }
});
