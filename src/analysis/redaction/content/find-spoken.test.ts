import assert from "node:assert/strict";
import { test } from "node:test";
import { expandText, namesIn, placeIn } from "../../../../test/support/names-in.ts";
import { mayBeSpoken, mayHaveFlag, mayHaveLine } from "./find-spoken.ts";

const SPOKEN = [
  "the ^password is x", "the ^password is", "the ^password was x", "the ^password to x", "the ^password be x", "the ^password has x",
  "the ^password wxyz y", "the ^password  is x", "the ^password\tis\tx", "the ^password isx y", '^password "x', "^password 'x", "^password `x",
  "^password x", "^password: x", "^password : x", "^password:\tx", "^password:\u00a0x", "^password\nis x", "API ^key: x", "api-^key is x",
  "api_^key is x", "^API key: x", "^secret key `x", "my ^key: x", "access ^key is x", "signing  ^key is x", "private-^key: x", "auth ^key: x",
  "xapi ^key: x", "^pin: 1", "^tokens: x", "^passphrases is x", "config:^set x", "^config set x", "^identified by", "^vault login", "^net use",
  "^NET use", "^password x", "^securestring x", "^xfreerdp x", "^mstsc /v", "cabinet ^net x", "conf:^set x", "ab^c /p:y", "ab^c /P:y",
  "--^password x", "-^password x", "x-^password y", "x --^password=y", "\t--^token", "'--^token", '"-^token', "`-^token", "(-^token",
  "--user-^token x", "--^token.x", "--{n*55}-^token", "set^Password('x')", 'set^Password("x")', 'set^Password( "x")', "set^Password(\t\"x\")",
  "a_^pw('x')", "^pwd('x')", "^password ('x')", "{n*56}^password('x')", "x.^token('a')", "x-^token('a')", "^my user password is x",
  "^a {n*20} password: x", "^user-token: x", "^user:token: x", "secret ^menu is x", "a secret-^menu: x",
]; // biome-ignore format: a list

const UNSPOKEN = [
  "^password:x", "^password", "^password:", "^pw: 1", "^ab: 1", "^{p*16} is x", "^authorizationnn is x", "config ^set x", "config: ^set x", "^net",
  "cabi^net x", "x^net y", "^set x", "conf: ^set x", "x /^p:y", "x^ /p:y", "ab^c /q:y", "ab^c p:y", ")-^token", "x--^token", "--x.^token",
  "--{n*62}-^token", "--^token{n*60}", "set^Password(x)", "^pw('x')", "^token(`x`)", "{n*58}^password('x')",
  "^a b c d e f g h i j k l m n o password: x", "^a {n*27} password: x", "^a_b password: x", "^a1 password: x", "my ^menu is x",
  "secret_^menu is x", "secretx ^menu is x", "menu ^menu is x",
]; // biome-ignore format: a list

const WITH_FLAG = [
  "--password x", "a -u b", "a --user b", "a --proxy-user b", "a --from-literal=x", "a -us", "a --token", "sshpass -p x", "sshpass x -p", "mysql -p",
  "mysql -u", "mysql -x -px", "redis-cli -a x", "ldapsearch -w x", "htpasswd -b x", "net ads -U x", "net ads -u x", "mysql {n*250} -p",
  "mysql {n*281} -p", "a --token.x", "a --{n*56}-token", "a\u00a0--token", "a -x -y --secret", "login -w",
]; // biome-ignore format: a list

const WITHOUT_FLAG = [
  "-p", "a -x", "a - b", "a -- b", "-", "a -1", "x-u", "x-password", "mysql -q", "curl -p x", "mysql {n*282} -p", "mysql {n*283} -p", "a --x.token",
  "a --{n*59}-token", "a --t", "a -p -q",
]; // biome-ignore format: a list

const WITH_LINE = [
  "env X y", "ENV X y", "arg a", "ARG\ta", "password x", "password\tx", "a\npassword x", "a\r\n  \tpassword x", "$ vault login", "# vault x",
  "$# \tvault x", "password_x y", "my.password y", "my-password y", "user x", "username x", "key x", "_password x", "\npassword x", "\n\n# config x",
  "requirepass x", "auth-pass x", "{n*55}.password x", "snmp-server x", "password_pbkdf2 x", "git x", "npm x", "yarn x", "gcloud x", "heroku x",
  "aws x", "setx x", "setenv x", "set x", "bindpw x", "rootpw x", "sentinel x", "masterauth x", "enable x", "net x", "sqlplus x", "sqlldr x",
  "expdp x", "impdp x", "xfreerdp x", "wfreerdp x", "xlfreerdp x", "wlfreerdp x", "rdesktop x", "cmdkey x", "runas x", "schtasks x", "mstsc x",
]; // biome-ignore format: a list

const WITHOUT_LINE = [
  "argx a", "env", "env\n", "password=x", "- vault x", "userx y", "p x", "x password y", "{n*57}.password x", "make x", "docker x", "",
]; // biome-ignore format: a list

test("around a place it is seen whether a word before a space, a flag or a call may tell of a secret", () => {
  for (const text of SPOKEN) assert.equal(mayBeSpoken(...placeIn(text)), true, text);
  for (const text of UNSPOKEN) assert.equal(mayBeSpoken(...placeIn(text)), false, text);
});

test("a flag that takes a password is seen anywhere in a text", () => {
  for (const text of WITH_FLAG) assert.equal(mayHaveFlag(namesIn(expandText(text))), true, text);
  for (const text of WITHOUT_FLAG) assert.equal(mayHaveFlag(namesIn(expandText(text))), false, text);
});

test("a line that begins with a secret's name, or with a word that takes one, is seen", () => {
  for (const text of WITH_LINE) assert.equal(mayHaveLine(namesIn(expandText(text))), true, text);
  for (const text of WITHOUT_LINE) assert.equal(mayHaveLine(namesIn(expandText(text))), false, text);
});
