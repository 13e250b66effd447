import assert from "node:assert/strict";
import { test } from "node:test";
import { SHOWING } from "../../../../../test/support/hidden-parts.ts";
import { Titles } from "./titles.ts";

/** The cells of a row below titles, with what is hidden. */
function show(titles: readonly string[], cells: readonly string[], isCertain: boolean): readonly string[] {
  const read = Titles.read(titles, SHOWING, isCertain);
  return cells.map((cell, column) => read?.mark(cells, column) ?? cell);
}

const THINGS = ["setting", "property", "variable", "param", "parameter", "field", "option"];
const NAMES = [
  ...THINGS,
  ...["", ...THINGS, "secret", "env", "environment", "config"].flatMap((thing) =>
    ["name", "key"].flatMap((word) => (thing === "" ? [word] : [`${thing} ${word}`, `${thing}_${word}`])),
  ),
  ...["Setting-Name", "ENVKEY", "propertyname"],
];
const VALUES = ["value", "Value", "val", "content", "data"].concat(
  ["default", "current", "new", "old", "string"].flatMap((which) => [
    `${which} value`,
    `${which}_value`,
    `${which}-Value`,
    `${which}value`,
  ]),
);

test("of each pair of titles for names and values the value beside a secret's name is hidden", () => {
  for (const name of NAMES)
    assert.deepEqual(show(["x", name, "value"], ["y", "password", "z"], true)[2], "«password:z»", name);
  for (const value of VALUES)
    assert.deepEqual(show([value, "x", "name"], ["z", "y", "password"], true)[0], "«password:z»", value);
  for (const [name, value] of [
    ["names", "value"],
    ["xname", "value"],
    ["name x", "value"],
    ["setting  name", "value"],
    ["options", "value"],
    ["an option", "value"],
    ["name", "values"],
    ["name", "xvalue"],
    ["name", "value x"],
    ["name", "newer value"],
    ["name", "database"],
  ] as const)
    assert.deepEqual(
      show(["x", name, value], ["y", "password", "z"], true),
      ["y", "password", "z"],
      `${name} ${value}`,
    );
});

test("a name beside a value is one as long and of such characters as names are", () => {
  for (const name of [
    "password",
    "$password",
    "_password",
    "my password",
    "db.password",
    "a:b/c-password",
    "a1_password",
    `${"n".repeat(55)}_password`,
  ])
    assert.equal(show(["name", "value"], [name, "z"], true)[1], `«${name}:z»`, name);
  for (const name of ["", "1password", ".password", "(password)", "password?", `${"n".repeat(56)}_password`])
    assert.equal(show(["name", "value"], [name, "z"], true)[1], "z", name);
});

const PARTED = [
  "user",
  "login",
  "account",
  "customer",
  "client",
  "display",
  "first",
  "last",
  "full",
  "host",
  "file",
  "service",
];
const COMMON = [
  ...["name", "id", "user", "login", "email", "e-mail", "account", "host", "server", "url", "uri", "role", "type", "created", "created at"],
  ...["created_at", "updated", "updatedat", "updated-at", "description", "note", "notes", "comment", "comments", "address", "phone", "age"],
  ...["service", "environment", "port", "city", "country", "status", "group", "key", "value", "no"],
  ...PARTED.flatMap((part) => [`${part} name`, `${part}_name`, `${part}-id`, `${part}id`]),
]; // biome-ignore format: a list

test("beside a usual title any value of a secret's column is hidden, beside others what looks like a secret", () => {
  for (const title of COMMON)
    assert.deepEqual(show([title, "password"], ["a", "xyz"], false), ["a", "«password:xyz»"], title);
  for (const title of [
    "hostel",
    "xname",
    "names",
    "name x",
    "usr",
    "ages",
    "typed",
    "nothing",
    "ports",
    "created on",
    "user names",
  ])
    assert.deepEqual(show([title, "password"], ["a", "xyz"], false), ["a", "xyz"], title);
  assert.deepEqual(show(["hostel", "password"], ["a", "hunter2x"], false), ["a", "«password:hunter2x»"]);
  assert.deepEqual(show(["#", "password"], ["1", "xyz"], true), ["1", "«password:xyz»"]);
});

test("two words of which one is a secret's are titles", () => {
  assert.notEqual(Titles.read(["password", "hostel"], SHOWING, false), undefined);
  assert.notEqual(Titles.read(["login", "password"], SHOWING, false), undefined);
  assert.notEqual(Titles.read(["password", "hostel"], SHOWING, true), undefined);
  assert.notEqual(Titles.read(["password", "user"], SHOWING, false), undefined);
  assert.notEqual(Titles.read(["password", "hostel", "b"], SHOWING, false), undefined);
  assert.notEqual(Titles.read(["hostel", "password"], SHOWING, false), undefined);
});

test("titles that nothing says are some have up to three words, each of so many letters", () => {
  const l = (count: number) => "l".repeat(count);
  for (const title of ["a b c", "a_b.c", "a-b", "é1", "a 1", l(40), `${l(40)} ${l(40)}`, `a ${l(40)} c`])
    assert.notEqual(Titles.read([title, "password", "user"], SHOWING, false), undefined, title);
  for (const title of [
    "a b c d",
    "1",
    "1a",
    "",
    " a",
    "a?",
    "a  b c",
    l(41),
    `a ${l(42)}`,
    "Xk9!mQ2#vL7pZ4tR",
    "Zq4zw7Xz9Qv2Xj5Wz8Qw3Xv",
  ])
    assert.equal(Titles.read([title, "password", "user"], SHOWING, false), undefined, title);
});

test("a table has so many columns, one that is secret, or one of names beside one of values", () => {
  const titles = (count: number) => [...Array.from({ length: count - 1 }, (_, i) => `c${i}`), "password"];
  assert.equal(Titles.read(titles(256), SHOWING, true)?.count, 256);
  assert.equal(Titles.read(titles(257), SHOWING, true), undefined);
  assert.equal(Titles.read(["name", "size"], SHOWING, true), undefined);
  assert.equal(Titles.read(["size", "value"], SHOWING, true), undefined);
  assert.notEqual(Titles.read(["name", "value"], SHOWING, true), undefined);
  // The column of names is none of secrets, whatever it is called.
  assert.deepEqual(show(["secret name", "value"], ["user", "x"], true), ["user", "x"]);
  assert.deepEqual(show(["name", "token"], ["password", ""], true), ["password", ""]);
  assert.deepEqual(show(["name", "value"], ["password"], true), ["password"]);
});
