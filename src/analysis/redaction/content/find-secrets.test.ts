import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Redactor } from "../index.ts";
import { characterCodes } from "../look/character-codes.ts";
import { lookOver, MARKUP, NAMED, SPOKEN } from "../look/look-over.ts";
import { surveyCodes } from "../look/survey-text.ts";
import { NameTable } from "../names/name-table.ts";
import { SecretNames } from "../names/secret-names.ts";
import { TextNames } from "../names/text-names.ts";

const redactor = new Redactor({ key: new Uint8Array(32) });
const table = new NameTable(new SecretNames(new Set(), new Set()));

/** Readers of TAP take a line separator for the end of a line. */
const nameOf = (text: string): string => text.replace("\u2028", "\\u2028");

describe("what one pass over a text tells of it loses no secret", () => {
  for (const text of [
    "<password>hunter22x</password>",
    "<ns:password a='b'>hunter22x</ns:password>",
    "<Secret\n>\n<![CDATA[hunter22x]]></Secret>",
    "<credential><a>hunter22x</a> <!-- c --><b>hunter22x</b></credential>",
    "<key> password </key>\n<string>hunter22x</string>",
    "<th>\u00a0API key</th><td>hunter22x</td>",
    "<entry key='password' a='b'> hunter22x</entry>",
    '<property NAME="password"><value>hunter22x</value></property>',
    '<meta content="hunter22x" http-equiv=password>',
    '<input value="hunter22x" type="password">',
    '<x password\n= "hunter22x">',
    '<x ns:password=\u2028"hunter22x">',
    "run --password hunter22x",
    '<pre>run "--token hunter22x"</pre>',
    "curl -ubob:hunter22x",
    "a\u00a0--user bob:hunter22x b",
    "sshpass -phunter22x ssh: x",
    "create secret --from-literal=a=hunter22x",
    "the password is hunter22x",
    "an API key: hunter22x",
    "my auth-key `hunter22x7`",
    "x: a token\tto\thunter22x",
    "create user x identified\nby 'hunter22x'",
    "ALTER x PASSWORD  'hunter22x'",
    "a\nENV DB_PASSWORD hunter22x",
    "a\n  enable secret 5 hunter22x\n",
    "a\nspring.password hunter22x\nb: c",
    "machine x login bob password hunter22x",
    "ConvertTo-SecureString 'hunter22x'",
    "x: sudo net user bob hunter22x",
    "x: docker exec a npm config set //registry/:_authToken hunter22x",
    "x - heroku config:set DB_PASSWORD hunter22x",
    "a: cmd.exe /c xfreerdp.exe /u:bob /p:hunter22x",
    "a -x; htpasswd -cb file bob hunter22x",
    'a: setPassword( "hunter22x")',
    '(as) ("password", "hunter22x")',
    "<field label='x' type='password'>hunter22x</field>",
    '<code title="x" id="api-key">hunter22x</code>',
    "$ aws configure set aws_secret_access_key hunter22x",
    "# htpasswd -bc .htpasswd bob hunter22x",
    "xfreerdp /u:bob /p:hunter22x /v:h",
    "smbclient //nas/share -U bob%hunter22x",
    "  vault login hunter22x",
    "net user bob hunter22x /add",
    "sqlplus scott/hunter22x@orcl",
  ])
    test(nameOf(text), () => {
      const around = `some text that is longer than what is looked at in one go. ${"a <b>c</b> - d. ".repeat(8)}`;
      for (const whole of [text, `${around}\n${text}`, `<i>${around}</i>\n${text}\n${around}`])
        assert.doesNotMatch(redactor.text(whole), /hunter22x/);
      const json = JSON.stringify({ around, text });
      assert.doesNotMatch(redactor.text(json), /hunter22x/);
    });
});

test("most texts are not searched for what they cannot have", () => {
  const page =
    '<!doctype html><html lang="en"><head><meta charset="utf-8" name="viewport" content="width=1"></head><body class="order">' +
    '<!-- a: b --><h1>Your order is on its way</h1><a href="/help?topic=orders">Help</a> - ask (or "wait").\n  More of it\n' +
    '<input type="text" name="q" value=""></body></html>';
  const names = new TextNames(page, surveyCodes(characterCodes(page), table.grams), table);
  assert.equal(lookOver(names, NAMED | MARKUP | SPOKEN), 0);
});

test("names that come in turns are looked at once", () => {
  const names = Array.from({ length: 200 }, (_, index) => `member${index}`);
  const judged: string[] = [];
  const counting = new (class extends SecretNames {
    override isSecret(name: string): boolean {
      judged.push(name);
      return super.isSecret(name);
    }
  })(new Set(), new Set());
  const own = new NameTable(counting);
  for (let round = 0; round < 20; round++)
    for (const name of names) own.lookUp(name, characterCodes(name), 0, name.length);
  // Where more than two share their slots, they are looked at each time.
  assert.ok(judged.length < names.length * 1.5, `${judged.length}`);
});
