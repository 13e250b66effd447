import assert from "node:assert/strict";
import { test } from "node:test";
import { SHOWING } from "../../../../test/support/hidden-parts.ts";
import { expandText, namesIn } from "../../../../test/support/names-in.ts";
import { type JsonText, readJson } from "./json-text.ts";
import { isQuietJson } from "./quiet-json.ts";

/** A text, what is read of it (`none` of what is no JSON), and whether no word of a secret's name in it names a secret: that is asked of texts without backslashes. */
const TEXTS: readonly (readonly [text: string, read: string, isQuiet?: boolean])[] = [
  ['{}', "", true],
  ['[]', "", true],
  [' {"a":1} ', "", true],
  ['[1,-2.5e+3,true,false,null]', "", true],
  ['["a" , "b"]', "items", true],
  ["{\"a\":\"b\"}\n{\"a\":1}", "", true],
  ['[1 2]', "none", true],
  ['["a" "b"]', "none", true],
  ['[1,]', "", true],
  ['[,1]', "none", true],
  ['{"a":}', "none", true],
  ['{"a"}', "", true],
  ['{"a" "b":1}', "none", true],
  ['{"a":1 "b":2}', "none", true],
  ['[tru]', "none", true],
  ['[nul]', "none", true],
  ['[falsy]', "none", true],
  ['[@]', "none", true],
  ['[1]2', "none", true],
  ['[1],[2]', "", true],
  ['[1]"a"', "none", true],
  ['["a', "none", true],
  ["[\"a\\", "none"],
  ["[\"a\\\"b\"]", "items, escaped 1 7"],
  ["[\"a\nb\"]", "none", true],
  ["[\"\\u0041\"]", "items, escaped 1 9"],
  ['{"password":"x"}', "places 1 11 12", false],
  ['{ "password" : "x" }', "places 2 12 15", false],
  ['{"user":"x","token" : 5}', "places 12 19 22", false],
  ['{"p":1}', "", true],
  ['{"pw":1}', "places 1 5 6", true],
  ['{"password":{"a":1}}', "places 1 11 12", false],
  ['["password"]', "structure", false],
  ['["password","x"]', "items, structure", false],
  ['["password","x",1]', "structure", false],
  ['[["password","x"]]', "items, structure", false],
  ['[ ["a","b"] ]', "items, structure", true],
  ['[[[1]]]', "structure", true],
  ['[{"a":[1]}]', "", true],
  ['{"a":["password" , "x"]}', "items, structure", false],
  ['["a","b"]', "items", true],
  ['["a",1]', "", true],
  ['{"name":"password"}', "values", false],
  ['{"name":"user"}', "", true],
  ['{"type":"password"}', "values", false],
  ['{"type":"secret"}', "values", false],
  ['{"type":"token"}', "", true],
  ['{"x":"password"}', "", true],
  ['{"kty":"RSA"}', "structure", false],
  ['{"rawHeaders":[]}', "structure", false],
  ['{"raw_trailers":[]}', "structure", false],
  ['["a=b"]', "", true],
  ['["password=x"]', "places 1 13 -1", false],
  ['["a: b"]', "", true],
  ['["name=password"]', "values", false],
  ['{"a:b":1}', "values", true],
  ["[\"it's\"]", "items", true],
  ['["`"]', "items", true],
  ['["--token x"]', "commands, flags", false],
  ['["-x token"]', "commands, flags", false],
  ['["--user a"]', "commands, flags", true],
  ['["-"]', "", true],
  ['["a -u b:c"]', "commands, flags", true],
  ['["the password is x"]', "commands", false],
  ['["password x"]', "commands", false],
  ['["a b c"]', "", true],
  ['["token b"]', "", false],
  ["[\"f('x') token\"]", "items, commands", false],
  ["[\"setPassword('x')\"]", "items, commands", false],
  ["[\"setPassword( 'x')\"]", "items, commands", false],
  ['["token(x)"]', "", false],
  ['["]"]', "", true],
  ['[": "]', "none", true],
  ['["= x"]', "none", true],
  ['["-> x"]', "none", true],
  ['["/* x"]', "none", true],
  ['["a" ]', "", true],
  ['["é token"]', "", false],
  ['["é b"]', "", false],
  ['{"a"{ *64}:1}', "", true],
  ['{"a"{ *65}:1}', "none", true],
  ['{"a":{ *64}1}', "", true],
  ['{"a":{ *65}1}', "none", true],
  ['{"{a*64}":1}', "", true],
  ['{"{a*65}":1}', "none", true],
  ['{"{a*56}password":1}', "places 1 67 68", false],
  ['{"{a*57}password":1}', "none", false],
  ["{\"a'b\":1}", "none", true],
  ["{\"a\\u0041\":1}", "none"],
  ['["abc abc abc abc abc abc abc abc abc abc abc abc"]', "words", true],
  ['["abc abc abc abc abc abc abc abc abc abc abcdefgh"]', "", true],
  ['["a b a b a b a b a b a b a"]', "", true],
  ["[\"' /*\"]", "none", true],
  ["[\"a ' /* b\"]", "none", true],
  ['["]/* x"]', "none", true],
  ['["] = x"]', "none", true],
  ['["] x"]', "", true],
  ['["  : "]', "none", true],
  ['["{ *65}: x"]', "words", true],
  ['["{ *64}: x"]', "none", true],
]; // biome-ignore format: a table

function tell(json: JsonText | undefined): string {
  if (json === undefined) return "none";
  const { hasNamesAsValues, hasNamesAsItems, hasStructure, hasCommands, hasFlags, hasManyWords, places, escaped } =
    json;
  return Object.entries({
    values: hasNamesAsValues,
    items: hasNamesAsItems,
    structure: hasStructure,
    commands: hasCommands,
    flags: hasFlags,
    words: hasManyWords,
  })
    .filter(([, has]) => has)
    .map(([word]) => word)
    .concat(
      places.length === 0 ? [] : `places ${places.join(" ")}`,
      escaped.length === 0 ? [] : `escaped ${escaped.join(" ")}`,
    )
    .join(", ");
}

test("of a text of JSON it is told where secrets may be, and which searches it needs", () => {
  for (const [text, read] of TEXTS) assert.equal(tell(readJson(namesIn(expandText(text)))), read, text);
});

test("JSON in which no name has a secret is known without reading it", () => {
  for (const [text, , isQuiet] of TEXTS)
    if (isQuiet !== undefined) assert.equal(isQuietJson(namesIn(expandText(text)), SHOWING), isQuiet, text);
});
