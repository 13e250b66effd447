/** Nothing that is not searched for is there: each search that is left out, or made in a part of the text alone, against the whole one. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Random } from "../../../../test/support/random.ts";
import { shareOf } from "../../../../test/support/share-of.ts";
import { redactJsonStructure } from "../formats/redact-json-structure.ts";
import { redactMarkup } from "../formats/redact-markup.ts";
import { characterCodes } from "../look/character-codes.ts";
import { lookOver, MARKUP, NAMED, SPOKEN } from "../look/look-over.ts";
import { surveyCodes, surveyText } from "../look/survey-text.ts";
import { NAMING, NameTable, SECRET } from "../names/name-table.ts";
import { SecretNames } from "../names/secret-names.ts";
import { TextNames } from "../names/text-names.ts";
import { DEFAULT_RULES, normaliseName } from "../rules.ts";
import { CoveringMarker, SecretMarker } from "../secret-marker.ts";
import type { TextRedaction } from "../text-redaction.ts";
import { hasElevenWords } from "../values/eleven-words.ts";
import { readJson } from "./json-text.ts";
import { redactNameValuePairs } from "./name-value-pairs.ts";
import { redactNamedValues } from "./named-values.ts";
import { isQuietJson } from "./quiet-json.ts";
import { redactCommands, redactPath, redactSegments } from "./redact-commands.ts";
import { redactEncoded } from "./redact-encoded.ts";
import { redactTokens } from "./tokens/redact-tokens.ts";
import { TokenRuns } from "./tokens/token-runs.ts";

const [WHOLE, MEMBERS] = [shareOf(1500), shareOf(2000)];
const SEED = Number(process.env["SEED"] ?? 0) || 20_261_129;
const marker = new SecretMarker((value) => value.length.toString(16).padStart(8, "0"));
const names = new SecretNames(new Set(DEFAULT_RULES.names.map(normaliseName)), new Set());
const table = new NameTable(names);
const redaction: TextRedaction = {
  marker,
  covering: new CoveringMarker(marker),
  names,
  table,
  personal: new Set(),
};

describe(`seed ${SEED}`, () => {
  test("of JSON, whole and damaged", () => {
    const random = new Random(SEED);
    const before = quiet;
    let read = 0;
    for (let count = 0; count < WHOLE; count++) {
      const whole = JSON.stringify([drawValue(random, 0), drawValue(random, 1)], null, random.pick([0, 0, 2, "\t"]));
      const text = count % 3 === 2 ? damage(random, whole) : whole;
      if (compare(text)) read++;
    }
    assert.ok(read > WHOLE * 0.53, `${read} of ${WHOLE} were read as JSON`);
    const known = quiet - before;
    assert.ok(known > WHOLE * 0.06 && known < WHOLE * 0.94, `${known} of ${WHOLE} were quiet`);
  });

  test("of members and values that sound like secrets, or are none", () => {
    const random = new Random(SEED);
    const NAMES = [
      "postalCode",
      "shipping",
      "password",
      "kty",
      "rawHeaders",
      "name",
      "token_type",
      "pin",
      "--token",
      "x",
    ];
    const VALUES = [
      "BS1 4RN",
      "password",
      "Zq7f2253d7e228b22a08bda1f0",
      "1234",
      "kept by token",
      "--api-key",
      "",
      "ab",
    ];
    const before = quiet;
    for (let count = 0; count < MEMBERS; count++) {
      const value = () =>
        random.pick<unknown>([random.pick(VALUES), random.list(3, () => random.pick(VALUES)), 5, null]);
      const member = () => [random.pick(NAMES), value()];
      const text = JSON.stringify(Object.fromEntries(random.list(4, member)), null, random.pick([0, 1]));
      compare(random.chance(3) ? damage(random, text) : text);
    }
    const found = quiet - before;
    assert.ok(found > MEMBERS * 0.1 && found < MEMBERS * 0.9, `${found} of ${MEMBERS} were quiet`);
  });

  test("of any text", () => {
    const random = new Random(SEED);
    for (let count = 0; count < shareOf(1000); count++) compare(drawText(random, 20));
  });
});

let quiet = 0;

/** @returns whether it was read as JSON */
function compare(text: string): boolean {
  const names = new TextNames(text, surveyCodes(characterCodes(text), table.grams), table);
  const json = /^\s*[{[]/.test(text) ? readJson(names) : undefined;
  const found = lookOver(names, NAMED | MARKUP | SPOKEN);
  if ((found & MARKUP) === 0) assert.equal(redactMarkup(text, redaction), text, "markup");
  if ((found & SPOKEN) === 0) assert.equal(redactCommands(text, redaction), text, "commands of any text");
  const named = redactNamedValues(text, redaction);
  if ((found & SECRET) === 0) assert.equal(named, text, "names");
  const all = { found: SECRET | NAMING, json: undefined };
  const paired = redactNameValuePairs(text, redaction, all);
  assert.equal(redactNameValuePairs(text, redaction, { ...all, found }), paired, "names as values");
  assert.equal(hasElevenWords(text), /(?<![a-z])(?:[a-z]{3,8} ){11}/.test(text), text);
  if (/^\s*[{[]/.test(text) && !text.includes("\\") && isQuietJson(names, redaction)) {
    quiet++;
    assert.equal(named, text, "names in a quiet text");
    assert.equal(paired, text, "names as values in a quiet text");
    assert.equal(redactJsonStructure(text, redaction), text, "structure of a quiet text");
  }
  const places = new TokenRuns(names.codes).places;
  if (!text.includes("%"))
    assert.equal(redactSegments(text, redaction, places), redactPath(text, redaction), "parts of paths");
  if (json === undefined) return false;
  assert.equal(redactNamedValues(text, redaction, json), named, "named values");
  const seen = { found: json.hasNamesAsValues ? NAMING : 0, json };
  assert.equal(redactNameValuePairs(text, redaction, seen), paired, "names as values, in JSON");
  if (!json.hasCommands) assert.equal(redactCommands(text, redaction), text, "commands");
  const inner = (encoded: string): string => redactNamedValues(encoded, redaction);
  assert.equal(redactEncoded(text, inner, undefined, json.escaped), redactEncoded(text, inner), "encoded texts");
  const hasSecret = (decoded: string) => inner(decoded) !== decoded;
  const survey = surveyText(text);
  const tokens = redactTokens(text, redaction, hasSecret, survey);
  assert.equal(redactTokens(text, redaction, hasSecret, survey, json), tokens, "tokens");
  return true;
}

/** Names and shapes of secrets, and the signs that they stand between. */
const PIECES =
  `password|secret|token|api_key|apiKey|key|code|state|session_id|pin|name|id|label|value|data|default|path|header|n|@name|x-api-key
|Authorization|Bearer |Basic |basic dXNlcjpwYXNz|->|=>|:=|=|:|://|/*|*/|'|\`|"|\\"|\\|\\n|\\u0041| |  |,|{|}|[|]|[{|(|)|<|>|&quot;|%22|@|--password |-p x|identified by 'x
|password is hunter22x|setPassword('hunter22')|setPassword(|ENV API_KEY x1y2z3a4|password: hunter22|is |to be |login bob password x1y2z3|insert into t (password) values ('x')|INSERT |-----BEGIN RSA PRIVATE KEY-----
|eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl|ghp_abcdefghijklmnopqrst1234|AKIAIOSFODNN7EXAMPLE|https://u:p4ss@h/x|/reset-password/|a=b|x: y|é| |\u2028|名前
|true|-5|12345678901234567890|redacted-key-12345678|": "|","|":"|name=password|name: token|";s:|it's|don't |-|--|[-a=b|@x=|a[b]=c|x->password=abc|?id=5&token=abc123def456
|abandon ability able about above absent absorb abstract absurd abuse access accident|data:text/plain;base64,cGFzc3dvcmQ6IGh1bnRlcjI=|2026-01-12T10:22:31.5Z|user@example.com
|9fb6cd12-33d1-4c4a-a7de-0b1c2d3e4f50|Zq7f2253d7e228b22a08bda1f0|xoxb-123456789012-abc|1:AAabcdefghijklmnopqrstuvwxyz0123456789`
    .replaceAll("\n", "")
    .split("|");

const NAMES = PIECES.filter((piece) => /^@?[\w-]+$/.test(piece));

function drawText(random: Random, most: number): string {
  const between = random.pick(["", "", " "]);
  return Array.from({ length: random.below(most) }, () => random.pick(PIECES)).join(between);
}

function drawValue(random: Random, depth: number): unknown {
  const kind = random.below(depth > 3 ? 6 : 10);
  if (kind < 4) return drawText(random, 6);
  if (kind === 4) return random.pick([true, false, null]);
  if (kind === 5) return random.below(2 ** 31);
  const count = random.below(6);
  if (kind === 6) return Array.from({ length: count }, () => drawValue(random, depth + 1));
  const name = () => (random.below(40) === 0 ? drawText(random, 3) : random.pick(NAMES));
  return Object.fromEntries(Array.from({ length: count + 1 }, () => [name(), drawValue(random, depth + 1)]));
}

function damage(random: Random, text: string): string {
  const at = random.below(text.length + 1);
  const rest = text.slice(at + random.below(4));
  return text.slice(0, at) + random.pick(["", random.pick(PIECES), random.pick([..."\":,{}[]\\'=\n "])]) + rest;
}
