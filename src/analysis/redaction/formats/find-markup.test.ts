import assert from "node:assert/strict";
import { test } from "node:test";
import { placeIn } from "../../../../test/support/names-in.ts";
import { mayBeMarkup } from "./find-markup.ts";

const MARKUP = [
  "<^password>", "<ns:^password>", "<^password a='b'>", "<my-^token x>", "<a.^token>", "<{n*56}^password>", "<{n*63}:^password>",
  "<{n*120}:^password>", "<^pw>", 'name="^password"', "name='^password'", "name=^password", "NAME=^password", "Name=^password", 'x name="^password"',
  'my-name="^password"', 'id="^token"', 'key="^token"', 'type="^secret"', 'property="^token"', 'http-equiv="^token"', 'itemprop="^token"',
  'field="^token"', 'k="^token"', 'n="^token"', 'name="my ^password"', "name=\"my 'x ^password\"", 'name="x<^password"', 'name="^password>',
  "name=\"^password'", "name='^password\"", 'name="{n*54}^password"', 'name="{n*56}^password"', "name=^pw", 'name="^a:password"', "name=a:^password",
  "name=^password x", '^password = "x"', '^password= "x"', '^password ="x"', "^password = 'x'", "^password\n=\n\"x\"", 'a-^password = "x"',
  '^password{ *63}= "x"', '^password = { *63}"x"', '^pw = "x"', '{n*56}^password = "x"', "<key>^password</key>", "<key> ^password </key>",
  "<th>API ^key</th>", "<key>^password</", "key>^password</key>", "<key^password</key>", "<b>^secret key</b>", "<b>{n*55} ^token</b>",
  "<b>{ *90}^token</b>", "<b>^token{ *90}</b>", "<b>\u00a0^token\u00a0</b>", "<b><i>^token</i></b>",
]; // biome-ignore format: a list

const NO_MARKUP = [
  "<x ^password", "<^user>", "<{n*57}^password>", "<{n*130}:^password>", "<^p>", "< ^password>", "^password>", "</^password>", 'name = "^password"',
  'names="^password"', 'xname="^password"', 'class="^token"', 'title="^token"', 'value="^token"', 'rename="^token"', 'idx="^token"', 'name="^user"',
  'name="{n*57}^password"', 'propertyxx="^token"', 'itemproperty="^token"', '="^token"', ' ="^token"', '_id="^token"', '1n="^token"',
  '^password="x"', "^password = x", "^password = `x`", '^user = "x"', '^password{ *90}= "x"', '^password{ *100}= "x"', '^password = { *66}"x"',
  '^p = "x"', '{n*57}^password = "x"', '^password : "x"', "<key>^user</key>", "<key>^password<", "<key>^password<x", "<b>my-^token.x$</b>",
  "<b>{n*60} ^token</b>", "<b>{ *100}^token</b>", "<b>^token{ *100}</b>", "<b>x:^token</b>", "<b>^token:</b>", "<b>^tk</b>", "<b>^a</b>",
]; // biome-ignore format: a list

test("around a place it is seen whether an element or an attribute has a secret's name", () => {
  for (const text of MARKUP) assert.equal(mayBeMarkup(...placeIn(text)), true, text);
  for (const text of NO_MARKUP) assert.equal(mayBeMarkup(...placeIn(text)), false, text);
});
