import assert from "node:assert/strict";
import { test } from "node:test";
import { hiddenParts, SHOWING } from "../../../../test/support/hidden-parts.ts";
import { redactBytes } from "../content/redact-body.ts";
import { redactText } from "../content/redact-text.ts";
import { decodeWide } from "../content/wide-text.ts";
import { Redactor } from "../redactor.ts";
import { markNamed, type TextRedaction } from "../text-redaction.ts";
import { isDrawn } from "../values/drawn-token.ts";
import { redactForm, redactUrl } from "./redact-form.ts";
import { redactMarkup } from "./redact-markup.ts";
import { redactProtocolLines } from "./redact-protocol-lines.ts";

const MIGRATE = ["MIGRATE", "h", "1", "k", "0", "9", "COPY", "REPLACE", "AUTH"];
const LINES = [
  "a1  LOGIN  bob  «password:x»",
  "a1\tLOGIN\t\tbob\t«password:x»",
  `*10\r\n${MIGRATE.map((word) => `$${word.length}\r\n${word}\r\n`).join("")}$1\r\n«password*:x»`,
  "*2\r\n$4\r\nAUTH\r\n$1\r\n«password*:x»\r\n",
  "*2\r\n$4\r\nAUTH\r\n$1\r\n«password*:x»",
];

const MARKUP = [
  '<input name="key" value="«key:q7Wz4Rk9Xm2Tb6Lc8Vd3»">',
  '<input name="key" value="abc">',
  '<input id="x" name="password" value="«password:abc»">',
  '<input type="x" name="user" id="y" value="password">',
  '<a password  =  "«password:abc»">',
  '<a password=   "«password:abc»">',
  '<a password\n   =\n  "«password:abc»">',
  '<entry a="b" key="password">«password:abc»</entry>',
];

const TEXTS = [
  "cookie: «cookie:a=b; c=d»",
  "cookie: ab",
  "PuTTY-User-Key-File-2: ssh-rsa\nPrivate-Lines: 14\n«private-key:AAAA\nBBBB\nCC==»\nPrivate-MAC: 00",
  "PuTTY-User-Key-File-2: ssh-rsa\r\nPrivate-Lines: 2\r\n«private-key:AAAA\r\nBBBB»\r\nPrivate-MAC: 00",
  "password: «password:abc»\nx y z",
  '{"p\\u0061ssword":"«password:x»"}',
  '{"user":"b","pa\\u0073\\u0073word":"«password:x y»"}',
  "{n*300} <key> API key </key> <string>«API key:hunter22x»</string>",
  "kind: Secret\ndata:\n  a: «a:aHVudGVyMng=»\n---\npassword: «password:abc def»\n",
  "? password\n: «password:abc def»\nother_password: «other_password:ghi jkl»\n",
  "a=1&p%61ssword=«p%61ssword:x»&b=2",
];

for (const [kind, rows, redact] of [
  ["lines of protocols", LINES, redactProtocolLines],
  ["markup", MARKUP, redactMarkup],
  ["texts", TEXTS, (text: string, redaction: TextRedaction) => redactText(text, redaction)],
] as const)
  test(`of ${kind} that are rarely spelled so just the secrets are hidden`, () => {
    for (const [text, shown] of rows.map(hiddenParts)) assert.equal(redact(text, SHOWING), shown);
  });

test("a header that goes on on the next line is hidden with it, another member is not", () => {
  assert.equal(redactText("Password: abc\n  def\n\tghi\nx: y", SHOWING), "Password: «Password:abc»\nx: y");
  assert.equal(redactText("x: y\nPassword: abc\n  def\nz: w", SHOWING), "x: y\nPassword: «Password:abc»\nz: w");
  assert.equal(redactText("- password: abc\n  def\n", SHOWING), "- password: «password:abc»\n  def\n");
  assert.equal(redactText("Password: abc\n  def: ghi\n", SHOWING), "Password: «Password:abc»\n  def: ghi\n");
});

test("a heredoc is hidden up to its last line, and covered where lengths count", () => {
  const text = "password = <<EOF\nabc\ndef\nEOF\nx";
  assert.equal(redactText(text, SHOWING), "password = <<EOF\n«password:abc def»\nEOF\nx");
  const indented = "password = <<EOF\n  abc\n    def\nEOF\nx";
  assert.equal(redactText(indented, SHOWING), "password = <<EOF\n«password:abc def»\nEOF\nx");
  const covering = { ...SHOWING, marker: SHOWING.covering };
  assert.equal(redactText(text, covering), "password = <<EOF«password*:\nabc\ndef»\nEOF\nx");
});

