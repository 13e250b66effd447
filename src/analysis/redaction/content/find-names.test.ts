import assert from "node:assert/strict";
import { test } from "node:test";
import { expandText, namesIn, placeIn } from "../../../../test/support/names-in.ts";
import { NAMING, SECRET } from "../names/name-table.ts";
import { findNames, findNamesAround } from "./find-names.ts";

const NOTHING = [
  "password", "user=x", "=x", "a=password", "x:secret", "token>x", "token-x", "->x", "token - >x", '"password"1', '"user":"password"', 'password":1',
  "'password\":1", "a]=1", '"x"]:1', '"]:1', "\"a\\\"b\":1", "\"us\ner\":1", "\"password\n\":1", "password /:x", "/:x", "http://h", "password://h",
  '"name": "user"', "x_name=password", "xname=password", ":name=password", "filename=password", "a;name=password", "a.name=password",
  "(name=password", '"name":"/a/b/user"', '"name" : {"password"', '"type":"passwords"', '"type":"token"', "subtype=password", '"type": "s"',
  '"type":"text"', "x[-name=y", "[--name=y", "1password=x", "1=x", ".token=x", "{n*56}ppassword=x", "{n*56}nname=password",
  '"{n*56}ppassword":1', '"{n*56}pppassword":1', "passé=x", "clave=x", "contraseña=x", "пароль=x",
]; // biome-ignore format: a list

const SECRET_NAMES = [
  '"us\\u0065r":1',
  "[token=x", "a [token=x", "[a][token=x",
  "password=x", "password =x", "a password: x", "passwort:x", "token->x", "token=>x", '"password":"x"', "'password':1", "`password`:1",
  '"password" : 1', '"pass word":1', '"password:1', '"password"]:1', "password]:1", '["password"]=1', "\"pass\\u0077ord\":1", "password/* a */:x",
  "password*/:x", "user*/:x", "*/:x", "password:/h", "password:/ /h", "--password=x", "x--password=x", "[-password=x", "--a--password=x",
  "$password=x", "%password=x", "_token=x", "@token=x", "@password:x", "{n*56}password=x", '"{n*56}password":1', "password\u00a0=x",
  "password\u2028: x", "épassword=x", "password\t=x", "password\n=x", "password\r\n:\n1", "\n=x password:y", " : password=x",
]; // biome-ignore format: a list

const NAMES_AS_VALUES = [
  '"name":"password"', "name=password", "name: 'password'", '"k":"secret"', "- name: password", "@name=password", '"@name":"password"',
  "first-name=password", "a{name=password", '"name":"/a/b/password"', "path=a/b/token", '"name":password', "id=a.password", '"type":"password"',
  '"type":"secret"', '"type":"SecureString"', "type=password", "Type: secret x", "mime-type: password", "-name=password", "--name=password",
]; // biome-ignore format: a list

const BOTH = [
  'key:"token"', "a--name=password",
]; // biome-ignore format: a list

const AROUND_NOTHING = [
  "^user password\n: x", "^user\npassword: x", "^user password\r: x", "^user password\n/* c */: x",   "password^=x", "^password", "^password-x", "^password>x", "^token- >x", "^password{ *66}=x", '"^password"/ :1', '"^password" //', '"^password"*:1',
  '"^password"-1', '"^password"', '"^password" x:1', "\"^password\n\":1", "\"^password\r\":1", '"^password{n*56}":1', '"^password {n*56}":1',
  '"^token {n*56} key":1', "name:`^password", "user=^password", "user: '^password", "name=x ^password", "name=x=^password", "name={/*1200}^password",
  "name={n*62}^password", "name={ *1250}^password", "type ^secret", "a ^b", "^",
]; // biome-ignore format: a list

const AROUND_SECRET_NAMES = [
  "^password=x", "pass^word=x", "^password:", "^password : x", "^password->x", "^password-=x", "^token ->x", "^token -> x", "^password{ *64}=x",
  "^password{ *65}=x", "^password{ *64}\n=x", '"^password":1', '"^password" : 1', '"^password"]:1', '"^password"] = 1', '"^password"->1',
  '"^password" -> 1', "'^password':1", "`^password`:1", '"^password x y":1', '"my ^password":1', '"{n*56}^password":1', '"^password {n*54}":1',
  '"^password {n*55}":1', '"^token {n*57}x":1', "x:y ^password=1", 'name="x", "^password":1',
]; // biome-ignore format: a list

const AROUND_NAMES_AS_VALUES = [
  "{n*700} name=/a/b/^password",
  "name=^password", "name: ^password", 'name:"^password', "name:'^password", "name=\n\"^password", 'name = "a/b/^password',
  'name = "~/a.b/^password"', "name=/a/^password", 'path="/a/a/a/a/a/a/a/a/a/^password', "name=a/{n*60}/^password", "name{ *3}={ *3}^password",
  "name={ *1190}^password", "type=^password", 'type: "^secret"',
]; // biome-ignore format: a list

const AROUND_BOTH = [
  '"^password"/* c */:1', '"^password" /* c */:1', "name:^password=x", "key=^token",
]; // biome-ignore format: a list

test("names are found before colons, equals signs and arrows, and nothing else is", () => {
  for (const [texts, found] of [
    [NOTHING, 0],
    [SECRET_NAMES, SECRET],
    [NAMES_AS_VALUES, NAMING],
    [BOTH, SECRET | NAMING],
  ] as const)
    for (const text of texts.map(expandText)) assert.equal(findNames(namesIn(text), 0, text.length), found, text);
});

test("in a part of a text they are found where they begin in it", () => {
  const text = "password=x;token=y name=secret";
  for (const [from, to, found] of [
    [0, 8, 0],
    [0, 9, SECRET],
    [8, 9, 0],
    [1, 9, 0],
    [9, 16, 0],
    [9, 17, SECRET],
    [16, 17, 0],
    [18, text.length, NAMING],
  ] as const)
    assert.equal(findNames(namesIn(text), from, to), found, `${from} ${to}`);
});

test("the same is found by a look around one place", () => {
  for (const [texts, found] of [
    [AROUND_NOTHING, 0],
    [AROUND_SECRET_NAMES, SECRET],
    [AROUND_NAMES_AS_VALUES, NAMING],
    [AROUND_BOTH, SECRET | NAMING],
  ] as const)
    for (const text of texts) assert.equal(findNamesAround(...placeIn(text)), found, text);
});