test("a cookie without a name is one where its value looks like a secret", () => {
  assert.equal(markNamed(SHOWING, "cookie", "a=b"), "«cookie:a=b»");
  assert.equal(markNamed(SHOWING, "cookie", "ab"), undefined);
  assert.equal(markNamed(SHOWING, "user", "a=b"), undefined);
});

test("a part of a form has the type that its own header says", () => {
  const redact = (header: string): string => {
    const text = `--B\r\n${header}\r\n\r\na=1&password=x+y%26 z&b=2\r\n--B--\r\n`;
    const type = "multipart/mixed; boundary=B";
    return Buffer.from(redactBytes(Buffer.from(text), type, SHOWING))
      .toString()
      .split("\r\n")[3]!;
  };
  const whole = `a=1&password=${encodeURIComponent("«password:")}x+y%26+z%C2%BB&b=2`;
  for (const space of ["", " ", " \t "])
    assert.equal(redact(`Content-Type:${space}application/x-www-form-urlencoded`), whole);
  assert.equal(redact("X-Content-Type: application/x-www-form-urlencoded"), "a=1&password=«password:x+y&» z&b=2");
});

test("UTF-16 is known by its whole mark, or by four in five second bytes that are zero, three in ten where the type says so", () => {
  const letters = (count: number, zeros: number, isLow: boolean): Uint8Array =>
    Uint8Array.from({ length: 2 * count }, (_, at) => ((at % 2 === 1) === isLow && at >> 1 < zeros ? 0 : 0x61));
  const orderOf = (bytes: Uint8Array, type = ""): string | undefined => decodeWide(bytes, type)?.order;
  assert.equal(orderOf(Uint8Array.of(0xff, 0xfe, 0x61, 0x62)), "utf-16le");
  assert.equal(orderOf(Uint8Array.of(0xfe, 0xff, 0x61, 0x62)), "utf-16be");
  for (const [first, second] of [
    [0xff, 0x61],
    [0x61, 0xfe],
    [0xfe, 0x61],
    [0x61, 0xff],
    [0xff, 0xff],
  ] as const)
    assert.equal(orderOf(Uint8Array.of(first, second, 0x61, 0x62)), undefined);
  for (const [isLow, order] of [
    [true, "utf-16le"],
    [false, "utf-16be"],
  ] as const) {
    assert.equal(orderOf(letters(5, 4, isLow)), order);
    assert.equal(orderOf(letters(5, 3, isLow)), undefined);
    assert.equal(orderOf(letters(10, 3, isLow), "text/plain; charset=utf-16"), order);
    assert.equal(orderOf(letters(10, 2, isLow), "text/plain; charset=utf-16"), undefined);
    assert.equal(orderOf(letters(3, 3, isLow)), undefined);
  }
});

test("a token of many pieces is one by its longest, of eighteen characters", () => {
  const tail = "-a-b-c-d-e-f-g-h-i-j";
  assert.equal(
    isDrawn(`q7Wz4Rk9Xm2Tb6Lc8V${tail}`, () => false),
    "token",
  );
  assert.equal(
    isDrawn(`q7Wz4Rk9Xm2Tb6Lc8${tail}`, () => false),
    undefined,
  );
  assert.equal(
    isDrawn(`a1b2c3d4e5f6a7b8c9${tail}`, () => false),
    undefined,
  );
});

test("hexadecimal digits hold a text where they are whole bytes, and all of them are digits", () => {
  const hex = Buffer.from("a secret! in it, so").toString("hex");
  const holds = (text: string): boolean => text.includes("secret!");
  assert.equal(isDrawn(hex, holds), "encoded");
  assert.equal(isDrawn(`${hex}a`, holds), undefined);
  assert.equal(isDrawn(`${hex}zz`, holds), "token");
  assert.equal(isDrawn(`zz${hex}`, holds), "token");
});

test("a target is a user's name, a password and a host, or a URL, or neither", () => {
  const redactor = new Redactor({ key: new Uint8Array(32) });
  assert.match(redactor.target("http://bob:hunter2@h"), /^http:\/\/redacted-userinfo-[0-9a-f]{8}@h$/);
  assert.match(redactor.target("bob:hunter2@h"), /^redacted-userinfo-[0-9a-f]{8}@h$/);
  assert.match(redactor.target("/p@h?password=x"), /^\/p@h\?password=redacted-password-[0-9a-f]{8}$/);
  assert.equal(redactor.target("/p/bob@h"), "/p/bob@h");
});

test("lines of a stream that are no text stay, and those around them are read", () => {
  const bytes = Buffer.from([0x61, 0x0a, 0xff, 0xfe, 0x0a]);
  const redacted = new Redactor()
    .stream()
    .redact(Buffer.concat([bytes, Buffer.from("Password: x\r\nHost: h\r\nPassword:\r\n")]));
  const text = Buffer.from(redacted).toString("latin1");
  assert.match(text, /^a\n\xff\xfe\nPassword: \S+\r\nHost: h\r\nPassword:\r\n$/);
  assert.doesNotMatch(text, /Password: x/);
});

test("a text of UTF-16 among other bytes is covered, whichever byte of its characters comes first", () => {
  const others = Uint8Array.from({ length: 65 }, (_, i) => 0x80 + i);
  for (const [place, after] of [
    [0, [0xff, 1, 2]],
    [0, [0xff, 0, 0xee, 3]],
    [1, [0xff, 1, 2]],
    [1, [0xff, 0, 0xee, 3]],
  ] as const) {
    const wide = (text: string) =>
      Array.from(text, (one) => [place === 0 ? one : "\0", place === 0 ? "\0" : one].join(""));
    const written = (text: string) =>
      Buffer.concat([others, Buffer.from(wide(text).join(""), "latin1"), Uint8Array.from(after)]);
    const [text, shown] = hiddenParts("user=bob\tpassword=«password*:hunter2x»");
    const redacted = redactBytes(written(text), "application/octet-stream", SHOWING);
    assert.equal(Buffer.from(redacted).toString("latin1"), written(shown).toString("latin1"), `${place} ${after}`);
  }
});

test("a word may be what says who somebody is, where that is asked for", () => {
  const asked: TextRedaction = { ...SHOWING, personal: new Set(["card"]) };
  assert.equal(redactText("378282246310005", asked), "«card:378282246310005»");
  assert.equal(redactText("378282246310005", SHOWING), "378282246310005");
});

test("a body of no type is a form where it is nothing but names and values, two at least", () => {
  const read = (text: string) => Buffer.from(redactBytes(Buffer.from(text), "", SHOWING)).toString();
  for (const [text, isForm] of [
    ["user=&password=a+b", true],
    ["u=x&password=a+b", true],
    ["a.b~%20+*[]-=bob'(),:@/-x!&password=a+b", true],
    ["user=bob&x=&password=a+b&y=", true],
    ["us=b&p.q~[0]=1&password=a+b", true],
    [`${"n".repeat(128)}=1&password=a+b`, true],
    [`${"n".repeat(129)}=1&password=a+b`, false],
    ["password=a+b", false],
    ["us er=b&password=a+b", false],
    ["user=b c&password=a+b", false],
    ["user=b&password=a+b c", false],
    ["user=b&pass word=a&password=a+b", false],
    ["user=b&password=a+b;", false],
  ] as const) {
    const shown = text.replace("password=a+b", "password=«password:a+b»");
    assert.equal(read(text), isForm ? redactForm(text, SHOWING) : shown, text);
    assert.equal(read(text) === shown, !isForm, text);
  }
  assert.equal(redactUrl("#a", SHOWING), "#a");
  assert.equal(redactUrl("#token=abc", SHOWING), "#token=%C2%ABtoken%3Aabc%C2%BB");
});

test("cookies are hidden where not all of them are marks already, attributes aside of one that is set", () => {
  const mark = "redacted-a-0123abcd";
  for (const [name, value, isHidden] of [
    ["set-cookie", `a=${mark}; Path=/`, false],
    ["set-cookie", `a=${mark}; `, false],
    ["cookie", `a=${mark}; b=${mark}`, false],
    ["cookie", `a=${mark}; ; b=${mark}`, false],
    ["cookie", `a=${mark}; path=/x`, true],
    ["cookie", `a=${mark};b=x`, true],
    ["cookie", `; a=${mark}`, true],
    ["set-cookie", `Path=/; a=${mark}`, true],
    ["set-cookie", "a=x; Path=/", true],
  ] as const)
    assert.equal(markNamed(SHOWING, name, value), isHidden ? `«${name}:${value}»` : undefined, `${name}: ${value}`);
});

test("a redactor can be made again elsewhere, but for one that tells of each secret", () => {
  const key = new Uint8Array(32).fill(7);
  const options = { also: { names: ["shoe"] }, except: ["pin"], personal: ["card"] as const, key };
  const { recipe } = new Redactor(options);
  assert.deepEqual(recipe, options);
  const again = new Redactor(recipe);
  const text = "shoe=hunter&pin=1234 4111111111111111 password=x";
  assert.equal(again.text(text), new Redactor(options).text(text));
  assert.equal(new Redactor({ ...options, marked: () => {} }).recipe, undefined);
});
